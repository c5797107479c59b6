"""Absent rows and missing covariates, by the policies of the pipeline file."""

from typing import Literal

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.data.quality.findings import Findings
from lstm.errors import DataError

Policy = Literal["error", "carry", "zero"]


def fill_absent(panel: Panel, present: np.ndarray, newest: int, *, ahead: bool, findings: Findings) -> None:
    """Gaps that mean zero: writes 0 into the steps without a row, in place.

    Targets and past covariates up to `newest`, the newest step that the table has for any series: later ones are not
    absent, the table merely ends early. ahead: future covariates too, where they have no value, to the end of the
    horizon. present: bool (T), steps with a row.
    """
    steps = np.flatnonzero(~present)
    series, ordinal = _place(panel, steps)
    past = ordinal <= newest
    panel.targets[steps[past]] = 0.0
    panel.past[steps[past]] = 0.0
    findings.repaired("absent rows set to 0", "", series[past], ordinal[past])
    if panel.future_names and ahead:
        missing = np.isnan(panel.future[steps])
        panel.future[steps] = np.where(missing, 0.0, panel.future[steps])
        changed = ~past & missing.any(axis=1)
        findings.repaired("absent rows of the horizon set to 0", "", series[changed], ordinal[changed])


def refuse_gaps(panel: Panel, present: np.ndarray, findings: Findings) -> None:
    """Raises DataError where a step between two rows of a series has none."""
    # A gap is inner where the next step with a row, searched from the end, is still of the same series.
    following = np.append(np.minimum.accumulate(_next_present(present)[::-1])[::-1], np.iinfo(np.int64).max)
    steps = np.flatnonzero(~present)
    series, ordinal = _place(panel, steps)
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


def settle_future(panel: Panel, policy: Policy, ended: np.ndarray, findings: Findings) -> None:
    """Future covariates that are missing within the horizon, by policy, in place.

    ended: bool (S), series that ended long ago; what they lack is carried forward whatever the policy.
    Raises DataError that lists series and times under the policy "error".
    """
    steps = (panel.indptr[1:, None] + np.arange(-panel.horizon, 0)).ravel()
    for index, name in enumerate(panel.future_names):
        missing = steps[np.isnan(panel.future[steps, index])]
        series, ordinal = _place(panel, missing)
        alive = ~ended[series]
        if policy == "error" and alive.any():
            raise DataError(
                f"future covariate {name!r} is missing in {int(alive.sum()):,} steps of the horizon of "
                f"{len(np.unique(series[alive])):,} series, first {findings.places(series[alive], ordinal[alive])}; "
                f"bring it for all {panel.horizon} steps after {findings.grid.text(panel.cutoff)}, set "
                'source.future_gaps to "carry" or "zero", or exclude the series',
                series=findings.names[int(series[alive][0])],
                column=name,
                value=findings.grid.text(int(ordinal[alive][0])),
            )
        if policy == "zero":
            panel.future[missing[alive], index] = 0.0
            findings.repaired("missing values of the horizon set to 0", name, series[alive], ordinal[alive])


def carry_covariates(panel: Panel, findings: Findings) -> None:
    """Fills what is still missing of the future covariates, in place.

    With the last value before it in the series, else with the first one after it.
    """
    steps = np.arange(panel.steps)
    for index, name in enumerate(panel.future_names):
        column = panel.future[:, index]
        missing = np.flatnonzero(np.isnan(column))
        if not len(missing):
            continue
        # For each missing step the nearest known ones on both sides, by a running maximum and minimum of their places;
        # the one before counts only where it is of the same series.
        known = ~np.isnan(column)
        before = np.maximum.accumulate(np.where(known, steps, -1))[missing]
        after = np.minimum.accumulate(np.where(known, steps, panel.steps)[::-1])[::-1][missing]
        series, ordinal = _place(panel, missing)
        panel.future[missing, index] = column[np.where(before >= panel.indptr[series], before, after)]
        findings.repaired("missing values carried forward", name, series, ordinal)


def _place(panel: Panel, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(series, ordinal) of panel steps."""
    series = np.searchsorted(panel.indptr, steps, side="right") - 1
    return series, panel.start[series] + steps - panel.indptr[series]
