"""What the network reads: windows gathered from one resident copy of the panel, in normalised units.

Letters: N windows, L look-back, H horizon, C targets, P past covariates, K user's future covariates, F all future
covariates, G static covariates.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from lstm.data.panel import Panel
from lstm.model.scaling import SeriesScale, Standardiser

Normalisation = Literal["mean_std", "last_value", "series"]
ALIGNED_BOUND = 20.0
PRIOR = 1.0


@dataclass(frozen=True)
class InputSettings:
    """How windows are read and scaled. Everything here is stored in the model card.

    known: positions in `Panel.future` of the user's own covariates (not the calendar's). aligned: pairs (target,
    position within `known`) where the covariate is measured in the target's own unit and nearly is the target.
    scale_through: ordinal up to which the scales were fitted.
    """

    look_back: int
    horizon: int
    normalisation: Normalisation
    known: tuple[int, ...]
    aligned: tuple[tuple[int, int], ...]
    scale_through: int
    past: Standardiser
    future: Standardiser
    static: Standardiser


@dataclass(frozen=True)
class Batch:
    """N windows in normalised units; absent values are 0.

    history: (N, L, C). extras: (N, L, C + P + K), masks of the targets (1 observed), past covariates, known covariates.
    ahead: (N, H, F), future covariates over the horizon. aligned: (N, H, C, K), known covariates in the target's units.
    static: (N, G). target, weight: (N, H, C), weight 1 where observed. level, scale: (N, C), to go back to real units.
    floor: (N, C), smallest scale of the series.
    """

    history: Tensor
    extras: Tensor
    ahead: Tensor
    aligned: Tensor
    static: Tensor
    target: Tensor
    weight: Tensor
    level: Tensor
    scale: Tensor
    floor: Tensor


class Inputs:
    """The panel on a device, ready to be gathered from. Imputed values carry the last observation forward.

    All channels lie side by side in one tensor, of which every window is a view, so that gathering a window copies one
    block of memory. In front are `look_back` rows of nothing, for windows that begin before the first row.
    """

    def __init__(self, panel: Panel, settings: InputSettings, device: torch.device) -> None:
        self.settings = settings
        self.device = device
        dtype = panel.targets.dtype
        filled, known = _carried_forward(panel)
        raw_known = np.nan_to_num(panel.future[:, list(settings.known)], nan=0.0)
        past, future = settings.past.apply(panel.past), settings.future.apply(panel.future)
        parts = [np.nan_to_num(panel.targets, nan=0.0), filled, known, panel.observed, past, future, raw_known]
        self._widths = [part.shape[1] for part in parts]
        rows = np.concatenate([part.astype(dtype) for part in parts], axis=1)
        flat = self._put(np.concatenate([np.zeros((settings.look_back, rows.shape[1]), dtype), rows]))
        span, width = settings.look_back + settings.horizon, rows.shape[1]
        self._windows = flat.as_strided((len(flat) - span + 1, span, width), (width, width, 1))
        own = SeriesScale.fit(panel, settings.scale_through)
        self._mean, self._std, self._floor = (self._put(part.astype(dtype)) for part in (own.mean, own.std, own.floor))
        self._static = self._put(settings.static.apply(panel.static))
        self._first_row = self._put(panel.indptr[:-1])
        self._age = torch.arange(settings.look_back - 1, -1, -1, device=device)
        mask = torch.zeros(panel.targets.shape[1], len(settings.known))
        for target, position in settings.aligned:
            mask[target, position] = 1.0
        self._aligned_mask = mask.to(device)

    def _put(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def gather_at(self, series: np.ndarray, rows: np.ndarray) -> Batch:
        """`gather` for positions (N) that are not on the device yet, of any integer type."""
        return self.gather(self._put(series.astype(np.int64)), self._put(rows.astype(np.int64)))

    def gather(self, series: Tensor, rows: Tensor) -> Batch:
        """Batch of the windows with cutoff rows `rows` (N) of the series `series` (N), both int64 on the device."""
        look_back = self.settings.look_back
        block = self._windows.index_select(0, rows + 1)
        targets, filled, was_known, was_observed, past, future, raw = torch.split(block, self._widths, dim=2)
        # A row before the series' start belongs to another series.
        inside = (self._age <= (rows - self._first_row[series])[:, None])[..., None]
        known = (was_known[:, :look_back] > 0) & inside
        observed = (was_observed[:, :look_back] > 0) & inside
        values = torch.where(known, filled[:, :look_back], 0.0)
        floor = self._floor[series]
        level, scale = self._mean[series], torch.maximum(self._std[series], floor)
        if self.settings.normalisation != "series":
            level, scale = self._window_scale(values, observed, known, self._std[series], floor)
        history = torch.where(known, (values - level[:, None]) / scale[:, None], 0.0).float()
        weight = was_observed[:, look_back:].float()
        target = ((targets[:, look_back:] - level[:, None]) / scale[:, None]).float() * weight
        covariates, aligned = self._known_covariates(raw, inside, level, scale)
        before = (past[:, :look_back] * inside).float()
        extras = torch.cat([observed.float(), before, covariates[:, :look_back]], dim=2)
        ahead = future[:, look_back:].float().clone()
        if self.settings.known:
            ahead[..., list(self.settings.known)] = covariates[:, look_back:]
        return Batch(history, extras, ahead, aligned, self._static[series], target, weight, level, scale, floor)

    def _window_scale(
        self, values: Tensor, observed: Tensor, known: Tensor, std: Tensor, floor: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(level, scale), (N, C) each. The variance is that of the observed steps and, as `PRIOR` more, the series'.

        So a window of one or two steps, or one in which nothing moved, is not blown up to the size of the others.
        """
        weight = observed.to(values.dtype)
        count = weight.sum(dim=1)
        mean = (values * weight).sum(dim=1) / count.clamp(min=1.0)
        # Nothing was observed within the look-back: the level is the last observation before it.
        mean = torch.where(count > 0, mean, values[:, -1])
        squares = (((values - mean[:, None]) * weight) ** 2).sum(dim=1)
        variance = (squares + PRIOR * std**2) / (count + PRIOR)
        scale = torch.maximum(variance.sqrt(), floor)
        if self.settings.normalisation == "mean_std":
            return mean, scale
        # Carried forward, the last step of the look-back is the newest observation, unless nothing was seen before.
        return torch.where(known[:, -1], values[:, -1], mean), scale

    def _known_covariates(self, raw: Tensor, inside: Tensor, level: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """((N, L + H, K) in units of the covariate's own look-back, (N, H, C, K) in the target's units).

        raw: (N, L + H, K). inside: (N, L, 1), which steps of the look-back belong to the series.
        """
        look_back = self.settings.look_back
        weight = inside.to(raw.dtype)
        count = weight.sum(dim=1).clamp_(min=1.0)
        mean = (raw[:, :look_back] * weight).sum(dim=1) / count
        variance = (((raw[:, :look_back] - mean[:, None]) * weight) ** 2).sum(dim=1) / count
        spread = variance.sqrt() + 0.05 * mean.abs() + 1e-6
        own = ((raw - mean[:, None]) / spread[:, None]).clamp_(-10.0, 10.0).float()
        own[:, :look_back] *= weight.float()
        distance = raw[:, look_back:, None, :] - level[:, None, :, None]
        aligned = (distance / scale[:, None, :, None]).clamp_(-ALIGNED_BOUND, ALIGNED_BOUND).float()
        return own, aligned * self._aligned_mask


def _carried_forward(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """((T, C) last observation at or before each row, (T, C) bool whether there was one in the series)."""
    rows = np.arange(panel.steps)[:, None]
    latest = np.maximum.accumulate(np.where(panel.observed, rows, -1), axis=0)
    known = latest >= panel.indptr[:-1][panel.row_series][:, None]
    filled = np.take_along_axis(panel.targets, np.maximum(latest, 0), axis=0)
    return np.where(known, filled, 0.0), known
