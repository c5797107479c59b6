"""A trained model: its card, its weights, and forecasts from any panel of the same contract."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from lstm.data.panel import Panel
from lstm.errors import ModelError
from lstm.model.card import FORMAT, MemberCard, ModelCard, StandardiserCard, WeightsCard
from lstm.model.checkpoint import tensors_under
from lstm.model.inputs import Inputs, InputSettings
from lstm.model.network import Network, SegmentedLSTM, TextbookLSTM
from lstm.model.scaling import Standardiser

Which = Literal["evaluated", "served"]
FORECAST_BATCH = 1024


@dataclass(frozen=True)
class Forecaster:
    """A model in memory. weights: all tensors of all members, by prefix."""

    card: ModelCard
    weights: dict[str, Tensor]

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

        series, rows: (N), each window's series and the panel row of its cutoff. Raises ModelError when the panel's
        channels are not those that the model was trained with.
        """
        panel = self.readable(panel)
        total: np.ndarray | None = None
        for member in self.card.members:
            part = self._member_forecast(member, panel, series, rows, which, device)
            total = part if total is None else total + part
        if total is None:
            raise ModelError("the model has no members; train it again")
        quantiles = np.sort(total / len(self.card.members), axis=2)
        return quantiles if self.card.minimum is None else np.maximum(quantiles, self.card.minimum)

    def _member_forecast(
        self, member: MemberCard, panel: Panel, series: np.ndarray, rows: np.ndarray, which: Which, device: torch.device
    ) -> np.ndarray:
        weights = member.served if which == "served" else member.evaluated
        inputs = Inputs(panel, input_settings(panel, member, weights, self.card.known, self.card.aligned), device)
        network = build_network(self.card, member).to(device).eval()
        network.load_state_dict(tensors_under(weights.prefix, self.weights))
        offsets = torch.tensor(self.card.calibration, dtype=torch.float64)
        return real_forecast(network, inputs, series, rows, offsets)

    @property
    def steps_needed(self) -> int:
        """Steps up to the cutoff below which a series is too short for this model: look-back and horizon together."""
        return max(member.look_back for member in self.card.members) + self.card.contract.horizon

    def too_short(self, panel: Panel) -> np.ndarray:
        """bool (S): series that this model does not serve, because they have fewer than `steps_needed` steps."""
        return np.asarray(panel.cutoff - panel.start + 1 < self.steps_needed)

    def readable(self, panel: Panel) -> Panel:
        """The panel with the future covariates that the model reads.

        Raises ModelError when the panel's channels or horizon are not those that the model was trained with.
        """
        mine = (self.card.contract.targets, self.card.past_names, self.card.future_names, self.card.static_names)
        given_future = tuple(name for name in self.card.future_names if name in panel.future_names)
        theirs = (panel.target_names, panel.past_names, given_future, panel.static_names)
        for role, own, given in zip(("targets", "past", "future", "static"), mine, theirs, strict=True):
            if own != given:
                raise ModelError(
                    f"the model was trained with {role} columns {list(own)}, the panel has {list(given)}; "
                    "train it again"
                )
        if self.card.contract.horizon != panel.horizon:
            raise ModelError(
                f"the model's horizon is {self.card.contract.horizon}, the panel's is {panel.horizon}; train it again"
            )
        return panel.with_future(self.card.future_names)


@torch.inference_mode()
def real_forecast(
    network: Network, inputs: Inputs, series: np.ndarray, rows: np.ndarray, offsets: Tensor
) -> np.ndarray:
    """float64 (N, H, Q, C) in real units, quantiles in order. offsets: (H, Q, C), in units of the window's scale."""
    shape = (len(rows), *offsets.shape)
    forecasts = np.empty(shape)
    for begin in range(0, len(rows), FORECAST_BATCH):
        part = slice(begin, begin + FORECAST_BATCH)
        batch = inputs.gather_at(series[part], rows[part])
        normalised = network(batch).double().cpu() + offsets
        scale, level = batch.scale.double().cpu(), batch.level.double().cpu()
        real = normalised * scale[:, None, None] + level[:, None, None]
        forecasts[part] = real.sort(dim=2).values.numpy()
    return forecasts


def input_settings(
    panel: Panel, member: MemberCard, weights: WeightsCard, known: tuple[int, ...], aligned: tuple[tuple[int, int], ...]
) -> InputSettings:
    """How a member with these weights reads a panel. known, aligned: see `InputSettings`."""
    return InputSettings(
        look_back=member.look_back,
        horizon=panel.horizon,
        normalisation=member.normalisation,
        known=known,
        aligned=aligned,
        scale_through=panel.frequency.ordinal_of_text(weights.scale_through),
        past=_standardiser(weights.past),
        future=_standardiser(weights.future),
        static=_standardiser(weights.static),
    )


def _standardiser(card: StandardiserCard) -> Standardiser:
    return Standardiser(card.mean, card.std)


def build_network(card: ModelCard, member: MemberCard) -> Network:
    """The untrained network of a member."""
    targets, known = len(card.contract.targets), len(card.known)
    if member.kind == "textbook":
        return TextbookLSTM(
            horizon=card.contract.horizon,
            hidden=member.hidden,
            layers=member.layers,
            dropout=member.dropout,
            targets=targets,
        )
    return SegmentedLSTM(
        look_back=member.look_back,
        horizon=card.contract.horizon,
        segment=member.segment,
        hidden=member.hidden,
        layers=member.layers,
        dropout=member.dropout,
        levels=len(card.contract.quantile_levels),
        targets=targets,
        extras=targets + len(card.past_names) + known,
        ahead=len(card.future_names),
        known=known,
        static=len(card.static_names),
    )
