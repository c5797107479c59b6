"""Scores of the contestants as tables, over all targets and by target."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from lstm.evaluation.wording import count, table_column
from lstm.gate_metrics import ERROR_METRICS
from lstm.report.charts.legend import in_order
from lstm.report.run.contestant_names import contestant
from lstm.report.run.story import Story

SCORE_COLUMNS = {
    "mase": "MASE",
    "mae": "MAE",
    "rmse": "RMSE",
    "smape": "sMAPE",
    "wql": "WQL",
    "coverage": "coverage",
    "points": "points",
}
MOST_TABLES = 12


@dataclass(frozen=True)
class ScoreTable:
    """Scores of one target or of all. rows: a contestant and its numbers, each with whether it is the best."""

    title: str
    rows: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]


def score_tables(story: Story) -> list[ScoreTable]:
    """Over all first, then by target where there are several."""
    overall: dict[str, Mapping[str, Any]] = {score.method: score.model_dump() for score in story.verdict.scores}
    targets = story.panel.target_names
    tables = [_score_table("all targets" if len(targets) > 1 else targets[0], overall, story)] if overall else []
    if story.scores is None or len(targets) < 2:
        return tables
    rows = story.scores.filter(pc.equal(story.scores["scope"], "target")).to_pylist()
    for target in targets[:MOST_TABLES]:
        tables.append(_score_table(target, {row["method"]: row for row in rows if row["target"] == target}, story))
    return tables


def _score_table(title: str, scores: Mapping[str, Mapping[str, Any]], story: Story) -> ScoreTable:
    columns = {column: {method: row.get(column) for method, row in scores.items()} for column in SCORE_COLUMNS}
    texts = {column: _texts(column, values) for column, values in columns.items()}
    best = {column: _best(column, values, story.pipeline.quantile_levels) for column, values in columns.items()}
    rows = [
        (contestant(method, story), tuple((texts[column][method], method in best[column]) for column in SCORE_COLUMNS))
        for method in in_order(set(scores))
    ]
    return ScoreTable(title, tuple(rows))


def _texts(column: str, values: Mapping[str, float | None]) -> dict[str, str]:
    """A column of scores by contestant, as text."""
    if column == "points":
        return {method: count(None if value is None else int(value)) for method, value in values.items()}
    return table_column(values, " %" if column == "smape" else "")


def _best(column: str, values: Mapping[str, float | None], levels: tuple[float, ...]) -> set[str]:
    """Contestants with the smallest error, or with the coverage nearest to what the outer levels promise."""
    known = {method: value for method, value in values.items() if value is not None and math.isfinite(value)}
    if column == "coverage":
        known = {method: abs(value - (levels[-1] - levels[0])) for method, value in known.items()}
    elif column not in ERROR_METRICS:
        return set()
    return {method for method, value in known.items() if value == min(known.values())} if len(known) > 1 else set()
