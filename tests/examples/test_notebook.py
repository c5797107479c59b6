"""The notebook that is shipped runs from its first cell to its last."""

import json
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from pages import ROOT

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def cells(kind: str) -> list[dict[str, Any]]:
    """The cells of a kind, in order."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_the_notebook_shows_its_answers_and_nothing_of_who_ran_it() -> None:
    """Law: a reader sees frames and a picture without running it; no path of a machine, no warning, no error."""
    outputs = [output for cell in cells("code") for output in cell["outputs"]]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 1
    assert {output["output_type"] for output in outputs} <= {"execute_result", "display_data", "stream"}
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert [word for word in ("/work/", "/home/", "/tmp/", "site-packages") if word in text] == []


@pytest.mark.slow
def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: every cell, in order, on the data beside it; the saved model forecasts the same, and a picture is drawn."""
    monkeypatch.chdir(NOTEBOOK.parent)
    monkeypatch.setitem(mpl.rcParams, "backend", "agg")
    names: dict[str, Any] = {}
    try:
        for cell in cells("code"):
            exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), names)
        assert len(plt.gcf().axes) == 3
    finally:
        plt.close("all")
    forecast = names["forecast"]
    assert len(forecast) == forecast.groupby(["origin", "carrier"]).ngroups * 14
    assert names["again"].predict(names["history"], future=names["plan"]).equals(forecast)
    assert (forecast["q10"] <= forecast["q90"]).all()
