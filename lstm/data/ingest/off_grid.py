"""Times off the grid, by the policy of the pipeline file."""

import numpy as np

from lstm.config import Source
from lstm.data.frequency.grid import DAY, Frequency
from lstm.data.frequency.inference import time_text
from lstm.data.ingest.identity import RowIdentity
from lstm.data.ingest.placement import Placement
from lstm.data.ingest.run_clock import fitting_alias
from lstm.data.quality.findings import Findings
from lstm.errors import DataError


def settle_off_grid(
    off: np.ndarray, rows: np.ndarray, identity: RowIdentity, grid: Frequency, source: Source
) -> np.ndarray:
    """The rows that stay. off, rows: bool (R), those off the grid among those that count.

    Raises DataError that names the first row, and a frequency that would fit all times where there is one.
    """
    names_midnight = grid.kind == "business" or (grid.kind == "seconds" and grid.step == DAY)
    floors_to_midnight = source.off_grid == "floor" and source.time_label == "end" and names_midnight
    if identity.times.cut is not None and floors_to_midnight:
        raise DataError(
            f'column {source.time!r} has times of day, and with source.time_label = "end" source.off_grid = "floor" '
            'would count each for the day before; cut them to dates in the source, or set source.time_label = "start"'
        )
    if not off.any() or source.off_grid == "floor" or source.off_grid == "nearest":
        return rows
    keys, times = identity.keys, identity.times

    def written(row: int) -> str:
        return time_text(times.values, int(times.code[row]))

    fits = fitting_alias(keys, times, rows) if source.off_grid == "error" else None
    hint = f" (all times fit {fits!r})" if fits is not None and fits != grid.alias else ""
    identity.bad.reject(
        off,
        source.off_grid,
        column=source.time,
        reason=f"is off the grid {grid.alias!r}{hint} in {len(np.unique(keys.code[off])):,} series",
        advice='mend the times, give another frequency, or set source.off_grid to "floor", "nearest" or "set_aside"',
        shown=lambda row: f"{written(row)} of series {keys.names[keys.code[row]]!r}, ",
        fields=lambda row: {"series": keys.names[keys.code[row]], "value": written(row)},
    )
    return np.asarray(rows & ~off)


def count_moved(
    placement: Placement, identity: RowIdentity, off: np.ndarray, source: Source, findings: Findings
) -> None:
    """Counts times that stand for the step that they lie in, or the nearest. off: bool, over all rows of the table."""
    cut = off if identity.times.cut is None else off | identity.times.cut
    if cut.any():
        steps = placement.steps[cut[placement.chosen]]
        step = "nearest step" if source.off_grid == "nearest" else "step they lie in"
        findings.repaired(f"times counted for the {step}", "", *placement.layout.place(steps))
