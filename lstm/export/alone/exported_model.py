"""An exported model in plain torch: built from its card, it forecasts windows in the targets' own units.

Needs torch alone; `load` reads the folder that this file lies in. Letters: N windows, L look-back of the longest
member, H horizon, C targets, M members, P past, F future, K known and G static covariates, Q quantile levels.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lstm.export.alone.exported_network import Network

COVARIATE_BOUND, ALIGNED_BOUND = 10.0, 20.0  # of standardised covariates, and of those in a target's normalised units
TINY = torch.finfo(torch.float32).tiny  # what a logarithm is taken of at least


class Windows(NamedTuple):
    """N windows as one member reads them, in the tables' units; L is its own look-back, level and scale are its own.

    All float64 but for `observed`, bool. history, observed: (N, L, C). past: (N, L, P). future: (N, L + H, F). static:
    (N, G). level, scale: (N, C).
    """

    history: Tensor
    observed: Tensor
    past: Tensor
    future: Tensor
    static: Tensor
    level: Tensor
    scale: Tensor


class Member(nn.Module):
    """A network, and what lies between it and the tables' units."""

    log: Tensor
    is_aligned: Tensor

    def __init__(self, card: dict[str, Any], member: dict[str, Any]) -> None:
        super().__init__()
        self.look_back, self.targets = member["look_back"], len(card["contract"]["targets"])
        self.shared, self.known, self.any_log = card["channels"] == "shared", card["known"], any(card["logs"])
        self.reads_history_alone = member["kind"] == "textbook"
        self.network = Network(card, member)
        # Numbers of the card follow the model to its device, and are not among its weights.
        self.register_buffer("log", torch.tensor(card["logs"]), persistent=False)
        is_aligned = torch.zeros(self.targets, len(self.known))
        for target, place in card["aligned"]:
            is_aligned[target, place] = 1.0
        self.register_buffer("is_aligned", is_aligned, persistent=False)
        for role in ("past", "future", "static"):
            for name, numbers in member["served"][role].items():
                values = torch.tensor(numbers, dtype=torch.float64)
                self.register_buffer(f"{role}_{name}", values, persistent=False)

    def forward(self, windows: Windows) -> Tensor:
        """float64 (N, H, levels, C), in the targets' units or their logarithms'."""
        level, scale = windows.level[:, None], windows.scale[:, None]
        begun = windows.history.isfinite()
        values = torch.where(begun, windows.history, 1.0)
        if self.any_log:
            values = torch.where(self.log, values.clamp(min=TINY).log(), values)
        values = torch.where(begun, (values - level) / scale, 0.0).float()
        parts = self._history_alone(values) if self.reads_history_alone else self._parts(values, begun, windows)
        if not self.shared:
            normalised = self.network(*parts).double()
        else:
            by_target = self.network(*self._row_a_target(*parts)).double()
            normalised = by_target[..., 0].unflatten(0, (-1, self.targets)).movedim(1, -1)
        forecast: Tensor = normalised * scale[:, None] + level[:, None]
        return forecast

    @staticmethod
    def _history_alone(values: Tensor) -> tuple[Tensor, ...]:
        nothing = values[:, :, :0]
        return values, nothing, nothing, nothing[:, :, None], nothing[:, 0]

    def _parts(self, values: Tensor, begun: Tensor, windows: Windows) -> tuple[Tensor, ...]:
        """What a network reads; see `Network.forward`. values: (N, L, C), normalised. begun: bool (N, L, C)."""
        inside = begun.any(dim=2, keepdim=True).double()
        past = self._standardised("past", windows.past) * inside.float()
        ahead = self._standardised("future", windows.future)[:, self.look_back :]
        known, aligned = self._known(columns(windows.future, self.known), inside, windows.level, windows.scale)
        # In the place of the user's own covariates are those that their own look-back has standardised.
        parts = list(ahead.unbind(dim=2))
        for place, column in enumerate(self.known):
            parts[column] = known[:, self.look_back :, place]
        ahead = torch.stack(parts, dim=2) if self.known else ahead
        extras = torch.cat([windows.observed.float(), past, known[:, : self.look_back]], dim=2)
        return values, extras, ahead, aligned, self._standardised("static", windows.static)

    def _standardised(self, role: str, values: Tensor) -> Tensor:
        """float32: covariates as (x - mean) / std, bounded, 0 where missing."""
        units = (values - getattr(self, f"{role}_mean")) / getattr(self, f"{role}_std")
        return torch.where(values.isnan(), 0.0, units.clamp(-COVARIATE_BOUND, COVARIATE_BOUND)).float()

    def _known(self, raw: Tensor, inside: Tensor, level: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """((N, L + H, K) standardised by each covariate's own look-back, (N, H, C, K) scaled as the targets are).

        raw: (N, L + H, K), NaN where unknown. inside: (N, L, 1), 1 from the first observation of a target on.
        """
        is_known = ~raw.isnan()
        filled, weight = torch.where(is_known, raw, 0.0), inside * is_known[:, : self.look_back]
        history, count = filled[:, : self.look_back], weight.sum(dim=1, keepdim=True)
        mean = (history * weight).sum(dim=1, keepdim=True) / count.clamp(min=1.0)
        variance = ((history - mean) * weight).square().sum(dim=1, keepdim=True) / count.clamp(min=1.0)
        spread = variance.sqrt() + 0.05 * mean.abs() + 1e-6
        units = ((filled - mean) / spread).clamp(-COVARIATE_BOUND, COVARIATE_BOUND)
        # A step of the look-back counts where it lies in the series, one ahead where the covariate has a past.
        known_ahead = is_known[:, self.look_back :]
        units = units * torch.cat([weight, (known_ahead & (count > 0.0)).double()], dim=1)
        ahead = filled[:, self.look_back :, None]
        if self.any_log:
            ahead = torch.where(self.log[:, None], ahead.clamp(min=TINY).log(), ahead)
        aligned = ((ahead - level[:, None, :, None]) / scale[:, None, :, None]).clamp(-ALIGNED_BOUND, ALIGNED_BOUND)
        return units.float(), aligned.float() * known_ahead[:, :, None].float() * self.is_aligned

    def _row_a_target(
        self, history: Tensor, extras: Tensor, ahead: Tensor, aligned: Tensor, static: Tensor
    ) -> tuple[Tensor, ...]:
        """N windows of C targets as N x C of one target, which share covariates."""

        def row_a_target(steps: Tensor) -> Tensor:  # (N, steps, C) as (N x C, steps, 1)
            return steps.transpose(1, 2).flatten(0, 1)[:, :, None]

        def repeated(part: Tensor) -> Tensor:
            return part[:, None].expand(-1, self.targets, *part.shape[1:]).flatten(0, 1)

        if not self.reads_history_alone:
            masks, covariates = extras[:, :, : self.targets], extras[:, :, self.targets :]
            extras = torch.cat([row_a_target(masks), repeated(covariates)], dim=2)
            aligned = aligned.transpose(1, 2).flatten(0, 1)[:, :, None]
        return row_a_target(history), extras, repeated(ahead), aligned, repeated(static)


class ExportedModel(nn.Module):
    """All members, from windows in the targets' units to calibrated quantiles in the targets' units."""

    log: Tensor
    calibration: Tensor

    def __init__(self, card: dict[str, Any]) -> None:
        super().__init__()
        contract, levels = card["contract"], card["contract"]["quantile_levels"]
        self.horizon, self.targets, self.quantiles = contract["horizon"], len(contract["targets"]), len(levels)
        self.median, self.any_log, self.minimum = levels.index(0.5), any(card["logs"]), card["minimum"]
        self.places = [card["levels"].index(level) for level in levels] if card["levels"] else [0]
        self.members = nn.ModuleList(Member(card, member) for member in card["members"])
        self.look_backs = [member["look_back"] for member in card["members"]]
        self.register_buffer("log", torch.tensor(card["logs"]), persistent=False)
        calibration = torch.tensor(card["served_calibration"], dtype=torch.float64)
        self.register_buffer("calibration", calibration, persistent=False)

    def forward(
        self,
        history: Tensor,
        level: Tensor,
        scale: Tensor,
        observed: Tensor | None = None,
        past: Tensor | None = None,
        future: Tensor | None = None,
        static: Tensor | None = None,
    ) -> Tensor:
        """float64 (N, H, Q, C): quantiles in the targets' units, which do not cross and respect the minimum.

        history: float64 (N, L, C), targets with gaps filled, NaN before the first observation. level, scale: float64
        (N, M, C), of each member's window. observed: bool (N, L, C), False where filled. past: float64 (N, L, P).
        future: float64 (N, L + H, F). static: float64 (N, G). NaN where a covariate is missing. What a model does not
        read is left out.
        """
        nothing = history[:, :, :0]
        observed = history.isfinite() if observed is None else observed
        past = nothing if past is None else past
        future = torch.cat([nothing, nothing[:, :1].expand(-1, self.horizon, -1)], 1) if future is None else future
        static = nothing[:, 0] if static is None else static
        forecasts = []
        for number, member in enumerate(self.members):
            begin = history.shape[1] - self.look_backs[number]
            parts = (history[:, begin:], observed[:, begin:], past[:, begin:], future[:, begin:], static)
            forecasts.append(member(Windows(*parts, level[:, number], scale[:, number])))
        mean = torch.stack([columns(forecast, self.places) for forecast in forecasts]).mean(dim=0)
        forecast = self._in_order(mean + self.calibration * scale[:, 0][:, None, None])
        if self.any_log:
            forecast = torch.where(self.log, torch.where(self.log, forecast, 0.0).exp(), forecast)
        return forecast if self.minimum is None else forecast.clamp(min=self.minimum)

    def _in_order(self, quantiles: Tensor) -> Tensor:
        """The quantiles (N, H, Q, C), made to rise away from the median, which stays where it is."""
        parts = list(quantiles.unbind(dim=2))
        for place in range(self.median - 1, -1, -1):
            parts[place] = torch.minimum(parts[place], parts[place + 1])
        for place in range(self.median + 1, len(parts)):
            parts[place] = torch.maximum(parts[place], parts[place - 1])
        return torch.stack(parts, dim=2)


def columns(values: Tensor, places: list[int]) -> Tensor:
    """Some of (N, X, columns, …), without a list as index, which an export takes for numbers that it does not know."""
    return torch.stack([values[:, :, place] for place in places], dim=2) if places else values[:, :, :0]


def build(card: dict[str, Any], weights: Mapping[str, Tensor]) -> ExportedModel:
    """The model of a card (`model.json`) with its weights, ready to forecast."""
    model = ExportedModel(card)
    model.load_state_dict(dict(weights))
    return model.eval()


def load(folder: str | Path = Path(__file__).parent) -> ExportedModel:
    """The model of a folder. `weights.pth` is read without running any code of it (`weights_only`)."""
    card = json.loads((Path(folder) / "model.json").read_text(encoding="utf-8"))
    return build(card, torch.load(Path(folder) / "weights.pth", weights_only=True))
