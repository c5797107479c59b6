"""Windows: (look-back, horizon) pairs, and the three spans of time that they are split into.

The splits lie at common calendar times, so that a global model never sees one series' future through another:

    train targets <= train_end < validation targets <= validation_end < test targets <= cutoff

A horizon never crosses into a later split; a look-back may read an earlier one. A window is named by the row of its
cutoff in the panel; how far it looks back is the model's business, so windows do not depend on the look-back.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from lstm.config import Evaluation
from lstm.data.panel import Panel
from lstm.errors import DataError

SPLITS = ("train", "validation", "test")
MAX_ORIGINS = 14
LARGEST_HELD_OUT_SHARE = 0.2


@dataclass(frozen=True)
class Splits:
    """Ends of the spans as ordinals, and the origins of the backtest.

    origins: number of test cutoffs; they lie `stride` steps apart, the last one `horizon` steps before the cutoff.
    """

    train_end: int
    validation_end: int
    cutoff: int
    horizon: int
    origins: int
    stride: int

    def test_cutoffs(self) -> np.ndarray:
        """int64 (origins): ordinals of the test cutoffs, oldest first."""
        return self.cutoff - self.horizon - self.stride * np.arange(self.origins)[::-1]


@dataclass(frozen=True)
class Windows:
    """N windows, sorted by split, series and time.

    series: int32 (N). row: int64 (N), panel row of the cutoff. split: int8 (N), index into SPLITS.
    """

    series: np.ndarray
    row: np.ndarray
    split: np.ndarray
    splits: Splits

    def of(self, split: str) -> "Windows":
        """The windows of one split."""
        mine = self.split == SPLITS.index(split)
        return Windows(self.series[mine], self.row[mine], self.split[mine], self.splits)

    def counts(self) -> dict[str, int]:
        """Number of windows in each split."""
        return {name: int((self.split == index).sum()) for index, name in enumerate(SPLITS)}


def plan_splits(panel: Panel, evaluation: Evaluation, seasons: tuple[int, ...]) -> Splits:
    """Places the splits by the history of the median series, counted back from the cutoff.

    Test and validation each take at most a fifth of that history, and at least one horizon.
    Raises DataError with the numbers when the history is too short for a horizon in each split.
    """
    horizon = panel.horizon
    history = int(np.median(panel.cutoff - panel.start + 1))
    stride = evaluation.stride or (min(horizon, seasons[0]) if seasons[0] > 1 else horizon)
    fitting = (int(history * LARGEST_HELD_OUT_SHARE) - horizon) // stride + 1
    origins = evaluation.origins or int(np.clip(fitting, 1, MAX_ORIGINS))
    test = horizon + (origins - 1) * stride
    validation = max(horizon, min(test, int(history * LARGEST_HELD_OUT_SHARE)))
    needed = test + validation + horizon + 1
    if history < needed:
        raise DataError(
            f"the median series has {history} steps up to {panel.frequency.text(panel.cutoff)}, {needed} are needed: "
            f"{test} for the backtest ({origins} origins, stride {stride}), {validation} for validation and "
            f"{horizon + 1} for one training window; lower horizon or evaluation.origins, or bring a longer history"
        )
    validation_end = panel.cutoff - test
    return Splits(validation_end - validation, validation_end, panel.cutoff, horizon, origins, stride)


def cut_windows(panel: Panel, splits: Splits) -> Windows:
    """Every window with an observed target both at or before its cutoff and in its horizon.

    Raises DataError when a split is left without a window.
    """
    ordinals = panel.ordinals
    split = np.full(panel.steps, -1, np.int8)
    first_target, last_target = ordinals + 1, ordinals + splits.horizon
    split[last_target <= splits.train_end] = 0
    split[(first_target > splits.train_end) & (last_target <= splits.validation_end)] = 1
    split[np.isin(ordinals, splits.test_cutoffs())] = 2
    chosen = np.flatnonzero((split >= 0) & _usable(panel))
    chosen = chosen[np.argsort(split[chosen], kind="stable")]
    windows = Windows(panel.row_series[chosen], chosen.astype(np.int64), split[chosen], splits)
    empty = [name for name, count in windows.counts().items() if count == 0]
    if empty:
        raise DataError(
            f"no window with observed targets falls into {' and '.join(empty)}; training targets end at "
            f"{panel.frequency.text(splits.train_end)}, validation at {panel.frequency.text(splits.validation_end)}, "
            f"the backtest at {panel.frequency.text(splits.cutoff)}; bring more history or lower evaluation.origins"
        )
    return windows


def all_windows(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """(series int32, row int64) of every window whose horizon ends by the cutoff, sorted by series and time."""
    rows = np.flatnonzero(_usable(panel) & (panel.ordinals + panel.horizon <= panel.cutoff))
    return panel.row_series[rows], rows.astype(np.int64)


def _usable(panel: Panel) -> np.ndarray:
    """bool (T): rows that can be a cutoff, with an observed target at or before them and one in their horizon."""
    rows = np.arange(panel.steps)
    seen = np.concatenate([[0], np.cumsum(panel.observed.any(axis=1))])
    begun = seen[rows + 1] > seen[panel.indptr[:-1][panel.row_series]]
    ahead = np.minimum(rows + 1 + panel.horizon, panel.steps)
    within = ahead <= panel.indptr[1:][panel.row_series]
    return np.asarray(begun & within & (seen[ahead] > seen[rows + 1]))


def windows_to_table(windows: Windows, panel: Panel) -> pa.Table:
    """A row a window: series, cutoff (grid type), row, split; the splits as schema metadata."""
    columns = {
        "series": pa.array(windows.series, pa.int32()),
        "cutoff": panel.frequency.times(panel.ordinals[windows.row]),
        "row": pa.array(windows.row, pa.int64()),
        "split": pa.DictionaryArray.from_arrays(pa.array(windows.split), pa.array(SPLITS)),
    }
    return pa.table(columns).replace_schema_metadata({"nightcast": json.dumps(asdict(windows.splits))})


def windows_from_table(table: pa.Table) -> Windows:
    """Inverse of `windows_to_table`."""
    splits = Splits(**json.loads(table.schema.metadata[b"nightcast"]))
    names = table["split"].combine_chunks().dictionary_decode() if len(table) else pa.array([], pa.string())
    split = np.zeros(len(table), np.int8)
    for index, name in enumerate(SPLITS):
        split[np.asarray(pa.compute.equal(names, name))] = index
    return Windows(np.asarray(table["series"]), np.asarray(table["row"]), split, splits)


def windows_fingerprint(windows: Windows) -> str:
    """SHA-256 of the windows' content."""
    digest = hashlib.sha256(repr(windows.splits).encode())
    for array in (windows.series, windows.row, windows.split):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
