"""Who types the guide to notebooks gets through, from its table to its last line."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from shell import blocks

import lstm
from pages import ROOT

PAGE = ROOT / "docs" / "how-to" / "notebook.md"


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What a reader has after the last block. Training is for a moment, as the page leaves it at its defaults."""
    moment = partial(lstm.fit, training={"max_epochs": 1, "epoch_steps": 5, "threads": 1}, model={"members": 1})
    monkeypatch.setattr(lstm, "fit", moment, raising=False)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks(PAGE):
        if block.language == "python":
            exec(compile(block.body, PAGE.name, "exec"), names)
    return names | {"printed": capsys.readouterr().out.splitlines()}


def test_the_blocks_of_the_page_run(typed: dict[str, Any]) -> None:
    """Law: every `python` block, in order; their frames have the columns that the page lists."""
    forecast = typed["forecast"]
    columns = "shop item time step forecast q10 q90 method reason"
    assert list(forecast.columns) == columns.split()
    assert len(forecast) == 4 * 14
    assert forecast["time"].min() == pd.Timestamp("2024-01-01")
    assert {"method", "mase", "wql", "coverage"} <= set(typed["scores"].columns)
    assert {"group", "contribution", "usual", "forecast"} <= set(typed["contributions"].columns)
    assert set(typed["by_naive"]["method"]) == {"baseline:seasonal_naive"}
    assert typed["printed"][-1] == "units 1 many"
