"""The linear skip in closed form: ridge regression of the horizon on the look-back and the covariates known ahead.

Every target and step has its own regression, but they share the Gram matrix of the look-back, so that all of them cost
little more than one. Hoerl and Kennard (1970), "Ridge regression: biased estimation for nonorthogonal problems".
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from lstm.model.inputs import Batch

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


@dataclass(frozen=True)
class LinearSkip:
    """Weights of the skip. back: (C, H, L). ahead: (C, H, F). aligned: (C, H, K). bias: (C, H)."""

    back: Tensor
    ahead: Tensor
    aligned: Tensor
    bias: Tensor

    def __call__(self, batch: Batch) -> Tensor:
        """(N, H, C): the linear forecast, in normalised units."""
        linear = torch.einsum("nlc,chl->nhc", batch.history, self.back)
        covariates = torch.einsum("nhf,chf->nhc", batch.ahead, self.ahead)
        known = torch.einsum("nhck,chk->nhc", batch.aligned, self.aligned)
        return linear + covariates + known + self.bias.T


@dataclass
class Grams:
    """Sums over windows, float64, one a target: back (C, L+1, L+1), cross (C, H, L+1, A), own (C, H, A, A).

    back_target: (C, H, L+1). own_target: (C, H, A). ahead: the F of the A = F + K columns.
    """

    back: Tensor
    cross: Tensor
    own: Tensor
    back_target: Tensor
    own_target: Tensor
    ahead: int


def accumulate(batches: Iterable[Batch]) -> Grams:
    """Sums over all batches, of which there is at least one; memory does not grow with their number."""
    parts = (_gram(batch) for batch in batches)
    grams = next(parts)
    for part in parts:
        for name in ("back", "cross", "own", "back_target", "own_target"):
            getattr(grams, name).add_(getattr(part, name))
    return grams


def choose_penalty(grams: Grams, validation: Batch) -> tuple[float, LinearSkip, float]:
    """(penalty, skip, error) with the least absolute error on `validation`; see `solve` and `absolute_error`."""
    skips = {penalty: solve(grams, penalty) for penalty in PENALTIES}
    errors = {penalty: absolute_error(skip, validation) for penalty, skip in skips.items()}
    penalty = min(errors, key=lambda candidate: errors[candidate])
    return penalty, skips[penalty], errors[penalty]


def absolute_error(skip: LinearSkip, batch: Batch) -> float:
    """Mean absolute error over observed targets, each in units of the window's smallest allowed scale.

    These units do not depend on the normalisation, so that normalisations can be compared.
    """
    error = (skip(batch) - batch.target).abs() * batch.weight * (batch.scale / batch.floor)[:, None]
    return float(error.sum() / batch.weight.sum().clamp(min=1.0))


def _gram(batch: Batch) -> Grams:
    # A step that was not observed is taken to be what the last value says, which is 0 or near it in normalised units;
    # windows with more than half of their horizon unobserved are left out instead.
    windows, _, targets = batch.target.shape
    usable = (batch.weight.mean(dim=1) > 0.5).double()  # (N, C)
    ones = torch.ones(windows, 1, targets, device=batch.history.device)
    back = torch.cat([batch.history, ones], dim=1).double() * usable[:, None]
    ahead = batch.ahead.double()[:, :, None].expand(-1, -1, targets, -1)
    own = torch.cat([ahead, batch.aligned.double()], dim=3) * usable[:, None, :, None]
    target = _filled_target(batch).double() * usable[:, None]
    return Grams(
        back=torch.einsum("nlc,nmc->clm", back, back),
        cross=torch.einsum("nlc,nhca->chla", back, own),
        own=torch.einsum("nhca,nhcb->chab", own, own),
        back_target=torch.einsum("nlc,nhc->chl", back, target),
        own_target=torch.einsum("nhca,nhc->cha", own, target),
        ahead=batch.ahead.shape[2],
    )


def _filled_target(batch: Batch) -> Tensor:
    """Targets with the last observed one of the horizon (or the look-back's last value) where none was observed."""
    value = batch.history[:, -1]
    steps = []
    for step in range(batch.target.shape[1]):
        value = torch.where(batch.weight[:, step] > 0, batch.target[:, step], value)
        steps.append(value)
    return torch.stack(steps, dim=1)


def solve(grams: Grams, penalty: float) -> LinearSkip:
    """The skip of one penalty, relative to the mean of the Gram diagonal; the bias is not penalised."""
    look_back = grams.back.shape[1] - 1
    back, ahead_weights, aligned, bias = [], [], [], []
    for target in range(grams.back.shape[0]):
        weights = _solve_target(grams, target, penalty)  # (H, L + 1 + A)
        back.append(weights[:, :look_back])
        bias.append(weights[:, look_back])
        ahead_weights.append(weights[:, look_back + 1 : look_back + 1 + grams.ahead])
        aligned.append(weights[:, look_back + 1 + grams.ahead :])
    stacked = [torch.stack(part).float() for part in (back, ahead_weights, aligned, bias)]
    return LinearSkip(*stacked)


def _solve_target(grams: Grams, target: int, penalty: float) -> Tensor:
    shared, cross, own = grams.back[target], grams.cross[target], grams.own[target]
    size, horizon = shared.shape[0], cross.shape[0]
    ridge = penalty * float(shared.diagonal()[:-1].mean()) + 1e-8
    if not own.shape[1]:
        diagonal = torch.full((size,), ridge, dtype=torch.float64, device=shared.device)
        diagonal[-1] = 1e-8
        return _solve_positive(shared + torch.diag(diagonal), grams.back_target[target].T).T
    full = torch.zeros(horizon, size + own.shape[1], size + own.shape[1], dtype=torch.float64, device=shared.device)
    full[:, :size, :size] = shared
    full[:, :size, size:] = cross
    full[:, size:, :size] = cross.transpose(1, 2)
    full[:, size:, size:] = own
    diagonal = torch.full((full.shape[1],), ridge, dtype=torch.float64, device=shared.device)
    diagonal[size - 1] = 1e-8
    full += torch.diag(diagonal)
    right = torch.cat([grams.back_target[target], grams.own_target[target]], dim=1)
    return _solve_positive(full, right[..., None])[..., 0]


def _solve_positive(matrix: Tensor, right: Tensor) -> Tensor:
    """Solution of a positive definite system, or of a batch of them."""
    return torch.cholesky_solve(right, torch.linalg.cholesky(matrix))
