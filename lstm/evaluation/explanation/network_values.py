"""What a trained model forecasts for every coalition of groups, against each series' own earlier windows.

Letters: N windows, B earlier windows of each, P pairs of the two, G groups, H horizon, C targets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lstm.data.panel.panel import Panel
from lstm.evaluation.explanation.coalitions import members_of
from lstm.evaluation.explanation.earlier import Question, earlier_windows, mean_of_earlier
from lstm.evaluation.explanation.explanation import Group
from lstm.evaluation.explanation.switching import History, other_history, says_the_same, switched
from lstm.model.forecaster.forecaster import Forecaster, Which, Windowed
from lstm.model.forecaster.late_ends import forecast_late_ends
from lstm.model.network.batch import Reading, unshare_channels
from lstm.model.network.inputs import Inputs
from lstm.model.network.logarithms import transformed
from lstm.model.network.networks import Network
from lstm.model.network.scaling import spread_so_far
from lstm.model.network.window_memory import windows_within

PAIRS_AT_ONCE = 1024
BYTES_AT_ONCE = 1 << 26  # of windows as a network reads them


@dataclass(frozen=True)
class Asked:
    """A trained model, and what it is asked. which: its weights. groups: what is switched. question: against what."""

    model: Forecaster
    which: Which
    groups: tuple[Group, ...]
    question: Question
    device: torch.device


def network_values(asked: Asked, panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """float64 (N, H, 2^G, C): the median of every coalition in the target's units, the mean over the earlier windows.

    NaN for a window without an earlier one. series, rows: (N), each window's series and the panel row of its cutoff.
    Windows that end late are those that serve, see `forecast_late_ends`: from the last observation as far as that
    reaches, and bridged by the model's own forecast beyond.
    """
    model, coalitions = asked.model, 1 << len(asked.groups)
    panel = model.readable(panel)

    def of_coalitions(
        part: Panel, series: np.ndarray, rows: np.ndarray, bridge: np.ndarray | None, before: int
    ) -> np.ndarray:
        windowed = Windowed(part, series, rows, bridge, before)
        window, cutoffs = earlier_windows(part, series, rows, asked.question, model.steps_needed)
        if not len(window):
            return np.full((len(rows), part.horizon, coalitions, len(part.target_names)), np.nan)
        return mean_of_earlier(_of_pairs(asked, windowed, window, cutoffs), window, len(rows))

    return forecast_late_ends(panel, series, rows, of_coalitions, coalitions - 1)


def _of_pairs(asked: Asked, windowed: Windowed, window: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
    """float64 (P, H, 2^G, C): of windows against single earlier ones."""
    model, device = asked.model, asked.device
    panel, series, rows = windowed.panel, windowed.series[window], windowed.rows[window]
    members = list(model.set_up(windowed, np.concatenate([rows, cutoffs]), asked.which, device))
    distinct, place = np.unique(rows, return_inverse=True)
    spreads = spread_so_far(transformed(panel.targets, model.card.logs), panel.indptr, distinct)
    furthest = max(range(len(members)), key=lambda number: members[number][1].settings.look_back)
    widest = members[furthest][1]
    at_once = windows_within(BYTES_AT_ONCE, widest.window_bytes, PAIRS_AT_ONCE)
    answers = []
    for begin in range(0, len(rows), at_once):
        part = slice(begin, begin + at_once)
        readings = [
            (_read(inputs, series[part], rows[part]), _read(inputs, series[part], cutoffs[part]))
            for _, inputs in members
        ]
        spread, floor = (torch.from_numpy(values[place[part]]).to(device) for values in spreads)
        history = other_history(*readings[furthest], widest.settings.look_back, asked.question.seasons, spread, floor)
        answers.append(_of_part(asked, members, readings, history))
    return np.concatenate(answers)


def _read(inputs: Inputs, series: np.ndarray, rows: np.ndarray) -> Reading:
    at = (torch.from_numpy(positions.astype(np.int64)).to(inputs.device) for positions in (series, rows))
    return inputs.read(*at)


@torch.inference_mode()
def _of_part(
    asked: Asked,
    members: Sequence[tuple[Network, Inputs]],
    readings: Sequence[tuple[Reading, Reading]],
    history: History,
) -> np.ndarray:
    model, groups = asked.model, asked.groups
    places = model.card.places  # one, where the networks forecast a number and no quantiles
    quantile = places[model.median] if len(places) > 1 else places[0]
    # A group that says the same in both windows changes nothing, whoever is there.
    idle = [group for group in groups if all(says_the_same(*pair, group) for pair in readings)]
    answers: dict[tuple[bool, ...], np.ndarray] = {}
    coalitions = [
        tuple(bool(held) or group in idle for group, held in zip(groups, holds, strict=True))
        for holds in members_of(len(groups))
    ]
    for holds in dict.fromkeys(coalitions):
        forecasts = [
            _forecast(network, inputs, switched(*pair, history, groups, holds, inputs.settings), quantile)
            for (network, inputs), pair in zip(members, readings, strict=True)
        ]
        median = torch.stack([median for median, _ in forecasts]).mean(dim=0)
        answers[holds] = model.calibrated_median(median.cpu().numpy(), forecasts[0][1].cpu().numpy(), asked.which)
    return np.stack([answers[holds] for holds in coalitions], axis=2)


def _forecast(network: Network, inputs: Inputs, reading: Reading, quantile: int) -> tuple[Tensor, Tensor]:
    """((P, H, C) median, (P, C) scale), float64, logarithms not undone; see `model_forecast`."""
    count = len(reading.level)
    batch = inputs.normalised(reading)
    scale, level = batch.scale.double()[:, None, None], batch.level.double()[:, None, None]
    real = unshare_channels(network(batch)[:, :, [quantile]].double() * scale + level, count)
    return real[:, :, 0], unshare_channels(scale, count)[:, 0, 0]
