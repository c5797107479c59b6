"""What came true of each model's forecasts, a line a model, beside what its backtest promised."""

from collections.abc import Mapping

import numpy as np

from lstm.data.frequency.grid import Frequency
from lstm.evaluation.monitoring.promise import AS_SERVED
from lstm.evaluation.monitoring.promises import Promise, promised_of
from lstm.evaluation.monitoring.realised import ModelLabel, Realised
from lstm.evaluation.monitoring.realised_scores import overall_scores
from lstm.references import RealisedScores


def model_lines(
    rows: Realised, promises: Mapping[ModelLabel, Promise], frequency: Frequency
) -> tuple[RealisedScores, ...]:
    """A line a model, the newest first, after one of all that was served."""
    of_models = rows.latest(each_model=True)
    lines = [(AS_SERVED, "served", rows.live.latest(each_model=False))]
    by_age = sorted(range(len(rows.models)), key=lambda index: -int(rows.cutoff[rows.model == index].max()))
    for index in by_age:
        model = rows.models[index]
        kind = "backfill" if model.backfill else "served"
        lines.append((model.text, kind, of_models.of(of_models.model == index)))
    return tuple(_line(label, kind, part, promises, frequency) for label, kind, part in lines if len(part))


def _line(
    label: str, kind: str, rows: Realised, promises: Mapping[ModelLabel, Promise], frequency: Frequency
) -> RealisedScores:
    promised = promised_of(rows, promises)
    return RealisedScores(
        label=label,
        kind=kind,
        **overall_scores(rows),
        promised_mase=promised.mase if promised is not None else np.nan,
        promised_coverage=promised.coverage if promised is not None else np.nan,
        since=frequency.text(int(rows.time.min())),
        through=frequency.text(int(rows.time.max())),
    )
