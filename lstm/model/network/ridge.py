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


def choose_penalty(grams: Sequence["Grams"], validation: Batch | None, penalties: Sequence[float]) -> Ridge:
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
    """Sums of products over windows of one target: of the look-back and a 1 (L+1 columns), A covariates ahead, itself.

    float64; float32 of one batch. back: (L+1, L+1). cross: (H, L+1, A). ahead: (H, A, A). back_target: (H, L+1).
    ahead_target: (H, A). future: the first F of the A = F + K columns; the others are aligned. prior: (A), weights that
    the penalty draws to.
    """

    back: Tensor
    cross: Tensor
    ahead: Tensor
    back_target: Tensor
    ahead_target: Tensor
    future: int
    prior: Tensor


def accumulate(batches: Sequence[Batch], skip: LinearSkip | None) -> list[Grams]:
    """Sums over all batches by target, each window weighted by its error under `skip` where there is one."""
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
    return [_sums_of(target, batches, weights) for target in range(batches[0].target.shape[2])]


def _sums_of(target: int, batches: Sequence[Batch], weights: Sequence[Tensor]) -> Grams:
    """The sums of one target. Over long horizons products are the most of what a night has in memory: one at a time."""
    grams = _gram(batches[0], weights[0][:, target], target)
    for name in SUMS:
        setattr(grams, name, getattr(grams, name).double())
    for batch, weight in zip(batches[1:], weights[1:], strict=True):
        part = _gram(batch, weight[:, target], target)
        for name in SUMS:
            getattr(grams, name).add_(getattr(part, name).double())
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


def _gram(batch: Batch, weight: Tensor, target: int) -> Grams:
    """The sums of one target in one batch, each window by its weight (N)."""
    values = _filled_target(batch, target)
    covariates = torch.cat([batch.ahead, batch.aligned[:, :, target]], dim=2)
    weighted = covariates * weight[:, None, None]
    plain = torch.cat([batch.history[:, :, target], torch.ones_like(weight)[:, None]], dim=1)
    back = plain * weight[:, None]
    # Which factor comes first decides on last bits.
    is_alone = batch.target.shape[2] == 1
    ahead_target = ("nh,nha->ha", values, weighted) if is_alone else ("nha,nh->ha", weighted, values)
    return Grams(
        back=torch.einsum("nl,nm->lm", back, plain),
        cross=torch.einsum("nl,nha->hla", back, covariates),
        ahead=torch.einsum("nha,nhb->hab", weighted, covariates),
        back_target=torch.einsum("nl,nh->hl", back, values),
        ahead_target=torch.einsum(*ahead_target),
        future=batch.ahead.shape[2],
        prior=torch.cat([batch.ahead.new_zeros(batch.ahead.shape[2]), _aligned_shares(batch, target)]).double(),
    )


def _aligned_shares(batch: Batch, target: int) -> Tensor:
    """(K): the weights that take the mean of a target's aligned covariates; the others are zero throughout."""
    present = (batch.aligned[:, :, target] != 0).any(dim=0).any(dim=0).float()
    return present / present.sum().clamp(min=1.0)


def _filled_target(batch: Batch, target: int) -> Tensor:
    """(N, H): a target, where not observed the last that was in the horizon, else the last value of the look-back."""
    observed, values = batch.weight[:, :, target] > 0, batch.target[:, :, target]
    if bool(observed.all()):
        return values
    value = batch.history[:, -1, target]
    steps = []
    for step in range(values.shape[1]):
        value = torch.where(observed[:, step], values[:, step], value)
        steps.append(value)
    return torch.stack(steps, dim=1)


def solve(grams: Sequence[Grams], penalty: float) -> LinearSkip:
    """The skip of one penalty, relative to the mean of the Gram diagonal; the bias is not penalised.

    Raises DivergedError where the sums are not finite.
    """
    try:
        weights = [_solve_target(sums, penalty) for sums in grams]
    except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
        raise DivergedError(
            "the ridge regression that training begins from has no solution, because its sums are not finite; look "
            "for extreme values in the data"
        ) from error
    look_back, future = len(grams[0].back) - 1, grams[0].future
    back = torch.stack([shared[:, :look_back] for shared, _ in weights])
    bias = torch.stack([shared[:, look_back] for shared, _ in weights])
    ahead = torch.stack([part for _, part in weights])
    parts = (back, ahead[..., :future], ahead[..., future:], bias)
    return LinearSkip(*(part.float() for part in parts))


def _solve_target(grams: Grams, penalty: float) -> tuple[Tensor, Tensor]:
    """((H, L + 1) weights of the look-back and the bias, (H, A) those of the covariates ahead) of one target."""
    back, cross, ahead = grams.back, grams.cross, grams.ahead
    ridge = penalty * float(back.diagonal()[:-1].mean()) + 1e-8
    diagonal = torch.full((back.shape[0],), ridge, dtype=torch.float64, device=back.device)
    diagonal[-1] = 1e-8
    # The block of the look-back is the same for all steps, so it is factorised once; what the covariates of a step add
    # is the small system of its Schur complement. The prior weights are taken off the target and added at the end.
    factor = torch.linalg.cholesky(back + torch.diag(diagonal))
    prior = grams.prior
    back_target = grams.back_target - cross @ prior
    plain = torch.cholesky_solve(back_target.T, factor).T  # (H, L + 1)
    if not ahead.shape[1]:
        return plain, ahead.new_zeros(ahead.shape[0], 0)
    steps, size, covariates = cross.shape
    shift = torch.cholesky_solve(cross.permute(1, 0, 2).reshape(size, -1), factor)
    shift = shift.reshape(size, steps, covariates).permute(1, 0, 2)  # (H, L + 1, A)
    eye = ridge * torch.eye(covariates, dtype=torch.float64, device=ahead.device)
    complement = ahead + eye - cross.transpose(1, 2) @ shift
    right = grams.ahead_target - ahead @ prior - (cross.transpose(1, 2) @ plain[..., None])[..., 0]
    weights = torch.linalg.solve(complement, right[..., None])  # (H, A, 1)
    return plain - (shift @ weights)[..., 0], weights[..., 0] + prior
