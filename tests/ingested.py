"""Panels of tables that are written down row by row."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from lstm.config import Pipeline
from lstm.data.ingest import assemble as observations
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.data.rows.source_rows import SourceRows

NAN = float("nan")
NO_CALENDAR = {"features": False}
THREE_DAYS = [("A", "2024-01-01", 1.0), ("A", "2024-01-02", 2.0), ("A", "2024-01-03", 3.0)]
PLANNED = ("id", "ds", "y", "plan")
WITH_PLAN = {"future_covariates": ["plan"]}


def pipeline(*, source: dict[str, Any] | None = None, **settings: Any) -> Pipeline:
    columns = {"path": "x.csv", "series": ["id"], "time": "ds", "targets": ["y"]} | (source or {})
    return Pipeline.model_validate(
        {"name": "p", "horizon": 2, "frequency": "D", "calendar": NO_CALENDAR} | settings | {"source": columns}
    )


def table(rows: list[tuple[Any, ...]], names: tuple[str, ...] = ("id", "ds", "y")) -> pa.Table:
    return pa.table({name: [row[index] for row in rows] for index, name in enumerate(names)})


def assemble(table: pa.Table, pipeline: Pipeline, as_of: datetime | int) -> tuple[Panel, QualityReport]:
    return observations.assemble(SourceRows(table), PanelSettings.of(pipeline), as_of)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if "T" in text else datetime.fromisoformat(f"{text}T00:00Z")


def history(panel: Panel, series: int = 0) -> list[float | None]:
    """First target of a series, None where missing."""
    rows = panel.targets[panel.indptr[series] : panel.indptr[series + 1], 0]
    return [None if np.isnan(value) else float(value) for value in rows]


def repairs(report: QualityReport) -> list[tuple[str, str, str, int, str]]:
    return [(repair.kind, repair.series, repair.column, repair.count, repair.first) for repair in report.repairs]
