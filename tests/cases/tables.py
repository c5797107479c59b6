"""Small faulty tables, made in code, and what the product reads of them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from lstm.config import Pipeline
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.errors import ForecastError
from lstm.storage.sources.panel_source import read_panel

Row = tuple[Any, ...]
HEADER = "id,ds,y"


def days(count: int, first: str = "2024-01-01") -> list[str]:
    """Consecutive dates as ISO text."""
    begin = date.fromisoformat(first)
    return [str(begin + timedelta(days=step)) for step in range(count)]


def hours(count: int, first: str, minutes: int = 60) -> list[str]:
    """Consecutive stamps without a zone, as ISO text."""
    begin = datetime.fromisoformat(first)
    return [str(begin + timedelta(minutes=minutes * step)) for step in range(count)]


def history(ids: Sequence[str], times: Sequence[str], base: float = 10.0) -> list[Row]:
    """Rows whose value tells their place: series i (from 1) at step t (from 0) has base * i + t / 4."""
    return [
        (name, time, base * number + step / 4) for number, name in enumerate(ids, 1) for step, time in enumerate(times)
    ]


def csv_text(rows: Iterable[Row], header: str = HEADER, separator: str = ",") -> str:
    """Rows as the lines of a file, as they are: nothing is quoted."""
    return "\n".join([header, *(separator.join(map(str, row)) for row in rows)]) + "\n"


def save(folder: Path, content: str | bytes, name: str = "in.csv") -> Path:
    """Writes a file beside the pipeline file."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pipeline(source: dict[str, Any] | None = None, **settings: Any) -> Pipeline:
    """A daily pipeline of horizon 7 over in.csv, and what a case changes of it; `frequency=None` leaves it out."""
    given: dict[str, Any] = {"name": "case", "horizon": 7, "frequency": "D", "calendar": {"features": False}}
    given |= settings
    named = {"series": ["id"], "time": "ds", "targets": ["y"]} | (source or {})
    place = {} if "url" in named else {"path": "in.csv"}
    kept = {name: value for name, value in given.items() if value is not None}
    return Pipeline.model_validate(kept | {"source": place | named})


def moment(text: str, zone: str = "UTC") -> datetime:
    """A wall-clock time of a zone as the instant that a run may pretend it is."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def read(
    folder: Path, chosen: Pipeline | None = None, as_of: str | int = "2024-05-01", zone: str = "UTC"
) -> tuple[Panel, QualityReport]:
    """The panel of the source in a folder, as of a wall-clock time of a zone or an integer step."""
    return read_panel(chosen or pipeline(), folder, as_of if isinstance(as_of, int) else moment(as_of, zone))


def observed(panel: Panel, name: str) -> dict[str, float | None]:
    """The first target of a series by time, from its first step to the cutoff; None where it is missing."""
    steps, values = _history(panel, name, panel.targets)
    return dict(zip(panel.frequency.texts(steps), values, strict=True))


def covariate(panel: Panel, name: str, column: str) -> dict[str, float | None]:
    """A future covariate of a series by time, to the end of the horizon."""
    begin, end = _span(panel, name)
    values = panel.future[begin:end, panel.future_names.index(column)]
    steps = np.arange(panel.start[panel.names.index(name)], panel.cutoff + panel.horizon + 1)
    return dict(zip(panel.frequency.texts(steps), map(_plain, values), strict=True))


def horizon_times(panel: Panel) -> list[str]:
    """The times that a forecast of this panel is for."""
    return panel.frequency.texts(panel.cutoff + np.arange(1, panel.horizon + 1))


def repairs(report: QualityReport) -> list[tuple[str, str, int]]:
    """(kind, series, count) of every repair."""
    return [(repair.kind, repair.series, repair.count) for repair in report.repairs]


def _span(panel: Panel, name: str) -> tuple[int, int]:
    series = panel.names.index(name)
    return int(panel.indptr[series]), int(panel.indptr[series + 1])


def _history(panel: Panel, name: str, columns: np.ndarray) -> tuple[np.ndarray, list[float | None]]:
    begin, end = _span(panel, name)
    values = columns[begin : end - panel.horizon, 0]
    first = panel.start[panel.names.index(name)]
    return np.arange(first, first + len(values)), [_plain(value) for value in values]


def _plain(value: np.floating[Any]) -> float | None:
    return None if np.isnan(value) else float(value)


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """Expects one of our errors, in one line, that has all the words."""
    with pytest.raises(ForecastError) as caught:
        yield
    message = str(caught.value)
    assert [word for word in words if word not in message] == [], message
    assert "\n" not in message


def set_aside(report: QualityReport) -> list[tuple[str, int]]:
    """(column, rows) of every reason for which rows were left out."""
    return [(left_out.column, left_out.rows) for left_out in report.set_aside]


def places(report: QualityReport) -> str:
    """Where the rows that were left out are."""
    return ", ".join(place for left_out in report.set_aside for place in left_out.examples)
