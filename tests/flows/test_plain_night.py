"""A night in plain Python is the same night as the flow's: same code, same order, same bytes."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lstm.steps.night import night
from runs import Stored, run

NIGHTS = ("2024-04-29", "2024-04-30")
CLOCK = {"seconds"}  # how long an epoch or a training took
TOLD_IN_PREFECT = "alerts.json"  # which events its server has taken


def left(pipeline: Path, run_id: str) -> dict[str, Any]:
    """What a run left in its folder: bytes by file, without what a clock measures."""
    folder = pipeline.parent / "store" / "runs" / run_id
    names = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} - {TOLD_IN_PREFECT}
    bytes_ = {name: (folder / name).read_bytes() for name in sorted(names)}
    history = pq.read_table(folder / "model" / "history.parquet")
    bytes_["model/history.parquet"] = history.drop_columns(sorted(CLOCK & set(history.column_names))).to_pylist()
    for name in names:
        if name.endswith(".json"):
            bytes_[name] = timeless(json.loads(bytes_[name]))
        elif name.endswith(".html"):
            bytes_[name] = b"its pictures and times are of the moment" if bytes_[name] else b""
    return bytes_


def timeless(value: Any) -> Any:
    """JSON without what a clock measured, nor the hashes of files that hold it."""
    if isinstance(value, dict):
        return {name: timeless(item) for name, item in value.items() if name not in {*CLOCK, "model/history.parquet"}}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def test_a_night_in_plain_python_leaves_what_the_flow_leaves(small: Path, tmp_path: Path) -> None:
    """Law: two nights each; every file of the run, every row of the ledger, every verdict and promotion."""
    plain = shutil.copytree(small.parent, tmp_path / "plain") / small.name
    for as_of in NIGHTS:
        ended, outcome = run(small, as_of), night(str(plain), as_of)
        assert outcome.sentence == ended.sentence
        assert outcome.summary["methods"] == ended.summary["methods"]
        assert left(plain, outcome.run_id) == left(small, ended.run_id)
    flow, alone = Stored(small), Stored(plain)
    assert alone.current().drop_columns(["written_at"]) == flow.current().drop_columns(["written_at"])
    assert alone.champion() == flow.champion()
    assert alone.verdict(outcome) == flow.verdict(ended)


def test_a_pipeline_file_that_is_wrong_ends_a_plain_night_in_words(small: Path) -> None:
    """As it ends a flow: the user's mistake, exit code 2, nothing raised."""
    small.write_text(small.read_text(encoding="utf-8").replace("horizon = 7", "horizon = 0"), encoding="utf-8")
    outcome = night(str(small), "2024-04-30")
    assert (outcome.exit_code, outcome.run_id) == (2, "")
    assert "horizon" in outcome.sentence
