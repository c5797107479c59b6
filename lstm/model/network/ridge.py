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
from lstm.model.network.batch import Batch

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)
REWEIGHTINGS = 3
SUMS = ("back", "cross", "ahead", "back_target", "ahead_target")
LEAST_ERROR = 0.1  # of the median window's error; below it a window counts no more


@dataclass(frozen=True)
class LinearSkip:
    """Weights of the linear skip, float32. back: (C, H, L). ahead: (C, H, F). aligned: (C, H, K). bias: (C, H)."""

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
    # No sums are kept here: those of one pass are let go before the next one's are made.
    ridge = choose_penalty(accumulate(batches, None), validation, penalties)
    for _ in range(reweightings):
        ridge = choose_penalty(accumulate(batches, ridge.skip), validation, penalties)
    return ridge


def choose_penalty(grams: "Grams", validation: Batch | None, penalties: Sequence[float]) -> Ridge:
    """The penalty with the least absolute error on `validation`; see `solve`."""

    def ridge(penalty: float) -> Ridge:
        skip = solve(grams, penalty)
        return Ridge(penalty, skip, absolute_error(skip, validation) if validation is not None else 0.0)

    return min(map(ridge, penalties), key=lambda ridge: ridge.error)


def absolute_error(skip: LinearSkip, batch: Batch) -> float:
    """Mean absolute error over observed targets, in normalised units."""
    error = (skip(batch) - batch.target).abs() * batch.weight
    return float(error.sum() / batch.weight.sum().clamp(min=1.0))


@dataclass
class Grams:
    """Sums of products over windows: of the look-back and a 1 (L+1 columns), A covariates ahead, the target.

    float64; float32 of one batch. back: (C, L+1, L+1). cross: (C, H, L+1, A). ahead: (C, H, A, A). back_target:
    (C, H, L+1). ahead_target: (C, H, A). future: the first F of the A = F + K columns; the others are aligned.
    prior: (C, A), weights that the penalty draws to.
    """

    back: Tensor
    cross: Tensor
    ahead: Tensor
    back_target: Tensor
    ahead_target: Tensor
    future: int
    prior: Tensor


def accumulate(batches: Sequence[Batch], skip: LinearSkip | None) -> Grams:
    """Sums over all batches, each window weighted by its error under `skip` where there is one."""
    # A window counts by one over its error, but no more than one of `LEAST_ERROR` of the median error does; all weights
    # are then scaled to the mean 1, so that a penalty means the same with them and without.
    weights = [_usable(batch) for batch in batches]
    if skip is not None:
        errors = [_window_errors(skip, batch) for batch in batches]
        counted = torch.cat([error[usable > 0] for error, usable in zip(errors, weights, strict=True)])
        least = LEAST_ERROR * float(counted.median()) if len(counted) else 0.0
        weights = [usable / error.clamp(min=least + 1e-9) for usable, error in zip(weights, errors, strict=True)]
        total = sum(float(weight.sum()) for weight in weights)
        count = sum(float(_usable(batch).sum()) for batch in batches)
        weights = [weight * (count / max(total, 1e-12)) for weight in weights]
    grams: Grams | None = None
    for batch, weight in zip(batches, weights, strict=True):
        grams = _added(grams, _gram(batch, weight))
    assert grams is not None
    return grams


def _added(grams: Grams | None, part: Grams) -> Grams:
    """The sums with those of one more batch, in place; those of the batch where there are none yet."""
    if grams is None:
        return Grams(
            **{name: getattr(part, name).double() for name in SUMS}, future=part.future, prior=part.prior.double()
        )
    for name in SUMS:
        for total, of_batch in zip(getattr(grams, name), getattr(part, name), strict=True):
            total.add_(of_batch.double())  # a target at a time: over long horizons the sums are large
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
    """The sums of one batch, each window by its weight (N, C)."""
    windows, _, targets = batch.target.shape
    target = _filled_target(batch)
    # Covariates lie as the largest product wants them, (C, N, H, A), and each product lets go of what it alone needs:
    # over long horizons they are the most of what a night has in memory.
    ahead = batch.ahead.expand(targets, -1, -1, -1)
    covariates = torch.cat([ahead, batch.aligned.permute(2, 0, 1, 3)], dim=3)
    weighted = covariates * weight.T[:, :, None, None]
    of_ahead = torch.einsum("cnha,cnhb->chab", weighted, covariates)
    ahead_target = torch.einsum("cnha,nhc->cha", weighted, target)
    del weighted
    ones = torch.ones(windows, 1, targets, device=batch.history.device)
    plain = torch.cat([batch.history, ones], dim=1)
    back = plain * weight[:, None]
    return Grams(
        back=torch.einsum("nlc,nmc->clm", back, plain),
        cross=torch.einsum("nlc,cnha->chla", back, covariates),
        ahead=of_ahead,
        back_target=torch.einsum("nlc,nhc->chl", back, target),
        ahead_target=ahead_target,
        future=batch.ahead.shape[2],
        prior=torch.cat([batch.ahead.new_zeros(targets, batch.ahead.shape[2]), _aligned_shares(batch)], dim=1),
    )


def _aligned_shares(batch: Batch) -> Tensor:
    """(C, K): the weights that take the mean of a target's aligned covariates; the others are zero throughout."""
    present = (batch.aligned != 0).any(dim=0).any(dim=0).float()
    return present / present.sum(dim=1, keepdim=True).clamp(min=1.0)


def _filled_target(batch: Batch) -> Tensor:
    """(N, H, C): targets, where not observed the last that was in the horizon, else the last value of the look-back."""
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
    ahead = torch.stack([part for _, part in weights])
    parts = (back, ahead[..., : grams.future], ahead[..., grams.future :], bias)
    return LinearSkip(*(part.float() for part in parts))


def _solve_target(grams: Grams, target: int, penalty: float) -> tuple[Tensor, Tensor]:
    """((H, L + 1) weights of the look-back and the bias, (H, A) those of the covariates ahead) of one target."""
    back, cross, ahead = grams.back[target], grams.cross[target], grams.ahead[target]
    ridge = penalty * float(back.diagonal()[:-1].mean()) + 1e-8
    diagonal = torch.full((back.shape[0],), ridge, dtype=torch.float64, device=back.device)
    diagonal[-1] = 1e-8
    # The block of the look-back is the same for all steps, so it is factorised once; what the covariates of a step add
    # is the small system of its Schur complement. The prior weights are taken off the target and added at the end.
    factor = torch.linalg.cholesky(back + torch.diag(diagonal))
    prior = grams.prior[target]
    back_target = grams.back_target[target] - cross @ prior
    plain = torch.cholesky_solve(back_target.T, factor).T  # (H, L + 1)
    if not ahead.shape[1]:
        return plain, ahead.new_zeros(ahead.shape[0], 0)
    steps, size, covariates = cross.shape
    shift = torch.cholesky_solve(cross.permute(1, 0, 2).reshape(size, -1), factor)
    shift = shift.reshape(size, steps, covariates).permute(1, 0, 2)  # (H, L + 1, A)
    eye = ridge * torch.eye(covariates, dtype=torch.float64, device=ahead.device)
    complement = ahead + eye - cross.transpose(1, 2) @ shift
    right = grams.ahead_target[target] - ahead @ prior - (cross.transpose(1, 2) @ plain[..., None])[..., 0]
    weights = torch.linalg.solve(complement, right[..., None])  # (H, A, 1)
    return plain - (shift @ weights)[..., 0], weights[..., 0] + prior
