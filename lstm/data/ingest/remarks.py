"""What is odd about single series: all missing, constant, flat at its end, mostly absent, ended long ago."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from lstm.data.panel.closed import open_steps
from lstm.data.panel.flat_ends import flat_ends
from lstm.data.panel.lifecycle import ended_series, newest_steps
from lstm.data.panel.panel import Panel
from lstm.data.quality.findings import Findings
from lstm.data.quality.report import SHOWN, SeriesTable, listed
from lstm.data.rows.missing_codes import number_text, suspected_codes
from lstm.data.rows.series_keys import SeriesKeys, case_twins, look_alikes
from lstm.quantity import quantity

SPARSE = 0.5
UNKNOWN = 0.1  # of the steps; more is said of a covariate
FROZEN_STEPS = 24


def remark_ids(keys: SeriesKeys, waiting: np.ndarray, exclude: Sequence[str], findings: Findings) -> None:
    """Warns of series that have not begun, of names to exclude that no series has, and of ids that look alike.

    waiting: bool, series whose rows all lie after the cutoff.
    """
    not_begun = [keys.names[index] for index in np.flatnonzero(waiting)]
    if not_begun:
        findings.warn(f"{len(not_begun):,} series begin after the cutoff and get no forecast yet: {listed(not_begun)}")
    if len(set(keys.names)) < len(keys.names):
        twice = sorted(name for name, times in Counter(keys.names).items() if times > 1)
        findings.warn(f"{len(twice):,} names stand for several series, because their ids hold a '/': {listed(twice)}")
    unknown = sorted(set(exclude) - set(keys.names))
    if unknown:
        findings.warn(f"quality.exclude names {len(unknown)} series that the table does not have: {listed(unknown)}")
    alike = [f"{first!r} and {second!r}" for first, second in look_alikes(keys.keys)]
    if alike:
        findings.warn(
            f"{len(alike):,} pairs of ids look alike (Unicode forms, blanks, unseen characters): {listed(alike)}"
        )
    broken = [repr(name) for name in keys.names if "\n" in name or "\r" in name]
    if broken:
        findings.warn(
            f"a line break is in {quantity(len(broken), 'id')}: {listed(broken)}; was a quote closed too late?"
        )
    twins = [f"{first!r} and {second!r}" for first, second in case_twins(keys.keys)]
    if twins:
        findings.warn(f"{len(twins):,} pairs of ids differ in upper and lower case only: {listed(twins)}")


def remark_series(
    panel: Panel, newest: int, freshness: int, season: int, expected_for: int, findings: Findings
) -> None:
    """Warns of odd series. newest: of the whole table. freshness, season: in steps. expected_for: in days."""
    last = newest_steps(panel)
    begun = last >= panel.start
    ended = ended_series(panel, expected_for)
    stale = ended | (begun & (last < newest - freshness))
    _warn(
        findings,
        "ended long before the cutoff",
        stale,
        lambda s: (
            f"newest of {panel.frequency.text(int(last[s]))}, "
            f"{quantity(newest - last[s], 'step')} before the table's end"
            + (", no longer forecast" if ended[s] else "")
        ),
    )
    lengths = open_steps(panel)
    counts = _counts(np.asarray(panel.observed.any(axis=1)), panel.indptr)
    sparse = begun & ~stale & (counts < SPARSE * lengths) & (lengths > 1)
    _warn(
        findings,
        "mostly missing",
        sparse,
        lambda s: f"{counts[s]:,} of {lengths[s]:,} steps since {panel.frequency.text(int(panel.start[s]))}",
    )
    for index, name in enumerate(panel.target_names):
        _remark_target(panel, name, panel.targets[:, index], max(FROZEN_STEPS, 2 * season), findings)


def remark_codes(panel: Panel, findings: Findings) -> None:
    """Warns of numbers that may be a code for a missing value, which a run would learn from."""
    groups = ((panel.target_names, panel.targets), (panel.past_names, panel.past), (panel.future_names, panel.future))
    for names, channels in groups:
        for index, name in enumerate(names):
            column = channels[:, index]
            for value, count in suspected_codes(column[np.isfinite(column)]).items():
                code = number_text(value, single=column.dtype == np.float32)
                findings.warn(
                    f"{name}: {count:,} values are {code}, far outside of all others; if that means a missing value, "
                    f'set source.missing = ["{code}"]'
                )


def _counts(observed: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """int64 (S): how many of each series' steps are observed."""
    return np.add.reduceat(observed, indptr[:-1], dtype=np.int64)


def _remark_target(panel: Panel, name: str, target: np.ndarray, enough: int, findings: Findings) -> None:
    ends = flat_ends(panel, target)
    count, flat, since, value = ends.count, ends.flat, ends.since, ends.value
    constant = ends.constant
    zero = constant & (value == 0.0)
    frozen = (flat >= enough) & ~constant

    def since_when(index: int) -> str:
        return panel.frequency.text(int(panel.start[index] + since[index] - panel.indptr[index]))

    _warn(findings, f"{name} has no value at all", count == 0, lambda _: "")
    _warn(findings, f"{name} is 0 throughout", zero, lambda s: quantity(count[s], "step"))
    _warn(
        findings, f"{name} is constant", constant & ~zero, lambda s: f"{value[s]:.8g} in {quantity(count[s], 'step')}"
    )
    _warn(findings, f"{name} is flat at its end", frozen, lambda s: f"{flat[s]} observed steps from {since_when(s)}")


def _warn(findings: Findings, what: str, odd: np.ndarray, detail: Callable[[int], str]) -> None:
    """One sentence for all series with a remark. odd: bool (S)."""
    concerned = np.flatnonzero(odd).tolist()
    if concerned:
        shown = [f"{findings.names[s]!r}" + (f" ({detail(s)})" if detail(s) else "") for s in concerned[:SHOWN]]
        more = f" and {len(concerned) - SHOWN:,} more" if len(concerned) > SHOWN else ""
        findings.warn(f"{len(concerned):,} series: {what}: {', '.join(shown)}{more}")


def remark_covariates(panel: Panel, findings: Findings) -> None:
    """Warns of covariates of which nothing is known up to the cutoff, in all series or in some, and of late ones."""
    history = panel.rows_through(panel.cutoff)
    for kind, names, values in (
        ("past", panel.past_names, panel.past),
        ("future", panel.future_names, panel.future),
    ):
        for index, name in enumerate(names):
            known = ~np.isnan(values[:, index]) & history
            some = _counts(known, panel.indptr) > 0
            if not some.any():
                findings.warn(
                    f"{kind} covariate {name!r} has no value up to the cutoff, so that nothing can be learnt from it: "
                    "it is of no use"
                )
                continue
            _warn(findings, f"{kind} covariate {name!r} has no value up to the cutoff", ~some, lambda _: "")
            share = 1.0 - known.sum() / history.sum()
            if share > UNKNOWN:
                first = panel.frequency.text(int(panel.ordinals[known].min()))
                findings.warn(
                    f"{kind} covariate {name!r} is unknown in {share:.0%} of the steps; its first is of {first}"
                )


def series_table(panel: Panel) -> SeriesTable:
    """What each series holds, for the quality report."""
    grid = panel.frequency
    newest = newest_steps(panel)
    steps = open_steps(panel)
    counts = np.stack([_counts(target, panel.indptr) for target in panel.observed.T], axis=1)
    last = [text if seen else None for text, seen in zip(grid.texts(newest), newest >= panel.start, strict=True)]
    return SeriesTable(
        name=panel.names,
        first=tuple(grid.texts(panel.start)),
        last=tuple(last),
        steps=tuple(steps.tolist()),
        observed={name: tuple(counts[:, index].tolist()) for index, name in enumerate(panel.target_names)},
        missing=tuple((1.0 - counts.mean(axis=1) / np.maximum(steps, 1)).tolist()),
    )
