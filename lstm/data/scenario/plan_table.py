"""A plan: a table of future covariates as they might be, which takes the place of what is known, row by row."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from lstm.config import Roles
from lstm.data.frequency.inference import time_text
from lstm.data.ingest.identity import RowIdentity, identify_rows, ordinals_of
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import listed
from lstm.data.rows.numbers import numbers
from lstm.data.rows.series_keys import find_series
from lstm.data.rows.source_rows import SourceRows
from lstm.data.scenario.future_changes import future_place, horizon_rows
from lstm.errors import DataError
from lstm.quantity import quantity


@dataclass(frozen=True)
class Planned:
    """A panel with the values of a plan. chosen: bool (S), the series of its rows. notes: what it left alone."""

    panel: Panel
    chosen: np.ndarray
    notes: tuple[str, ...]


def with_plan(panel: Panel, rows: SourceRows, roles: Roles, settings: PanelSettings, as_of: datetime | int) -> Planned:
    """The panel with a plan's values over its horizon. An empty cell changes nothing, nor do other times.

    roles: of the plan's columns, whose numbers are future covariates of the panel. Raises DataError for series that
    the panel does not have, times off its grid, two rows for one step, and a plan without a row within the horizon.
    """
    identity = identify_rows(
        rows, roles, settings, as_of, time_format=settings.source.time_format, grid=panel.frequency
    )
    _refuse_bad_rows(identity)
    ordinals = _ordinals(panel, identity, settings)
    series = _series(panel, identity)
    ahead = (ordinals > panel.cutoff) & (ordinals <= panel.cutoff + panel.horizon)
    if not ahead.any():
        first, last = (panel.frequency.text(panel.cutoff + step) for step in (1, panel.horizon))
        raise DataError(f"no row of the plan lies within the horizon, {first} to {last}; look at its times")
    places = horizon_rows(panel)[series[ahead], ordinals[ahead] - panel.cutoff - 1]
    _refuse_repeated(panel, places, series[ahead], ordinals[ahead])
    future, notes = panel.future.copy(), _notes_of_rows(int((~ahead).sum()))
    for name in roles.numbers:
        values = numbers(rows.table[name])[ahead]
        if np.isinf(values).any():
            place = int(np.flatnonzero(ahead)[np.isinf(values)][0])
            raise DataError(f"the plan has a {name} without end (inf), {rows.place(place)}; give a number")
        given = np.isfinite(values)
        future[places[given], future_place(panel, name)] = values[given]
        if not given.all():
            empty = quantity(int((~given).sum()), "row")
            notes += (f"{name} is empty in {empty} of the plan, and stays there as it is known",)
    chosen = np.zeros(panel.series, bool)
    chosen[series[ahead]] = True
    return Planned(replace(panel, future=future), chosen, notes)


def _notes_of_rows(elsewhere: int) -> tuple[str, ...]:
    if not elsewhere:
        return ()
    return (f"the plan has {quantity(elsewhere, 'row')} outside of the horizon, which change nothing",)


def _refuse_bad_rows(identity: RowIdentity) -> None:
    """A plan is small and made by hand: a row that the pipeline file would set aside is mended there, not left out."""
    if not identity.included.all():
        raise DataError(
            f"{int((~identity.included).sum()):,} rows of the plan cannot be used, first "
            f"{identity.bad.place(int(np.argmin(identity.included)))}: mend them, or take out series that the pipeline "
            "leaves out (quality.exclude)"
        )


def _ordinals(panel: Panel, identity: RowIdentity, settings: PanelSettings) -> np.ndarray:
    """int64 (R): the step of each row."""
    ordinals, exact = ordinals_of(panel.frequency, identity.times.values, settings.source)
    if not exact.all():
        position = int(np.argmin(exact))
        raise DataError(
            f"{int((~exact).sum()):,} times of the plan do not fit the frequency {panel.frequency.alias!r}, first "
            f"{time_text(identity.times.values, position)}"
        )
    return np.asarray(ordinals[identity.times.code])


def _series(panel: Panel, identity: RowIdentity) -> np.ndarray:
    """int64 (R): the series of each row."""
    if not panel.keys.num_columns:
        return np.zeros(len(identity.included), np.int64)
    place = find_series(panel.keys, identity.keys.keys)
    if (place < 0).any():
        names = [name for name, index in zip(identity.keys.names, place.tolist(), strict=True) if index < 0]
        raise DataError(f"the plan has series that are not forecast: {listed(names)}; take them out, or mend the keys")
    return np.asarray(place[identity.keys.code])


def _refuse_repeated(panel: Panel, places: np.ndarray, series: np.ndarray, ordinals: np.ndarray) -> None:
    first_of_each = np.unique(places, return_index=True)[1]
    if len(first_of_each) < len(places):
        repeated = int(np.setdiff1d(np.arange(len(places)), first_of_each)[0])
        name, time = panel.names[int(series[repeated])], panel.frequency.text(int(ordinals[repeated]))
        raise DataError(f"the plan has two rows of series {name!r} at {time}; leave one")
