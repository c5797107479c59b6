"""Windows: (look-back, horizon) pairs, and the three spans of time that they are split into.

The splits lie at common calendar times, so that a global model never sees one series' future through another:

    train targets <= train_end < validation targets <= validation_end < test targets <= cutoff

A horizon never crosses into a later split; a look-back may read an earlier one. A window is named by the row of its
cutoff in the panel; how far it looks back is the model's business, so windows do not depend on the look-back.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from lstm.config import Evaluation
from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.panel import Panel
from lstm.errors import DataError

SPLITS = ("train", "validation", "test")
MAX_ORIGINS = 14
LARGEST_HELD_OUT_SHARE = 0.2
# Validation needs no more than so many horizons over all series, and at least a few of each; the rest is for training.
ENOUGH_HORIZONS = 1_000
FEWEST_HORIZONS = 3


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
        chosen = self.split == SPLITS.index(split)
        return Windows(self.series[chosen], self.row[chosen], self.split[chosen], self.splits)

    def of_series(self, panel: Panel, series: np.ndarray) -> "Windows":
        """The windows of some series (int (N), rising) of a panel, as they lie in the panel of these series alone."""
        place = np.full(panel.series, -1, np.int32)
        place[series] = np.arange(len(series))
        begins = np.cumsum(np.diff(panel.indptr)[series]) - np.diff(panel.indptr)[series]
        chosen = place[self.series] >= 0
        places = place[self.series[chosen]]
        rows = self.row[chosen] - panel.indptr[self.series[chosen]] + begins[places]
        return Windows(places, rows, self.split[chosen], self.splits)

    @classmethod
    def joined(cls, parts: Sequence["Windows"]) -> "Windows":
        """Windows one after the other, at least one part of them, with the splits of the first."""
        series, row, split = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("series", "row", "split")
        )
        return cls(series, row, split, parts[0].splits)


def plan_splits(panel: Panel, evaluation: Evaluation, seasons: tuple[int, ...], fewest_origins: int = 1) -> Splits:
    """Places the splits by the history of the median series, counted back from the cutoff.

    Test and validation each take at most a fifth of that history, and at least one horizon; the backtest takes more
    where its judges need `fewest_origins` and the rest of the history allows it.
    Raises DataError with the numbers when the history is too short for a horizon in each split.
    """
    horizon = panel.horizon
    history = int(np.median(panel.cutoff - panel.start + 1))
    stride = evaluation.stride or (min(horizon, seasons[0]) if seasons[0] > 1 else horizon)
    fitting = (int(history * LARGEST_HELD_OUT_SHARE) - horizon) // stride + 1
    enough = horizon * max(-(-ENOUGH_HORIZONS // panel.series), FEWEST_HORIZONS)
    enough = min(enough, int(history * LARGEST_HELD_OUT_SHARE))

    def spans(origins: int) -> tuple[int, int, int]:
        """(steps of the backtest, of validation, of all three parts at least)."""
        test = horizon + (origins - 1) * stride
        validation = max(horizon, min(test, enough))
        return test, validation, test + validation + horizon + 1

    origins = evaluation.origins or int(np.clip(fitting, 1, MAX_ORIGINS))
    if evaluation.origins is None:
        wished = range(min(fewest_origins, history // stride), origins, -1)
        origins = next((count for count in wished if spans(count)[2] <= history), origins)
    test, validation, needed = spans(origins)
    if history < needed:
        raise DataError(
            f"the median series has {history} steps up to {panel.frequency.text(panel.cutoff)}, {needed} are needed: "
            f"{test} for the backtest ({origins} origins, stride {stride}), {validation} for validation and "
            f"{horizon + 1} for one training window; lower horizon or evaluation.origins, or bring a longer history"
        )
    validation_end = panel.cutoff - test
    return Splits(validation_end - validation, validation_end, panel.cutoff, horizon, origins, stride)


def mark_windows(panel: Panel, splits: Splits) -> np.ndarray:
    """int8 (T): the split (index into SPLITS) of the window whose cutoff is a row of the panel; -1 where there is none.

    Raises DataError when a split is left without a window.
    """
    marks = np.full(panel.steps, -1, np.int8)
    for first, after in series_blocks(panel.indptr):
        block = slice(panel.indptr[first], panel.indptr[after])
        # A row is a window's cutoff, so its first target is one step later and its last one a horizon later; a window
        # whose targets lie on both sides of a border is in no split.
        ordinals = panel.block_ordinals(first, after)
        split = np.full(len(ordinals), -1, np.int8)
        first_target, last_target = ordinals + 1, ordinals + splits.horizon
        split[last_target <= splits.train_end] = 0
        split[(first_target > splits.train_end) & (last_target <= splits.validation_end)] = 1
        split[np.isin(ordinals, splits.test_cutoffs())] = 2
        marks[block] = np.where(_usable(panel, first, after), split, -1)
    _refuse_empty_splits(split_counts(marks), panel, splits)
    return marks


def split_counts(marks: np.ndarray) -> dict[str, int]:
    """Number of windows in each split. marks: see `mark_windows`."""
    return {name: int(np.count_nonzero(marks == index)) for index, name in enumerate(SPLITS)}


def _refuse_empty_splits(counts: dict[str, int], panel: Panel, splits: Splits) -> None:
    empty = [name for name, count in counts.items() if count == 0]
    if empty:
        raise DataError(
            f"no window with observed targets falls into {' and '.join(empty)}; training targets end at "
            f"{panel.frequency.text(splits.train_end)}, validation at {panel.frequency.text(splits.validation_end)}, "
            f"the backtest at {panel.frequency.text(splits.cutoff)}; bring more history or lower evaluation.origins"
        )


def all_windows(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """(series int32, row int64) of every window whose horizon ends by the cutoff, sorted by series and time."""
    rows_of_blocks = []
    for first, after in series_blocks(panel.indptr):
        ended = panel.block_ordinals(first, after) + panel.horizon <= panel.cutoff
        rows_of_blocks.append(np.flatnonzero(_usable(panel, first, after) & ended) + panel.indptr[first])
    rows = np.concatenate(rows_of_blocks)
    return (np.searchsorted(panel.indptr, rows, side="right") - 1).astype(np.int32), rows


def _usable(panel: Panel, first: int, after: int) -> np.ndarray:
    """bool: rows of consecutive series that can be a cutoff: a target is observed at or before them and one ahead."""
    # seen[i] counts the observed rows before row i of the block, over all its series. So a row of a series has an
    # observation behind it where the count grew since the series began, and one ahead where it grows over a horizon.
    indptr = panel.indptr[first : after + 1] - panel.indptr[first]
    block = slice(panel.indptr[first], panel.indptr[after])
    seen = np.zeros(int(indptr[-1]) + 1, np.int32)
    np.cumsum(~np.isnan(panel.targets[block]).all(axis=1), out=seen[1:])
    lengths = np.diff(indptr)
    begun = seen[1:] > np.repeat(seen[indptr[:-1]], lengths)
    usable = np.zeros(len(begun), bool)
    if len(begun) > panel.horizon:
        ahead = seen[1 + panel.horizon :] > seen[1 : len(seen) - panel.horizon]
        usable[: len(ahead)] = begun[: len(ahead)] & ahead
    # A horizon never reaches into the next series; each series has at least a horizon of steps.
    usable[(indptr[1:, None] - 1 - np.arange(panel.horizon)).ravel()] = False
    return usable


def window_tables(panel: Panel, splits: Splits, marks: np.ndarray) -> Iterator[pa.Table]:
    """The rows of `windows.parquet`, some series at a time: a row a window, sorted by split, series and time.

    series, cutoff (grid type), row of the panel, split; the splits as schema metadata.
    """
    for index in range(len(SPLITS)):
        for first, after in series_blocks(panel.indptr):
            begin = panel.indptr[first]
            rows = np.flatnonzero(marks[begin : panel.indptr[after]] == index)
            yield _table(
                np.repeat(np.arange(first, after, dtype=np.int32), np.diff(panel.indptr[first : after + 1]))[rows],
                panel.frequency.times(panel.block_ordinals(first, after)[rows]),
                rows + begin,
                index,
                splits,
            )


def _table(series: np.ndarray, cutoffs: pa.Array, rows: np.ndarray, split: int, splits: Splits) -> pa.Table:
    names = pa.DictionaryArray.from_arrays(pa.array(np.full(len(rows), split, np.int8)), pa.array(SPLITS))
    columns = {"series": pa.array(series, pa.int32()), "cutoff": cutoffs, "row": pa.array(rows), "split": names}
    return pa.table(columns).replace_schema_metadata({"nightcast": json.dumps(asdict(splits))})


def windows_from_table(table: pa.Table) -> Windows:
    """The windows of the rows that `window_tables` gave."""
    splits = Splits(**json.loads(table.schema.metadata[b"nightcast"]))
    names = table["split"].cast(pa.string())
    split = np.zeros(len(table), np.int8)
    for index, name in enumerate(SPLITS):
        split[np.asarray(pa.compute.equal(names, name))] = index
    return Windows(np.asarray(table["series"]), np.asarray(table["row"]), split, splits)
