"""The probe: what the shape of the data does not say is tried on validation, with ridge regression, which is cheap.

Differences below `MARGIN` say nothing about the network; there the choice falls where measurements of many data sets
do (`benchmarks/README.md`).
"""

from dataclasses import dataclass, field

import numpy as np
import torch

from lstm.errors import ConfigError
from lstm.model.fitting.fit_job import FitJob
from lstm.model.fitting.yardstick import Yardstick, positive_targets
from lstm.model.forecaster.card import MemberCard, ModelCard
from lstm.model.forecaster.choices import Choice
from lstm.model.network.batch import Batch, unshare_channels, without_extras
from lstm.model.network.inputs import Channels, InputSettings
from lstm.model.network.logarithms import undo_logs
from lstm.model.network.ridge import LinearSkip, fit_ridge
from lstm.model.network.scaling import Normalisation

MARGIN = 0.02
CHANNEL_MARGIN = 0.05  # a network for all targets at once learns the noise of few series by heart

Candidate = tuple[tuple[bool, ...], Channels, Normalisation]


def probe(job: FitJob, card: ModelCard, member: MemberCard) -> tuple[ModelCard, tuple[Normalisation, ...]]:
    """(the card with transform and channels and the reasons for all three choices, normalisations that members take).

    member: with whose look-back candidates are tried. Raises ConfigError when the pipeline file asks for logarithms of
    targets that are not positive.
    """
    series, rows = job.validation_windows()
    trial = _Trial(job, card, member, yardstick(job, series, rows))
    channels: Channels = job.model.channels or "joint"
    logs, log_choice = _choose_logs(trial, channels)
    channels, channel_choice = _choose_channels(trial, logs)
    normalisations, normalisation_choice = _choose_normalisations(trial, logs, channels)
    choices = (*card.choices, log_choice, channel_choice, normalisation_choice)
    return card.model_copy(update={"logs": logs, "channels": channels, "choices": choices}), normalisations


@dataclass(frozen=True)
class _Trial:
    """The fit, card, member and yardstick with which every candidate setting is tried, and the errors so far."""

    job: FitJob
    card: ModelCard
    member: MemberCard
    yardstick: Yardstick
    errors: dict[Candidate, np.ndarray] = field(default_factory=dict)

    def error(
        self, logs: tuple[bool, ...], channels: Channels, normalisation: Normalisation = "mean_std"
    ) -> np.ndarray:
        """(C): error of ridge regression on validation; see `Yardstick.error`. No setting is tried twice."""
        candidate = (logs, channels, normalisation)
        if candidate not in self.errors:
            self.errors[candidate] = self._tried(*candidate)
        return self.errors[candidate]

    def _tried(self, logs: tuple[bool, ...], channels: Channels, normalisation: Normalisation) -> np.ndarray:
        card = self.card.model_copy(update={"logs": logs, "channels": channels})
        inputs = self.job.inputs(card, self.member.model_copy(update={"normalisation": normalisation}))
        validation = without_extras(inputs.gather_at(*self.job.validation_windows()))
        ridge = fit_ridge(self.job.ridge_batches(inputs, *self.job.training_windows()), validation, reweightings=0)
        return self.yardstick.error(_linear_forecast(ridge.skip, inputs.settings, validation))


def _choose_logs(trial: _Trial, channels: Channels) -> tuple[tuple[bool, ...], Choice]:
    """Logarithms of targets that are positive throughout, unless they make the ridge regression worse by `MARGIN`.

    Throughout is up to the cutoff: a value without a logarithm would be lost to the model that serves.
    """
    model, possible = trial.job.model, positive_targets(trial.job.panel)
    plain, positive = (False,) * len(possible), tuple(possible.tolist())
    names = np.asarray(trial.job.panel.target_names)
    if model.transform == "log":
        if not possible.all():
            raise ConfigError(
                f'model.transform = "log" needs positive targets, but {", ".join(names[~possible])} has values at or '
                'below zero; leave it out, or set it to "identity"'
            )
        logs, reason = positive, "the pipeline file"
    elif model.transform == "identity":
        logs, reason = plain, "the pipeline file"
    elif not possible.any() or model.kind == "textbook":
        logs, reason = plain, "no target is positive throughout" if not possible.any() else "the textbook network"
    else:
        before, after = trial.error(plain, channels), trial.error(positive, channels)
        logs = tuple((possible & (after < before + MARGIN)).tolist())
        errors = "; ".join(
            f"{name} {a:.4g} with, {b:.4g} without" for name, a, b in zip(names, after, before, strict=True)
        )
        reason = f"a log, unless it is {MARGIN:g} worse in log error of ridge regression on validation ({errors})"
    value = f"log of {', '.join(names[list(logs)])}" if any(logs) else "identity"
    return logs, Choice(name="transform", value=value, reason=reason)


def _choose_channels(trial: _Trial, logs: tuple[bool, ...]) -> tuple[Channels, Choice]:
    """Targets share their weights, unless a ridge regression for each is better by `CHANNEL_MARGIN`."""
    model = trial.job.model
    channels: Channels = "joint"
    if model.channels is not None:
        channels, reason = model.channels, "the pipeline file"
    elif len(logs) == 1 or model.kind == "textbook":
        reason = "there is one target" if len(logs) == 1 else "the textbook network"
    else:
        joint, shared = (float(trial.error(logs, mode).mean()) for mode in ("joint", "shared"))
        channels = "joint" if joint < shared - CHANNEL_MARGIN else "shared"
        reason = f"log error of ridge regression on validation: {joint:.4g} joint, {shared:.4g} shared"
    return channels, Choice(name="channels", value=channels, reason=reason)


def _choose_normalisations(
    trial: _Trial, logs: tuple[bool, ...], channels: Channels
) -> tuple[tuple[Normalisation, ...], Choice]:
    """The normalisation with the smaller error; where both are within `MARGIN`, members take turns."""
    model = trial.job.model
    both: tuple[Normalisation, Normalisation] = ("mean_std", "last_value")
    normalisations: tuple[Normalisation, ...]
    if model.kind == "textbook":
        normalisations, reason = ("series",), "the textbook network reads values standardised by the series so far"
    elif model.normalisation is not None:
        normalisations, reason = (model.normalisation,), "the pipeline file"
    else:
        mean, last = (float(trial.error(logs, channels, name).mean()) for name in both)
        normalisations = ("mean_std",) if mean < last - MARGIN else ("last_value",) if last < mean - MARGIN else both
        reason = f"log error of ridge regression on validation: mean_std {mean:.4g}, last_value {last:.4g}"
    return normalisations, Choice(name="normalisation", value=" and ".join(normalisations), reason=reason)


def yardstick(job: FitJob, series: np.ndarray, rows: np.ndarray) -> Yardstick:
    """The yardstick of the windows with cutoff rows `rows` (N) of the series `series` (N)."""
    return Yardstick.of(job.panel, series, rows, season=job.settings.seasons[0], train_end=job.windows.splits.train_end)


@torch.inference_mode()
def _linear_forecast(skip: LinearSkip, settings: InputSettings, batch: Batch) -> np.ndarray:
    """float64 (N, H, C): the forecast of a linear skip, in the targets' units."""
    windows = batch.target.shape[0] * batch.target.shape[2] // len(settings.logs)
    forecast = skip(batch).double() * batch.scale.double()[:, None] + batch.level.double()[:, None]
    return undo_logs(unshare_channels(forecast, windows).cpu().numpy(), settings.logs)
