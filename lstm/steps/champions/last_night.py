"""Why tonight changed: last night's publication, its models and its panel, beside what this run publishes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from lstm.contestants import RIDGE
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.panel.seasonal_scale import seasonal_scale
from lstm.data.panel.selection import shorter_horizon, some_series
from lstm.errors import ForecastError, ModelError
from lstm.evaluation.change.attribution import Change, Parts, attribute, chosen_series, known_before
from lstm.evaluation.change.published import Maker, Published, on_grid
from lstm.model.forecaster.choices import default_device
from lstm.model.forecaster.forecaster import Forecaster, Which
from lstm.references import VersionedModel
from lstm.steps.champions.makers import version_of
from lstm.steps.champions.usable import baseline_model
from lstm.steps.ingest import stored_panel
from lstm.steps.job import Job
from lstm.steps.window import seasons
from lstm.storage.ledger.publications import nights_before
from lstm.storage.runs.model_folder import read_model
from lstm.storage.runs.run_folder import RunStore

MOST_SERIES = 5_000  # series whose change is explained; of more, an even spread and those that changed most
MOST_CHANGED = 50
MOST_STEPS = 20_000_000  # steps of a panel that is read a second time, for what last night knew ahead

Medians = Callable[[Panel], np.ndarray]


@dataclass(frozen=True)
class Compared:
    """previous: the rows published last night, None where nothing was. change: None, with a `note`, where nothing of
    them overlaps with tonight or the comparison failed.
    """

    previous: pa.Table | None = None
    change: Change | None = None
    note: str = ""


def compare_with_last_night(job: Job, panel: Panel, rows: pa.Table) -> Compared:
    """What changed since the newest publication of an earlier cutoff, and why. rows: what this run published."""
    night = _last_night(job, panel)
    if night is None:
        return Compared()
    run_id, cutoff = night
    previous = job.ledger().run_rows(run_id)
    tonight, last = on_grid(panel, rows), on_grid(panel, previous)
    season = seasons(job, panel)[0]
    change = Change(
        run_id=run_id,
        cutoff=cutoff,
        last=last,
        tonight=tonight,
        parts=_unknown_parts(tonight),
        scale=seasonal_scale(panel, season, panel.cutoff),
        season=season,
        counted=np.ones(panel.series, bool),
    )
    if not change.steps:
        newest = panel.frequency.text(panel.cutoff + 1)
        note = f"The forecast before, of the cutoff {panel.frequency.text(cutoff)}, does not reach {newest}"
        return Compared(previous, None, f"{note}, where this one begins: there is nothing to compare.")
    return Compared(previous, _explained(job, panel, change))


def _last_night(job: Job, panel: Panel) -> tuple[str, int] | None:
    """(run, ordinal of its cutoff) of the newest earlier cutoff's latest publication."""
    newest: tuple[str, int] | None = None
    for night in nights_before(job.engine(), job.pipeline.name, job.key.run_id):
        try:
            cutoff = panel.frequency.ordinal_of_text(night.cutoff)
        except ValueError:  # of another frequency
            continue
        if cutoff < panel.cutoff and (newest is None or cutoff > newest[1]):
            newest = night.run_id, cutoff
    return newest


def _unknown_parts(tonight: Published) -> Parts:
    nothing = np.full(tonight.median.shape, np.nan)
    return Parts(nothing, nothing, nothing)


def _explained(job: Job, panel: Panel, change: Change) -> Change:
    """The change with its parts, where the old models and covariates can be had."""
    series, counted = chosen_series(change, MOST_SERIES, MOST_CHANGED)
    explained = with_calendar(some_series(panel, series) if len(series) < panel.series else panel)
    last = replace(change.last, median=change.last.median[series], maker=change.last.maker[series])
    medians, unknown = _old_forecasts(job, change, last, explained)
    after_covariates = medians(explained)
    old, together = _old_panel(job, panel, change)
    after_data, revised = after_covariates, None
    if old is not None:
        known = known_before(explained, old)
        revised = known.revised
        after_data = medians(known.panel) if known.changed else after_covariates
    attributed = attribute(last.median, after_data, after_covariates, change.tonight.median[series])
    parts = _unknown_parts(change.tonight)
    whole = Parts(
        *(
            _placed(part, series, parts.data.shape)
            for part in (attributed.data, attributed.covariates, attributed.model)
        )
    )
    return replace(
        change, parts=whole, counted=counted, together=together, unknown=tuple(unknown.items()), revised=revised
    )


def _placed(part: np.ndarray, series: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    whole = np.full(shape, np.nan)
    whole[series] = part
    return whole


def _old_panel(job: Job, panel: Panel, change: Change) -> tuple[Panel | None, str]:
    """(last night's panel, "") or (None, why covariates cannot be told apart from new data; empty without any)."""
    has_covariates = bool(job.pipeline.source.future_covariates or panel.static_names)
    if panel.steps > MOST_STEPS:
        return None, "the panel is too large to be read twice" if has_covariates else ""
    try:
        return stored_panel(RunStore(job.runs, change.run_id)), ""
    except ForecastError:
        return None, f"the panel of {change.run_id} is gone" if has_covariates else ""


def _old_forecasts(
    job: Job, change: Change, last: Published, panel: Panel
) -> tuple[Callable[[Panel], np.ndarray], dict[str, int]]:
    """(medians (S, H, C) of a panel by whoever made last night's, why some cannot be had and of how many series).

    A maker that cannot forecast tonight's panel leaves NaN.
    """
    usable: dict[int, Medians] = {}
    unknown: dict[str, int] = {}
    for place, maker in enumerate(last.makers):
        concerned = int((last.maker == place).sum())
        if not concerned:
            continue
        try:
            usable[place] = _medians_of(job, change.run_id, maker, panel)
        except ForecastError as error:
            unknown[str(error)] = unknown.get(str(error), 0) + concerned

    def medians(given: Panel) -> np.ndarray:
        median = np.full(last.median.shape, np.nan)
        for place, forecast in usable.items():
            of_maker = last.maker == place
            which = np.flatnonzero(of_maker.any(axis=1))
            values = forecast(given if len(which) == given.series else some_series(given, which))
            steps = values.shape[1]
            median[which, :steps] = np.where(of_maker[which][:, None], values, median[which, :steps])
        return median

    return medians, unknown


def _medians_of(job: Job, run_id: str, maker: Maker, panel: Panel) -> Medians:
    """Forecasts of all series of a panel, by one maker of last night's. Raises ForecastError when it cannot be had."""
    verdict = job.registry().verdict(run_id) if maker.method == RIDGE else None
    version, which = version_of(job, maker, verdict.challenger_version if verdict is not None else None)
    return _by_baseline(job, maker.method, panel) if version is None else _by_model(job, version, which, panel)


def _by_model(job: Job, model: VersionedModel, which: Which, panel: Panel) -> Medians:
    forecaster = read_model(job.runs, model.uri, model.fingerprint)
    horizon = model.contract.horizon
    if horizon > panel.horizon:
        raise ModelError(f"the horizon of {model.label} is {horizon}, tonight's is {panel.horizon}")
    _fitted(forecaster, panel, horizon)
    median = model.contract.quantile_levels.index(0.5)

    def medians(given: Panel) -> np.ndarray:
        fitting = _fitted(forecaster, given, horizon)
        series = np.arange(fitting.series)
        rows = fitting.row_of(series, fitting.cutoff)
        return forecaster.forecast(fitting, series, rows, which=which, device=default_device())[:, :, median]

    return medians


def _fitted(forecaster: Forecaster, panel: Panel, horizon: int) -> Panel:
    """The panel as a model of an older contract reads it. Raises ModelError when it cannot."""
    return forecaster.readable(panel if horizon == panel.horizon else shorter_horizon(panel, horizon))


def _by_baseline(job: Job, method: str, panel: Panel) -> Medians:
    model = baseline_model(job, panel, method)
    model.readable(panel)
    median = model.levels.index(0.5)

    def medians(given: Panel) -> np.ndarray:
        series = np.arange(given.series)
        rows = given.row_of(series, given.cutoff)
        return model.forecast(given, series, rows, which="served", device=default_device())[:, :, median]

    return medians
