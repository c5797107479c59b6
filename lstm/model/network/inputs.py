"""What the network reads: windows gathered from one resident copy of the panel, in normalised units.

Letters: T rows of the panel, S series, N windows, L look-back, H horizon, C targets, P past covariates, K user's future
covariates, F all future covariates, G static covariates.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from lstm.data.panel.panel import Panel
from lstm.model.network.batch import Batch, Reading, share_channels
from lstm.model.network.imputation import Imputation, impute
from lstm.model.network.logarithms import transformed
from lstm.model.network.scaling import Normalisation, Scales, Standardiser, never_moved, window_scales
from lstm.model.network.window_memory import bytes_of_window

Channels = Literal["joint", "shared"]
ALIGNED_BOUND = 20.0
# Scales of a window; a target further away is not learnt from. What had never moved by then has none of its own.
FARTHEST, FARTHEST_OF_STILL = 100.0, 10.0


@dataclass(frozen=True)
class InputSettings:
    """How windows are read and scaled. Everything here is stored in the model card.

    logs: by target, whether its logarithm is what is forecast. channels: whether a window's targets are read together
    or one by one. known: positions in `Panel.future` of the user's own covariates (not the calendar's). aligned: pairs
    (target, position within `known`) where the covariate is measured in the target's own unit and nearly is the target.
    imputations: by target, how its gaps are filled; none where the last value is always carried forward.
    """

    look_back: int
    horizon: int
    normalisation: Normalisation
    channels: Channels
    logs: tuple[bool, ...]
    known: tuple[int, ...]
    aligned: tuple[tuple[int, int], ...]
    past: Standardiser
    future: Standardiser
    static: Standardiser
    imputations: tuple[Imputation, ...] = ()


class Inputs:
    """The panel on a device, ready to be gathered from. Gaps are filled as the settings say, and masked.

    Every kind of column is one tensor, of which every window is a view, so that gathering copies one block of memory a
    kind. In front are `look_back` rows of nothing, for windows that begin before the first row.
    """

    def __init__(
        self,
        panel: Panel,
        settings: InputSettings,
        device: torch.device,
        bridge: np.ndarray | None = None,
        scales: Scales | None = None,
    ) -> None:
        """bridge: (T, C), in the targets' units, what stands in for targets first of all; NaN where nothing does.

        scales: level and scale of the rows whose windows will be gathered; made here for all rows when left out.
        """
        self.settings = settings
        self.device = device
        targets = transformed(panel.targets, settings.logs)
        filled, begun = impute(targets, panel, settings.imputations)
        if bridge is not None:
            bridged = transformed(bridge, settings.logs)
            filled = np.where(np.isnan(targets) & ~np.isnan(bridged), bridged, filled).astype(targets.dtype)
        self._filled = self._windowed(filled)
        self._observed = self._windowed((~np.isnan(targets)).astype(targets.dtype))
        self._past = self._windows_of(settings.past.apply(panel.past, padding=settings.look_back))
        self._future = self._windows_of(settings.future.apply(panel.future, padding=settings.look_back))
        known = panel.future[:, list(settings.known)]
        self._known = self._windowed(np.nan_to_num(known, nan=0.0))
        self._known_at = torch.tensor(settings.known, dtype=torch.int64, device=device)
        unknown = np.isnan(known)
        self._known_mask = self._windowed((~unknown).astype(known.dtype)) if unknown.any() else None
        if scales is None:
            scales = window_scales(targets, panel.indptr, settings.look_back, settings.normalisation)
        level, scale = scales
        if settings.normalisation == "last_value":
            # What stands in for the last value is the level, as the value itself would have been.
            level = np.where(np.isnan(targets) & (level != 0.0), filled, level)
        self._level, self._scale = self._put(level), self._put(scale)
        self._static = self._put(settings.static.apply(panel.static))
        self._begun = self._put(begun)
        self._age = torch.arange(settings.look_back - 1.0, -1.0, -1.0, device=device)[:, None]
        mask = torch.zeros(panel.targets.shape[1], len(settings.known))
        for target, position in settings.aligned:
            mask[target, position] = 1.0
        self._aligned_mask = mask.to(device)
        self._logs = torch.tensor(settings.logs, device=device)

    def _put(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def _windowed(self, rows: np.ndarray) -> Tensor:
        """(windows, L + H, columns): a view of the rows (T, columns), the window of cutoff row r at r + 1."""
        return self._windows_of(np.concatenate([np.zeros((self.settings.look_back, rows.shape[1]), rows.dtype), rows]))

    def _windows_of(self, padded: np.ndarray) -> Tensor:
        """The same of rows that have a look-back of zeros in front already."""
        width, span = padded.shape[1], self.settings.look_back + self.settings.horizon
        flat = self._put(padded)
        return flat.as_strided((len(flat) - span + 1, span, width), (width, width, 1))

    @property
    def window_bytes(self) -> int:
        """Bytes that gathering one window takes, on the way, too."""
        columns = (self._filled.shape[2], self._past.shape[2], self._future.shape[2])
        return bytes_of_window(*columns, self.settings.look_back, self.settings.horizon, len(self.settings.known))

    def gather_at(self, series: np.ndarray, rows: np.ndarray) -> Batch:
        """`gather` for positions (N) that are not on the device yet, of any integer type."""
        return self.gather(self._put(series.astype(np.int64)), self._put(rows.astype(np.int64)))

    def gather(self, series: Tensor, rows: Tensor) -> Batch:
        """Batch of the windows with cutoff rows `rows` (N) of the series `series` (N), both int64 on the device."""
        return self.normalised(self.read(series, rows))

    def read(self, series: Tensor, rows: Tensor) -> Reading:
        """What these windows hold, before level and scale are taken off."""
        look_back, at = self.settings.look_back, rows + 1
        values, seen = self._filled.index_select(0, at), self._observed.index_select(0, at)
        inside = self._inside(series, rows)
        has_covariates = inside is not None and (self._past.shape[2] or self._known.shape[2])
        return Reading(
            values=values,
            seen=seen,
            inside=inside,
            past=self._past.index_select(0, at)[:, :look_back] if has_covariates else None,
            future=self._future.index_select(0, at)[:, look_back:],
            known=self._known.index_select(0, at) if has_covariates else None,
            known_mask=self._known_mask.index_select(0, at)
            if has_covariates and self._known_mask is not None
            else None,
            static=self._static[series],
            level=self._level[rows],
            scale=self._scale[rows],
        )

    def normalised(self, reading: Reading) -> Batch:
        """The batch of windows that were read; what was read is changed in place."""
        look_back, level, scale = self.settings.look_back, reading.level, reading.scale
        # One copy of each kind of column; level and scale go out in place and in the panel's own type, because float32
        # would lose the digits of what is large against its scale.
        values, seen = reading.values.sub_(level[:, None]).div_(scale[:, None]), reading.seen
        if reading.inside is not None:
            values[:, :look_back].mul_(reading.inside)
            seen[:, :look_back].mul_(reading.inside)
        weight = seen[:, look_back:].float()
        target = values[:, look_back:].float() * weight
        # Nothing in a window tells of a launch: what comes thousands of its scales away would be all that a loss sees.
        still = never_moved(level, scale)[:, None]
        weight = weight * (target.abs() <= torch.where(still, FARTHEST_OF_STILL, FARTHEST))
        ahead, extras = reading.future, seen[:, :look_back].float()
        aligned = ahead.new_zeros(0).expand(len(level), self.settings.horizon, level.shape[1], 0)
        if reading.inside is not None and reading.past is not None and reading.known is not None:
            began = reading.inside.amax(dim=2, keepdim=True)
            before = reading.past * began
            covariates, aligned = self._known_covariates(reading.known, reading.known_mask, began, level, scale)
            extras = torch.cat([extras, before, covariates[:, :look_back]], dim=2)
            ahead.index_copy_(2, self._known_at, covariates[:, look_back:])
        history = values[:, :look_back].float()
        batch = Batch(history, extras, ahead, aligned, reading.static, target, weight, level, scale)
        return share_channels(batch) if self.settings.channels == "shared" else batch

    def _inside(self, series: Tensor, rows: Tensor) -> Tensor | None:
        """(N, L, C): which steps of the look-back lie after a series' first observation, 1 or 0; None where all do.

        Not None where there are covariates.
        """
        steps = rows[:, None] - self._begun[series]  # (N, C)
        covariates = self._past.shape[2] or self._known.shape[2]
        # Often all windows are whole, which is cheap to see where nothing has to wait for a device.
        if not covariates and self.device.type == "cpu" and not (steps < self.settings.look_back - 1).any():
            return None
        # 1 from the first observation on, 0 before it; comparisons of a whole tensor are slow.
        return (steps[:, None] + 1 - self._age).clamp_(0.0, 1.0)

    def _known_covariates(
        self, raw: Tensor, known_mask: Tensor | None, inside: Tensor, level: Tensor, scale: Tensor
    ) -> tuple[Tensor, Tensor]:
        """((N, L + H, K) standardised by the covariate's own look-back, (N, H, C, K) scaled as the target is).

        raw: (N, L + H, K). known_mask: of the same shape, 1 where the covariate is known; None where it is throughout.
        What is not known, or has no past in the look-back, is 0. inside: (N, L, 1), which steps of the look-back belong
        to the series.
        """
        look_back = self.settings.look_back
        # Mean and spread are of the steps inside the series. A twentieth of the mean is added to the spread, so that a
        # covariate that hardly moved is not blown up; what is further than ten spreads away counts as ten.
        weight = inside.to(raw.dtype)
        if known_mask is not None:
            weight = weight * known_mask[:, :look_back]
        count = weight.sum(dim=1).clamp_(min=1.0)
        mean = (raw[:, :look_back] * weight).sum(dim=1) / count
        variance = (((raw[:, :look_back] - mean[:, None]) * weight) ** 2).sum(dim=1) / count
        spread = variance.sqrt() + 0.05 * mean.abs() + 1e-6
        standardised = ((raw - mean[:, None]) / spread[:, None]).clamp_(-10.0, 10.0).float()
        standardised[:, :look_back] *= weight.float()
        if known_mask is not None:
            standardised[:, look_back:] *= known_mask[:, look_back:].float() * (weight.sum(dim=1) > 0).float()[:, None]
        # A covariate that nearly is a target is read as the target is: its logarithm, less level, by scale.
        ahead = raw[:, look_back:, None, :]
        if any(self.settings.logs):
            logged = ahead.clamp(min=torch.finfo(raw.dtype).tiny).log()
            ahead = torch.where(self._logs[:, None], logged, ahead)
        distance = ahead - level[:, None, :, None]
        aligned = (distance / scale[:, None, :, None]).clamp(-ALIGNED_BOUND, ALIGNED_BOUND).float()
        if known_mask is not None:
            aligned = aligned * known_mask[:, look_back:, None, :].float()
        return standardised, aligned * self._aligned_mask
