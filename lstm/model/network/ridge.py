"""The linear skip in closed form: ridge regression of the horizon on the look-back and the covariates known ahead.

Every target and step has its own regression, but they share the Gram matrix of the look-back, so that all of them cost
little more than one. Hoerl and Kennard (1970), "Ridge regression: biased estimation for nonorthogonal problems". The
penalty draws weights to 0, but those of covariates that nearly are the target to taking them as they are.

Three re-weightings turn least squares towards least absolute errors: each window counts by one over the mean absolute
error of its horizon, which minimises the sum of these errors and not of their squares. Holland and Welsch (1977),
"Robust regression using iteratively reweighted least-squares".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lstm.errors import DivergedError
from lstm.model.network.inputs import Batch

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)
REWEIGHTINGS = 3
LEAST_ERROR = 0.1  # of the median window's error; below it a window counts no more


@dataclass(frozen=True)
class LinearSkip:
    """Weights of the skip. back: (C, H, L). ahead: (C, H, F). aligned: (C, H, K). bias: (C, H)."""

    back: Tensor
    ahead: Tensor
    aligned: Tensor
    bias: Tensor

    def __call__(self, batch: Batch) -> Tensor:
        """(N, H, C): the linear forecast, in normalised units."""
        linear = torch.einsum("nlc,chl->nhc", batch.history, self.back) + self.bias.T
        if self.ahead.shape[2]:
            linear = linear + torch.einsum("nhf,chf->nhc", batch.ahead, self.ahead)
        if self.aligned.shape[2]:
            linear = linear + torch.einsum("nhck,chk->nhc", batch.aligned, self.aligned)
        return linear


@dataclass(frozen=True)
class Ridge:
    """A ridge regression: its penalty, its weights, and its mean absolute error on validation in normalised units."""

    penalty: float
    skip: LinearSkip
    error: float


def fit_ridge(
    batches: Sequence[Batch],
    validation: Batch | None,
    penalties: Sequence[float] = PENALTIES,
    reweightings: int = REWEIGHTINGS,
) -> Ridge:
    """The penalty with the least absolute error on `validation`, after the re-weightings.

    batches: at least one. Without validation there must be one penalty only.
    """
    grams = accumulate(batches, None)
    ridge = choose_penalty(grams, validation, penalties)
    for _ in range(reweightings):
        grams = accumulate(batches, ridge.skip)
        ridge = choose_penalty(grams, validation, penalties)
    return ridge


def choose_penalty(grams: "Grams", validation: Batch | None, penalties: Sequence[float]) -> Ridge:
    """The penalty with the least absolute error on `validation`; see `solve`."""
    ridges = []
    for penalty in penalties:
        skip = solve(grams, penalty)
        ridges.append(Ridge(penalty, skip, absolute_error(skip, validation) if validation is not None else 0.0))
    return min(ridges, key=lambda ridge: ridge.error)


def absolute_error(skip: LinearSkip, batch: Batch) -> float:
    """Mean absolute error over observed targets, in normalised units."""
    error = (skip(batch) - batch.target).abs() * batch.weight
    return float(error.sum() / batch.weight.sum().clamp(min=1.0))


@dataclass
class Grams:
    """Sums over windows, float64, one a target: back (C, L+1, L+1), cross (C, H, L+1, A), own (C, H, A, A).

    back_target: (C, H, L+1). own_target: (C, H, A). ahead: the F of the A = F + K columns. drawn_to: (C, A), the
    weights that the penalty draws to.
    """

    back: Tensor
    cross: Tensor
    own: Tensor
    back_target: Tensor
    own_target: Tensor
    ahead: int
    drawn_to: Tensor


def accumulate(batches: Sequence[Batch], skip: LinearSkip | None) -> Grams:
    """Sums over all batches, each window weighted by its error under `skip` where there is one."""
    weights = [_usable(batch) for batch in batches]
    if skip is not None:
        errors = [_window_errors(skip, batch) for batch in batches]
        counted = torch.cat([error[usable > 0] for error, usable in zip(errors, weights, strict=True)])
        least = LEAST_ERROR * float(counted.median()) if len(counted) else 0.0
        weights = [usable / error.clamp(min=least + 1e-9) for usable, error in zip(weights, errors, strict=True)]
        total = sum(float(weight.sum()) for weight in weights)
        count = sum(float(_usable(batch).sum()) for batch in batches)
        weights = [weight * (count / max(total, 1e-12)) for weight in weights]
    parts = (_gram(batch, weight) for batch, weight in zip(batches, weights, strict=True))
    grams = next(parts)
    for part in parts:
        for name in ("back", "cross", "own", "back_target", "own_target"):
            getattr(grams, name).add_(getattr(part, name))
    return grams


def _usable(batch: Batch) -> Tensor:
    """(N, C): 1 for windows with more than half of their horizon observed.

    A step that was not observed is taken to be what the last value says.
    """
    return (batch.weight.mean(dim=1) > 0.5).float()


def _window_errors(skip: LinearSkip, batch: Batch) -> Tensor:
    """(N, C): mean absolute error over the observed steps of each window."""
    error = (skip(batch) - batch.target).abs() * batch.weight
    return error.sum(dim=1) / batch.weight.sum(dim=1).clamp(min=1.0)


def _gram(batch: Batch, weight: Tensor) -> Grams:
    windows, _, targets = batch.target.shape
    ones = torch.ones(windows, 1, targets, device=batch.history.device)
    plain = torch.cat([batch.history, ones], dim=1)
    back = plain * weight[:, None]
    target = _filled_target(batch)
    ahead = batch.ahead[:, :, None].expand(-1, -1, targets, -1)
    own = torch.cat([ahead, batch.aligned], dim=3)
    weighted_own = own * weight[:, None, :, None]
    return Grams(
        back=torch.einsum("nlc,nmc->clm", back, plain).double(),
        cross=torch.einsum("nlc,nhca->chla", back, own).double(),
        own=torch.einsum("nhca,nhcb->chab", weighted_own, own).double(),
        back_target=torch.einsum("nlc,nhc->chl", back, target).double(),
        own_target=torch.einsum("nhca,nhc->cha", weighted_own, target).double(),
        ahead=batch.ahead.shape[2],
        drawn_to=torch.cat(
            [batch.ahead.new_zeros(targets, batch.ahead.shape[2]), _aligned_shares(batch)], dim=1
        ).double(),
    )


def _aligned_shares(batch: Batch) -> Tensor:
    """(C, K): the weights that take the mean of a target's aligned covariates; the others are zero throughout."""
    there = (batch.aligned != 0).any(dim=0).any(dim=0).float()
    return there / there.sum(dim=1, keepdim=True).clamp(min=1.0)


def _filled_target(batch: Batch) -> Tensor:
    """Targets with the last observed one of the horizon (or the look-back's last value) where none was observed."""
    if bool((batch.weight > 0).all()):
        return batch.target
    value = batch.history[:, -1]
    steps = []
    for step in range(batch.target.shape[1]):
        value = torch.where(batch.weight[:, step] > 0, batch.target[:, step], value)
        steps.append(value)
    return torch.stack(steps, dim=1)


def solve(grams: Grams, penalty: float) -> LinearSkip:
    """The skip of one penalty, relative to the mean of the Gram diagonal; the bias is not penalised.

    Raises DivergedError where the sums are not finite.
    """
    try:
        weights = [_solve_target(grams, target, penalty) for target in range(grams.back.shape[0])]
    except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
        raise DivergedError(
            "the ridge regression that training begins from has no solution, because its sums are not finite; look "
            "for extreme values in the data"
        ) from error
    look_back = grams.back.shape[1] - 1
    back = torch.stack([shared[:, :look_back] for shared, _ in weights])
    bias = torch.stack([shared[:, look_back] for shared, _ in weights])
    own = torch.stack([part for _, part in weights])
    parts = (back, own[..., : grams.ahead], own[..., grams.ahead :], bias)
    return LinearSkip(*(part.float() for part in parts))


def _solve_target(grams: Grams, target: int, penalty: float) -> tuple[Tensor, Tensor]:
    """((H, L + 1), (H, A)). The block of the look-back is factorised once for all steps (Schur complement)."""
    shared, cross, own = grams.back[target], grams.cross[target], grams.own[target]
    ridge = penalty * float(shared.diagonal()[:-1].mean()) + 1e-8
    diagonal = torch.full((shared.shape[0],), ridge, dtype=torch.float64, device=shared.device)
    diagonal[-1] = 1e-8
    factor = torch.linalg.cholesky(shared + torch.diag(diagonal))
    drawn_to = grams.drawn_to[target]
    back_target = grams.back_target[target] - cross @ drawn_to
    plain = torch.cholesky_solve(back_target.T, factor).T  # (H, L + 1)
    if not own.shape[1]:
        return plain, own.new_zeros(own.shape[0], 0)
    steps, size, covariates = cross.shape
    moved = torch.cholesky_solve(cross.permute(1, 0, 2).reshape(size, -1), factor)
    moved = moved.reshape(size, steps, covariates).permute(1, 0, 2)  # (H, L + 1, A)
    eye = ridge * torch.eye(covariates, dtype=torch.float64, device=own.device)
    rest = own + eye - cross.transpose(1, 2) @ moved
    right = grams.own_target[target] - own @ drawn_to - (cross.transpose(1, 2) @ plain[..., None])[..., 0]
    own_weights = torch.linalg.solve(rest, right[..., None])  # (H, A, 1)
    return plain - (moved @ own_weights)[..., 0], own_weights[..., 0] + drawn_to
