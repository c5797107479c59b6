"""Steps at which a target was not observed, by series: how many, from when, and the longest run of them."""

from collections.abc import Iterator

import numpy as np

from lstm.data.frequency.local_days import never_were
from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.closed import closed_steps
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import MissingSteps


def missing_steps(panel: Panel, last: np.ndarray) -> tuple[MissingSteps, ...]:
    """The open steps without a target, from each series' start to its last step that is expected.

    last: int64 (S), ordinal of that step, the cutoff at most.
    """
    return tuple(
        one_series
        for index, name in enumerate(panel.target_names)
        for first, after in series_blocks(panel.indptr)
        for one_series in _of_block(panel, panel.targets[:, index], name, last, first, after)
    )


def _of_block(
    panel: Panel, target: np.ndarray, name: str, last: np.ndarray, first: int, after: int
) -> Iterator[MissingSteps]:
    """Of the series from `first` up to `after`."""
    begin, end = panel.indptr[first], panel.indptr[after]
    ordinals = panel.block_ordinals(first, after)
    lengths = np.diff(panel.indptr[first : after + 1])
    expected = ~closed_steps(panel.calendar, panel.frequency, ordinals, panel.time_zone)
    if len(unlived := never_were(int(ordinals.min()), int(ordinals.max()), panel.frequency, panel.time_zone)):
        expected &= ~np.isin(ordinals, unlived)
    missing = np.isnan(target[begin:end]) & expected & (ordinals <= np.repeat(last[first:after], lengths))
    # A run begins and ends where the mask changes. None goes on into the next series, as each ends after its cutoff.
    edges = np.flatnonzero(np.diff(missing, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    series = np.searchsorted(panel.indptr[first : after + 1] - begin, starts, side="right") - 1
    runs = ends - starts
    # The runs of each series with the longest one first; of equally long ones the earliest.
    order = np.lexsort((starts, -runs, series))
    touched, place = np.unique(series[order], return_index=True)
    earliest = np.unique(series, return_index=True)[1]
    counts = np.bincount(series, runs, after - first)[touched].astype(np.int64)
    longest = order[place]
    texts = zip(
        panel.frequency.texts(ordinals[starts[earliest]]), panel.frequency.texts(ordinals[starts[longest]]), strict=True
    )
    for index, count, run, (since, longest_since) in zip(
        touched.tolist(), counts.tolist(), runs[longest].tolist(), texts, strict=True
    ):
        yield MissingSteps(
            series=panel.names[first + index],
            column=name,
            count=count,
            first=since,
            longest=run,
            longest_from=longest_since,
        )
