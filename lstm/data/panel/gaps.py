"""Absent rows and missing covariates, by the policies of the pipeline file."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.closed import rows_by_step
from lstm.data.panel.panel import Panel
from lstm.data.quality.findings import Findings
from lstm.errors import DataError

Policy = Literal["error", "carry", "zero"]
# A step after the table's end is empty as it always was, not late, where so many seasons before had no row either.
EMPTY_SEASONS = 4
# Whether a covariate is known tells the target from this share of the target's variance on, and where so many steps
# times that share cannot be chance (the square of seven standard errors).
TELLS = 0.05
BEYOND_CHANCE = 49.0
# What is known only beside some targets, and is another value after more than this share of its gaps, tells where
# these lie however the gaps are filled.
MOST_CHANGES = 0.25
GOLDEN = (5**0.5 - 1) / 2


def fill_absent(panel: Panel, present: np.ndarray, through: int, findings: Findings) -> None:
    """Gaps that mean zero: writes 0 into targets and past covariates of the steps without a row, in place.

    present: bool (T), steps with a row. through: ordinal of the last step that the table reaches; see `reached`.
    """
    steps = np.flatnonzero(~present)
    series, ordinal = place(panel, steps)
    past = ordinal <= through
    panel.targets[steps[past]] = 0.0
    panel.past[steps[past]] = 0.0
    findings.repaired("absent rows set to 0", "", series[past], ordinal[past])


def reached(panel: Panel, present: np.ndarray, newest: int, seasons: Sequence[int]) -> int:
    """Ordinal of the last step that a table reaches: `newest`, or empty steps after it that always were empty.

    A table without a row on any Sunday has reached a Sunday's end when it has reached Saturday's. newest: ordinal of
    its newest observation. present: bool (T), steps with a row. seasons: in steps; in one of them the same place was
    empty `EMPTY_SEASONS` times before, in all series.
    """
    first, (_, has_row) = int(panel.start.min()), rows_by_step(panel, present, panel.cutoff)
    while newest < panel.cutoff:
        back = [newest + 1 - first - season * np.arange(EMPTY_SEASONS + 1) for season in seasons if season > 1]
        if not any(places[-1] >= 0 and not has_row[places].any() for places in back):
            break
        newest += 1
    return newest


def refuse_gaps(panel: Panel, present: np.ndarray, findings: Findings) -> None:
    """Raises DataError where a step between two rows of a series has none."""
    # A gap is inner where the next step with a row, searched from the end, is still of the same series.
    following = np.append(np.minimum.accumulate(_next_present(present)[::-1])[::-1], np.iinfo(np.int64).max)
    steps = np.flatnonzero(~present)
    series, ordinal = place(panel, steps)
    inner = (following[steps] < panel.indptr[series + 1]) & (ordinal <= panel.cutoff)
    if inner.any():
        raise DataError(
            f'{int(inner.sum())} steps have no row, and source.gaps is "error": first series '
            f"{findings.places(series[inner], ordinal[inner])}; "
            'mend them in the source, or set source.gaps to "missing" or "zero"',
            series=findings.names[int(series[inner][0])],
            value=findings.grid.text(int(ordinal[inner][0])),
        )


def _next_present(present: np.ndarray) -> np.ndarray:
    return np.where(present, np.arange(len(present)), np.iinfo(np.int64).max)


def settle_future(panel: Panel, policy: Policy, excused: np.ndarray, findings: Findings) -> None:
    """Refuses a future covariate that is missing within the horizon, unless a policy says what it is then.

    excused: bool (S, H), steps that may lack it whatever the policy: of series that ended long ago, or closed ones.
    Raises DataError that lists series and times under the policy "error".
    """
    if policy != "error":
        return
    steps = (panel.indptr[1:, None] + np.arange(-panel.horizon, 0))[~excused]
    for index, name in enumerate(panel.future_names):
        missing = steps[np.isnan(panel.future[steps, index])]
        if len(missing):
            series, ordinal = place(panel, missing)
            raise DataError(
                f"future covariate {name!r} is missing in {len(missing):,} steps of the horizon of "
                f"{len(np.unique(series)):,} series, first {findings.places(series, ordinal)}; "
                f"bring it for all {panel.horizon} steps after {findings.grid.text(panel.cutoff)}, set "
                'source.future_gaps to "carry" or "zero", or exclude the series',
                series=findings.names[int(series[0])],
                column=name,
                value=findings.grid.text(int(ordinal[0])),
            )


def fill_covariates(panel: Panel, policy: Policy, findings: Findings) -> None:
    """Fills what is missing of the future covariates in place, in the past as in the horizon.

    By 0 under the policy "zero", else by the last value before it in the series; what comes before the first value
    stays unknown. Where the steps with a value tell the target (only what was sold has a price), a carried value must
    not: between two values the change is placed anywhere, evenly, by a number that follows from the time, so that it
    does not always fall on a step with a row.
    Raises DataError for a covariate that would tell the target all the same.
    """
    for index, name in enumerate(panel.future_names):
        known = ~np.isnan(panel.future[:, index])
        if known.all():
            continue
        tells = _tells_target(panel, known)
        if policy == "zero":
            if tells:
                _refuse_unlike(panel, name, ~known, "0 stands for it elsewhere, and")
            filled = np.flatnonzero(~known)
            panel.future[filled, index] = 0.0
            findings.repaired("missing values set to 0", name, *place(panel, filled))
            continue
        if tells and _changes(panel, panel.future[:, index], known) > MOST_CHANGES:
            _refuse_unlike(panel, name, ~known, "it changes so often that its changes tell, too, and")
        findings.repaired("missing values carried forward", name, *place(panel, _carry(panel, index, evenly=tells)))


def carry_covariates(panel: Panel) -> None:
    """Carries the last known value of each future covariate forward over what is missing, in place."""
    for index in range(len(panel.future_names)):
        _carry(panel, index, evenly=False)


def _carry(panel: Panel, index: int, *, evenly: bool) -> np.ndarray:
    """The steps of a future covariate that were filled, in place. evenly: changes lie anywhere between two values."""
    column = panel.future[:, index]
    known = ~np.isnan(column)
    missing, before, after = _neighbours(panel, known)
    if evenly:
        between = after >= 0
        share = place(panel, after[between])[1] * GOLDEN % 1.0
        turn = before[between] + 1 + np.floor(share * (after - before)[between])
        before[between] = np.where(missing[between] >= turn, after[between], before[between])
    column[missing] = column[before]
    return missing


def _neighbours(panel: Panel, known: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(unknown steps with a known one before them in their series, that one, the next known one there, else -1)."""
    # By a running maximum and minimum of the places of known steps.
    steps = np.arange(panel.steps)
    missing = np.flatnonzero(~known)
    series = place(panel, missing)[0]
    before = np.maximum.accumulate(np.where(known, steps, -1))[missing]
    after = np.minimum.accumulate(np.where(known, steps, panel.steps)[::-1])[::-1][missing]
    begun = before >= panel.indptr[series]
    after = np.where(after < panel.indptr[series + 1], after, -1)
    return missing[begun], before[begun], after[begun]


def _changes(panel: Panel, column: np.ndarray, known: np.ndarray) -> float:
    """Share of the gaps between two known values over which the value changes."""
    _, before, after = _neighbours(panel, known)
    ends, at = np.unique(after, return_index=True)
    inner = ends >= 0
    return float((column[ends[inner]] != column[before[at[inner]]]).mean()) if inner.any() else 0.0


def _tells_target(panel: Panel, known: np.ndarray) -> bool:
    """Whether the steps of the past where a covariate is known have other targets than those where it is not.

    known: bool (T). By the squared correlation within series, pooled over all of them.
    """
    for target in panel.targets.T:
        share, count = _determination(panel, target, known)
        if share > TELLS and share * count > BEYOND_CHANCE:
            return True
    return False


def _determination(panel: Panel, target: np.ndarray, known: np.ndarray) -> tuple[float, int]:
    """(squared correlation between a target (T) and whether a covariate is known (bool, T), number of observations).

    Each series counts by its differences from its own means, in units of its own spread.
    """
    products, total = np.zeros(3), 0
    for first, after in series_blocks(panel.indptr):
        rows = slice(panel.indptr[first], panel.indptr[after])
        series = np.repeat(np.arange(after - first), np.diff(panel.indptr[first : after + 1]))
        observed = ~np.isnan(target[rows])
        series, values = series[observed], target[rows][observed].astype(np.float64)
        count = np.maximum(np.bincount(series, minlength=after - first), 1)

        def centred(numbers: np.ndarray, series: np.ndarray = series, count: np.ndarray = count) -> np.ndarray:
            return np.asarray(numbers - (np.bincount(series, numbers, len(count)) / count)[series])

        values, marks = centred(values), centred(known[rows][observed].astype(np.float64))
        spread = np.sqrt(np.bincount(series, values**2, len(count)) / count)[series]
        values = np.divide(values, spread, out=np.zeros_like(values), where=spread > 0)
        products += [values @ marks, values @ values, marks @ marks]
        total += len(values)
    scale = products[1] * products[2]
    return (float(products[0] ** 2 / scale) if scale > 0 else 0.0), total


def _refuse_unlike(panel: Panel, name: str, missing: np.ndarray, why: str) -> None:
    """Raises DataError unless a covariate is missing as often ahead as it was before. missing: bool (T)."""
    ahead = np.zeros(panel.steps, bool)
    ahead[(panel.indptr[1:, None] + np.arange(-panel.horizon, 0)).ravel()] = True
    past, horizon = float(missing[~ahead].mean()), float(missing[ahead].mean())
    if horizon < past / 2:
        targets = ", ".join(panel.target_names)
        raise DataError(
            f"future covariate {name!r} has no value in {past:.0%} of the steps of the past and in {horizon:.0%} of "
            f"the horizon, and where it has one tells {targets}: {why} what a model learnt from that would not hold "
            "ahead; bring its values for every step of the past, too, in the table or by [source.future] with covers "
            '= "everything", or leave it out',
            column=name,
        )


def place(panel: Panel, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(series, ordinal), each int64 (n), of n steps of the panel."""
    series = np.searchsorted(panel.indptr, steps, side="right") - 1
    return series, panel.start[series] + steps - panel.indptr[series]
