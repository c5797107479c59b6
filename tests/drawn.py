"""Tables drawn by hypothesis: every kind of grid and key, gaps, missing values, covariates of every role."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from lstm.config import Pipeline
from lstm.data.frequency.aliases import Frequency, parse_frequency

ALIASES = ("s", "15min", "h", "D", "2D", "W-MON", "B", "MS", "ME", "QE-DEC", "YS", "1", "5")
KEYS: dict[str, list[tuple[Any, ...]]] = {
    "text": [("B",), ("Ä",), ("007",), ("7",), ("NA",)],
    "integer": [(10,), (9,), (-1,), (2**62,), (0,)],
    "pair": [("b", 1), ("a", 10), ("a", 9), ("b/1", 1), ("b", 2)],
    "none": [()],
}
KEY_COLUMNS = {"text": ("id",), "integer": ("id",), "pair": ("region", "id"), "none": ()}
# Without -0.0, which is equal to 0.0 and has other bytes.
NUMBERS = st.floats(-1e6, 1e6, width=32).map(lambda number: number + 0.0)
CELLS = st.one_of(st.none(), NUMBERS)

Row = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """rows: the history, up to the cutoff. ahead: rows of the horizon, with targets that must not be read.

    Columns: the keys, `ds`, the target `y`, `wind` (past), `plan` (future), `size` (static).
    as_of: the first moment at which the newest step of the history, `cutoff`, is complete.
    """

    settings: Pipeline
    keys: str
    grid: Frequency
    cutoff: int
    as_of: datetime | int
    rows: list[Row]
    ahead: list[Row]
    written: bool = False

    def table(self, rows: list[Row] | None = None) -> pa.Table:
        """The rows, by default history and horizon, with times in the grid's own type, or in text."""
        chosen = [*self.rows, *self.ahead] if rows is None else rows
        schema = self.schema()
        columns = [pa.array([row[field.name] for row in chosen], field.type) for field in schema]
        table = pa.Table.from_arrays(columns, schema=schema)
        return _with_text_times(table) if self.written else table

    def schema(self) -> pa.Schema:
        """Types of the columns."""
        keys = [(name, pa.string()) for name in KEY_COLUMNS[self.keys]]
        if keys and self.keys != "text":
            keys[-1] = (keys[-1][0], pa.int64())
        numbers = [(name, pa.float64()) for name in ("y", "wind", "plan", "size")]
        return pa.schema([*keys, ("ds", self.grid.arrow_type), *numbers])

    def at(self, step: int) -> Any:
        """The time of a step counted from the cutoff: 1 is the first one of the horizon."""
        return self.grid.times(np.array([self.cutoff + step]))[0].as_py()

    def moment(self, step: int) -> datetime | int:
        """The first moment at which a step is complete, counted from the cutoff; `as_of` is that of step 0."""
        return complete_at(self.grid, self.cutoff + step, self.settings.source.time_label)

    def with_settings(self, **changes: Any) -> "Drawn":
        """The same rows under other settings."""
        settings = self.settings.model_dump(exclude_unset=True) | changes
        return replace(self, settings=Pipeline.model_validate(settings))

    def with_source(self, **changes: Any) -> "Drawn":
        """The same rows under other settings of the source."""
        return self.with_settings(source=self.settings.source.model_dump(exclude_unset=True) | changes)


def _with_text_times(table: pa.Table) -> pa.Table:
    place = table.column_names.index("ds")
    texts = [_iso(value) for value in table["ds"].to_pylist()]
    return table.set_column(place, "ds", pa.array(texts, pa.string()))


def _iso(value: date | int) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


@st.composite
def drawn(draw: st.DrawFn, keys: tuple[str, ...] = tuple(KEYS), aliases: tuple[str, ...] = ALIASES) -> Drawn:
    """A table of up to four series with at least one observed target at its cutoff."""
    alias, kind, horizon = draw(st.sampled_from(aliases)), draw(st.sampled_from(keys)), draw(st.integers(1, 3))
    grid = parse_frequency(alias)
    cutoff = _ordinal_of(grid) + draw(st.integers(0, 40))
    names = draw(st.lists(st.sampled_from(KEYS[kind]), min_size=1, max_size=4, unique=True))
    plan = draw(st.lists(NUMBERS, min_size=1, max_size=4))
    settings = _settings(draw, alias, kind, horizon)
    case = Drawn(settings, kind, grid, cutoff, complete_at(grid, cutoff, settings.source.time_label), [], [])
    for number, name in enumerate(names):
        size = draw(CELLS)
        for step, cells in _history(draw, number):
            case.rows.append(_row(case, name, step, cells, plan, size))
        for step in range(1, horizon + 1):
            case.ahead.append(_row(case, name, step, draw(st.tuples(CELLS, CELLS)), plan, size))
    return replace(case, written=draw(st.booleans()))


def _ordinal_of(grid: Frequency) -> int:
    """A step shortly before a leap day, or before New York and Budapest put their clocks forward; 0 for integers."""
    if grid.kind == "integer":
        return 0
    start = date(2024, 2, 20) if grid.is_date else datetime(2024, 3, 9, tzinfo=UTC)
    return int(grid.ordinals(pa.array([start], grid.arrow_type))[0][0])


def _settings(draw: st.DrawFn, alias: str, kind: str, horizon: int) -> Pipeline:
    roles = {"past_covariates": ["wind"], "future_covariates": ["plan"], "static_covariates": ["size"]}
    chosen = draw(st.lists(st.sampled_from(sorted(roles)), unique=True))
    source = {
        "path": "in.csv",
        "series": list(KEY_COLUMNS[kind]),
        "time": "ds",
        "targets": ["y"],
        "time_label": draw(st.sampled_from(["start", "end"])),
        "duplicates": draw(st.sampled_from(["error", "mean", "sum"])),
        "gaps": draw(st.sampled_from(["missing", "zero"])),
    } | {role: roles[role] for role in chosen}
    return Pipeline.model_validate(
        {
            "name": "law",
            "horizon": horizon,
            "frequency": alias,
            "calendar": {"features": draw(st.booleans())},
            "quality": {"freshness": 1_000},
            "source": source,
        }
    )


def complete_at(grid: Frequency, ordinal: int, time_label: str) -> datetime | int:
    """The first moment at which a step is complete; see `Frequency.newest_complete`."""
    step, following = grid.times(np.array([ordinal, ordinal + 1])).to_pylist()
    if isinstance(step, datetime) or not isinstance(step, date):
        moment: datetime | int = step if time_label == "end" else following
        return moment
    spans_days = grid.month_end or (grid.kind == "seconds" and grid.step > 86_400)
    named_by_end = time_label == "end" or grid.month_end
    return datetime.combine(step + timedelta(days=int(spans_days)) if named_by_end else following, time(), UTC)


def _history(draw: st.DrawFn, number: int) -> list[tuple[int, tuple[Any, Any]]]:
    """(step counted from the cutoff, (target, past covariate)) of the rows of a series; absent rows are left out."""
    cells = draw(st.lists(st.one_of(st.none(), st.tuples(CELLS, CELLS)), min_size=1, max_size=6))
    rows = [(-place, pair) for place, pair in enumerate(cells) if pair is not None]
    if number == 0:
        rows = [row for row in rows if row[0] < 0] + [(0, (draw(NUMBERS), None))]
    return rows


def _row(case: Drawn, name: tuple[Any, ...], step: int, cells: tuple[Any, Any], plan: list[float], size: Any) -> Row:
    keys = dict(zip(KEY_COLUMNS[case.keys], name, strict=True))
    values = {"y": cells[0], "wind": cells[1], "plan": plan[step % len(plan)], "size": size}
    return keys | {"ds": case.at(step)} | values
