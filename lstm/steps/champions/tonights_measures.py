"""What the gates ask of tonight's forecasts: of the challenger's, and of those of whoever would serve in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lstm.compute.executor import CallHome
from lstm.contestants import CHAMPION, RIDGE, SEASONAL_NAIVE
from lstm.data.panel.lifecycle import ended_series
from lstm.data.panel.panel import Panel
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.gates.finding import outside
from lstm.evaluation.gates.verdict import HEADLINE_METRICS
from lstm.gate_metrics import METRICS
from lstm.model.baselines.model import Model
from lstm.model.forecaster.choices import default_device
from lstm.model.forecaster.forecaster import Forecaster, Which
from lstm.model.serving.sanity import hold_at_zero, never_negative, sanity
from lstm.model.serving.shards import Shard, placed, shards, with_peers
from lstm.steps.champions.usable import UsableChampion, baseline_model
from lstm.steps.job import Job

Measures = dict[str, np.ndarray]


def tonight(job: Job, panel: Panel, model: Model, which: Which = "served") -> Measures:
    """Measures (S, C) of the forecasts that a model would publish, NaN for series that it would not serve."""
    series = np.arange(panel.series)
    asked = _Asked(
        with_peers(model, panel, series, panel.row_of(series, panel.cutoff)),
        which,
        job.pipeline.minimum is None,
        job.pipeline.quantile_levels.index(0.5),
        torch.get_num_threads(),
    )
    parts = job.executor.map(_measured, asked, shards(panel))
    ended = ended_series(panel, job.pipeline.quality.expected_for)[:, None]
    whole = {metric: np.concatenate([part[metric] for part in parts]) for metric in parts[0]}
    return {metric: np.where(ended, np.nan, values) for metric, values in whole.items()}


@dataclass(frozen=True)
class _Asked:
    """Whose forecasts of tonight are measured. median: index of the level 0.5. threads: of torch.

    found_minimum: whether what never was negative is not forecast below 0.
    """

    model: Model
    which: Which
    found_minimum: bool
    median: int
    threads: int


def _measured(asked: _Asked, shard: Shard, _: CallHome) -> Measures:
    torch.set_num_threads(asked.threads)
    panel, series, rows, model = shard.panel, shard.series, shard.rows, placed(asked.model, shard.before)
    forecast = model.forecast(panel, series, rows, which=asked.which, device=default_device())
    if asked.found_minimum:
        hold_at_zero(forecast, never_negative(panel, series, rows))
    unserved = model.too_short(panel, series, rows)[:, None] | model.unreadable(panel, series, rows)
    measures = sanity(panel, forecast, asked.median)
    return {metric: np.where(unserved, np.nan, values) for metric, values in measures.items()}


def stand_in(
    job: Job,
    panel: Panel,
    contestants: Mapping[str, Scored],
    challenger: Forecaster,
    champion: UsableChampion | None,
    incumbent: str,
) -> tuple[str, Measures]:
    """(who would serve in the challenger's place, the measures of its forecasts of tonight).

    incumbent: see `incumbent_of`. Without one the best baseline whose forecasts of tonight are as sane as the gates ask
    of a challenger's; the best one where none is.
    """
    names = [incumbent] if incumbent else _by_error(contestants)
    measured: list[tuple[str, Measures]] = []
    for name in names or [SEASONAL_NAIVE]:
        model: Model = challenger
        if name == CHAMPION and champion is not None:
            model = champion.forecaster
        elif name != RIDGE:
            model = baseline_model(job, panel, name)
        measured.append((name, tonight(job, panel, model, "ridge" if name == RIDGE else "served")))
        if _is_sane(job, measured[-1][1]):
            return measured[-1]
    return measured[0]


def _by_error(contestants: Mapping[str, Scored]) -> Sequence[str]:
    """The baselines and the ridge regression, the best first, by the first headline metric that any of them has."""
    for metric in HEADLINE_METRICS:
        errors = {name: scored.error(metric) for name, scored in contestants.items() if name.startswith("baseline:")}
        defined = {name: error for name, error in errors.items() if np.isfinite(error)}
        if defined:
            return sorted(defined, key=defined.__getitem__)
    return ()


def _is_sane(job: Job, measures: Measures) -> bool:
    """Whether forecasts keep every gate on tonight's forecasts that judges all series together."""
    for gate in job.pipeline.active_gates():
        if METRICS[gate.metric].source == "tonight" and gate.scope == "all":
            known = measures[gate.metric][~np.isnan(measures[gate.metric])]
            if known.size and outside(gate, float((known > (gate.more_than or 0.0)).mean())) > 0.0:
                return False
    return True
