"""A trained model: its card, its weights, and forecasts from any panel of the same contract."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from lstm.data.panel.panel import Panel
from lstm.data.panel.static_codes import coded_by
from lstm.errors import ModelError
from lstm.model.forecaster.calibration import crossed, in_order
from lstm.model.forecaster.card import FORMAT, MemberCard, ModelCard
from lstm.model.forecaster.late_ends import NOTHING_BEFORE, Before, forecast_late_ends
from lstm.model.forecaster.member_forecasts import averaged, model_forecast
from lstm.model.forecaster.rebuilt import build_network, input_settings
from lstm.model.network.inputs import Inputs
from lstm.model.network.logarithms import transformed, undo_logs, without_logarithm
from lstm.model.network.networks import Network
from lstm.model.network.scaling import Scales, scales_of_members
from lstm.model.training.checkpoint import tensors_under

Which = Literal["evaluated", "served", "ridge"]
RIDGE = "ridge:"
RIDGE_PARTS = ("back", "ahead", "aligned", "bias", "head.bias")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Windowed:
    """N windows of a panel: their series and cutoff rows (N), and what bridges gaps at their ends; see `Inputs`.

    before: how many windows were forecast before them.
    """

    panel: Panel
    series: np.ndarray
    rows: np.ndarray
    bridge: np.ndarray | None
    before: int


@dataclass(frozen=True)
class Forecaster:
    """A model in memory. weights: all tensors of all members, by prefix.

    before: the windows that it is said to have forecast already, so that some of many windows are forecast as among all
    of them, to the last bit.
    """

    card: ModelCard
    weights: dict[str, Tensor]
    before: Before = NOTHING_BEFORE

    def to_bytes(self) -> tuple[bytes, bytes]:
        """(model.json, weights.safetensors)."""
        contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in self.weights.items()}
        return self.card.model_dump_json(indent=2).encode(), save_tensors(contiguous)

    @classmethod
    def from_bytes(cls, card: bytes, weights: bytes) -> "Forecaster":
        """Inverse of `to_bytes`. Raises ModelError for another format or damaged bytes; runs no code."""
        try:
            parsed = ModelCard.model_validate_json(card)
            tensors = load_tensors(weights)
        except (ValueError, SafetensorError) as error:
            raise ModelError(
                f"this is not a model of format {FORMAT}, or it is damaged ({error}); train it again"
            ) from error
        if parsed.format != FORMAT:
            raise ModelError(f"the model has format {parsed.format}, this version reads {FORMAT}; train it again")
        return cls(parsed, tensors)

    def forecast(
        self, panel: Panel, series: np.ndarray, rows: np.ndarray, *, which: Which, device: torch.device
    ) -> np.ndarray:
        """float64 (N, H, Q, C) in the target's units; quantiles do not cross and respect the minimum.

        series, rows: (N), each window's series and the panel row of its cutoff. which: the weights that are judged,
        those that serve, or the ridge regression that training began from, a baseline of its own. Raises ModelError
        when the panel's channels are not those that the model was trained with. Where the last steps up to a cutoff
        were not observed, the model's own forecast of them stands in; see `forecast_late_ends`.
        """
        panel = self.readable(panel)
        if not self.card.members:
            raise ModelError("the model has no members; train it again")

        def forecast(
            part: Panel, series: np.ndarray, rows: np.ndarray, bridge: np.ndarray | None, before: int
        ) -> np.ndarray:
            windowed = Windowed(part, series, rows, bridge, before)
            members = zip(self.card.members, self._scales(part, rows), strict=True)
            by_member = (self._by_member(member, scales, windowed, which, device) for member, scales in members)
            return self.calibrated(*averaged(by_member), which)

        return forecast_late_ends(panel, series, rows, forecast, self.median, self.before)

    def _scales(self, panel: Panel, rows: np.ndarray) -> list[Scales]:
        """For each member, the level and scale of the windows with cutoff rows `rows` (N)."""
        members = [(member.look_back, member.normalisation) for member in self.card.members]
        return scales_of_members(transformed(panel.targets, self.card.logs), panel.indptr, members, np.unique(rows))

    def _by_member(
        self, member: MemberCard, scales: Scales, windowed: "Windowed", which: Which, device: torch.device
    ) -> tuple[np.ndarray, np.ndarray]:
        network, inputs = self._set_up(member, scales, windowed, which, device)
        return model_forecast(network, inputs, windowed.series, windowed.rows, self.card.places, windowed.before)

    def set_up(
        self, windowed: "Windowed", rows: np.ndarray, which: Which, device: torch.device
    ) -> Iterator[tuple[Network, Inputs]]:
        """Every member's network, and the panel as it reads it, ready for windows with the cutoff rows `rows`."""
        for member, scales in zip(self.card.members, self._scales(windowed.panel, rows), strict=True):
            yield self._set_up(member, scales, windowed, which, device)

    def _set_up(
        self, member: MemberCard, scales: Scales, windowed: "Windowed", which: Which, device: torch.device
    ) -> tuple[Network, Inputs]:
        weights = member.served if which == "served" else member.evaluated
        settings = input_settings(windowed.panel, self.card, member, weights)
        inputs = Inputs(windowed.panel, settings, device, windowed.bridge, scales)
        network = build_network(self.card, member).to(device).eval()
        # The head of a new network is zero, so that of the LSTM nothing comes through to the ridge regression.
        network.load_state_dict(network.state_dict() | self.state(member, which))
        return network, inputs

    def state(self, member: MemberCard, which: Which) -> dict[str, Tensor]:
        """A member's tensors by name; of the ridge regression only those that it has."""
        prefix = (member.served if which == "served" else member.evaluated).prefix
        tensors = tensors_under(prefix, self.weights)
        if which == "ridge":
            return tensors_under(RIDGE, tensors)
        return {name: tensor for name, tensor in tensors.items() if not name.startswith(RIDGE)}

    @property
    def trained_through(self) -> str:
        """Newest target time that the evaluated weights have read; see `ModelRef`."""
        return self.card.trained_through

    @property
    def tuned_through(self) -> str:
        """Newest target time that the choice of its settings has read; see `ModelCard`."""
        return self.card.tuned_through

    @property
    def served_through(self) -> str:
        """Newest target time that the weights that serve have read; see `ModelRef`."""
        return self.card.served_through

    @property
    def steps_needed(self) -> int:
        """Steps of history below which a series is too short."""
        return self.card.steps_needed

    @property
    def has_ridge(self) -> bool:
        """Whether the model knows the ridge regression that it began from; the textbook network began from none."""
        return any(name.startswith(self.card.members[0].evaluated.prefix + RIDGE) for name in self.weights)

    def calibrated(self, quantiles: np.ndarray, scale: np.ndarray, which: Which) -> np.ndarray:
        """The contract's quantiles (N, H, Q, C) in the target's units, from what the members say; see `averaged`."""
        shifted = quantiles + self._offsets(which) * scale[:, None, None]
        if which == "served":  # what is published; a backtest would log it for every contestant and origin
            _log_crossed(shifted)
        return self._in_units(in_order(shifted, self.card.contract.quantile_levels))

    def calibrated_median(self, medians: np.ndarray, scale: np.ndarray, which: Which) -> np.ndarray:
        """The forecasts (N, H, C) in the target's units, from the members' medians alone; see `calibrated`."""
        return self._in_units(medians + self._offsets(which)[:, self.median] * scale[:, None])

    @property
    def median(self) -> int:
        """Place of the level 0.5 among the contract's quantiles."""
        return self.card.contract.quantile_levels.index(0.5)

    def _offsets(self, which: Which) -> np.ndarray:
        """(H, Q, C): what is added to each quantile, in units of a window's scale."""
        offsets = np.asarray(self.card.served_calibration if which == "served" else self.card.calibration)
        return np.zeros_like(offsets) if which == "ridge" and self.card.levels else offsets

    def _in_units(self, forecast: np.ndarray) -> np.ndarray:
        """The forecast (..., C), changed in place, in the target's units and not below the minimum."""
        real = undo_logs(forecast, self.card.logs)
        return real if self.card.minimum is None else np.maximum(real, self.card.minimum, out=real)

    def too_short(self, panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """bool (N): windows with fewer steps up to their cutoff than this model serves. series, rows: (N)."""
        return np.asarray(rows - panel.indptr[series] + 1 < self.card.steps_needed)

    def unreadable(self, panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """bool (N, C): targets of windows that it would misread; see `without_logarithm`. series, rows: (N)."""
        look_back = max(member.look_back for member in self.card.members)
        return without_logarithm(panel, series, rows, self.card.logs, look_back)

    def readable(self, panel: Panel) -> Panel:
        """The panel with the future covariates that the model reads, its static ones by the categories of training.

        Raises ModelError when the panel's channels or horizon are not those that the model was trained with.
        """
        card, contract = self.card, self.card.contract
        future = tuple(name for name in card.future_names if name in panel.future_names)
        for role, trained_with, present in (
            ("targets", contract.targets, panel.target_names),
            ("past", card.past_names, panel.past_names),
            ("future", card.future_names, future),
            ("static", card.static_names, panel.static_names),
        ):
            if trained_with != present:
                raise ModelError(
                    f"the model was trained with {role} columns {list(trained_with)}, the panel has {list(present)}; "
                    "train it again"
                )
        if contract.horizon != panel.horizon:
            raise ModelError(
                f"the model's horizon is {contract.horizon}, the panel's is {panel.horizon}; train it again"
            )
        return coded_by(panel.with_future(card.future_names), card.static_categories)


def _log_crossed(quantiles: np.ndarray) -> None:
    count = crossed(quantiles)
    if count:
        steps = quantiles.shape[0] * quantiles.shape[1] * quantiles.shape[3]
        log.warning("the quantiles of %d of %d forecast steps crossed, and were put in order", count, steps)
