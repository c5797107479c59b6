"""The closed-form start of training, against the same regression written out column by column in NumPy."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from lstm.errors import DivergedError
from lstm.model.network.batch import Batch
from lstm.model.network.networks import Architecture, SegmentedLSTM
from lstm.model.network.ridge import LinearSkip, absolute_error, accumulate, choose_penalty, fit_ridge, solve


def batch_of(windows: int, *, look_back=3, horizon=2, targets=2, ahead=2, known=1, seed=0) -> Batch:
    rng = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=rng)

    return Batch(
        history=random(windows, look_back, targets),
        extras=random(windows, look_back, targets),
        ahead=random(windows, horizon, ahead),
        aligned=random(windows, horizon, targets, known),
        static=torch.zeros(windows, 0),
        target=random(windows, horizon, targets),
        weight=torch.ones(windows, horizon, targets),
        level=torch.zeros(windows, targets),
        scale=torch.ones(windows, targets),
    )


def joined(parts: list[Batch]) -> Batch:
    """The windows of several batches in one."""
    return Batch(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Batch)))


def part_of(batch: Batch, windows: slice) -> Batch:
    return Batch(*(getattr(batch, field.name)[windows] for field in fields(Batch)))


def columns_of(batch: Batch, target: int, step: int) -> np.ndarray:
    """X = [look-back, 1, ahead, aligned], (N, L + 1 + F + K) in float64."""
    columns = [
        batch.history[:, :, target],
        torch.ones(len(batch.history), 1),
        batch.ahead[:, step],
        batch.aligned[:, step, target],
    ]
    return torch.cat(columns, dim=1).double().numpy()


def by_hand(batch: Batch, target: int, step: int, penalty: float, weights: np.ndarray | None = None) -> np.ndarray:
    """w0 + (X'WX + p D)^-1 X'W (y - X w0): the full normal equations of one target and step.

    D is the identity but for the constant column, p the penalty times the mean of the look-back's part of the diagonal,
    and w0, which the penalty draws to, is 1 over their number for aligned covariates and 0 for all others.
    """
    x, look_back = columns_of(batch, target, step), batch.history.shape[1]
    weights = np.ones(len(x)) if weights is None else weights
    gram = x.T @ (weights[:, None] * x)
    ridge = np.eye(x.shape[1]) * penalty * np.trace(gram[:look_back, :look_back]) / look_back
    ridge[look_back, look_back] = 0.0
    known = batch.aligned.shape[3]
    prior = np.append(np.zeros(x.shape[1] - known), np.full(known, 1.0 / max(known, 1)))
    y = batch.target[:, step, target].double().numpy() - x @ prior
    return prior + np.linalg.solve(gram + ridge, x.T @ (weights * y))


def weights_of(skip: LinearSkip, target: int, step: int) -> np.ndarray:
    """In the order of `columns_of`."""
    bias = skip.bias[target, step][None]
    return torch.cat([skip.back[target, step], bias, skip.ahead[target, step], skip.aligned[target, step]]).numpy()


@pytest.mark.parametrize(("ahead", "known"), [(2, 1), (3, 2), (2, 0), (0, 2), (0, 0)])
def test_every_target_and_step_has_its_own_regression(ahead, known):
    """Law: the shared Gram matrix and its Schur complement give what the full normal equations give."""
    batch = batch_of(50, ahead=ahead, known=known)
    skip = solve(accumulate([batch], None), 0.1)
    for target in range(2):
        for step in range(2):
            expected = by_hand(batch, target, step, 0.1)
            np.testing.assert_allclose(weights_of(skip, target, step), expected, rtol=1e-4, atol=1e-5)


def test_sums_over_batches_are_sums_over_windows():
    """Law: cutting the windows into batches changes nothing, with the re-weightings too."""
    parts = [batch_of(30, seed=seed) for seed in (1, 2)]
    whole = joined(parts)
    for reweightings in (0, 3):
        cut, whole_skip = (fit_ridge(batches, None, (0.1,), reweightings).skip for batches in (parts, [whole]))
        np.testing.assert_allclose(cut.back, whole_skip.back, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(cut.aligned, whole_skip.aligned, rtol=1e-4, atol=1e-6)


def test_the_penalty_is_the_one_with_the_least_validation_error():
    """The target is noise, so the strongest penalty wins; when it is the last value itself, the weakest."""
    noise, held_out = batch_of(20, look_back=12, seed=3), batch_of(500, look_back=12, seed=4)
    chosen = choose_penalty(accumulate([noise], None), held_out, (1e-4, 1e-2, 1.0))
    assert chosen.penalty == 1.0
    assert chosen.error == pytest.approx(absolute_error(chosen.skip, held_out))
    for batch in (noise, held_out):
        batch.target.copy_(batch.history[:, -1:].expand_as(batch.target))
    assert choose_penalty(accumulate([noise], None), held_out, (1e-4, 1e-2, 1.0)).penalty == 1e-4


def test_the_error_counts_observed_steps_only():
    """The skip forecasts 0: of the targets 1 -3 and 100, the last not observed, the mean error is 2."""
    batch = batch_of(1, horizon=3, targets=1, ahead=0, known=0)
    batch.target.copy_(torch.tensor([[[1.0], [-3.0], [100.0]]]))
    batch.weight.copy_(torch.tensor([[[1.0], [1.0], [0.0]]]))
    zero = LinearSkip(torch.zeros(1, 3, 3), torch.zeros(1, 3, 0), torch.zeros(1, 3, 0), torch.zeros(1, 3))
    assert absolute_error(zero, batch) == 2.0
    assert absolute_error(zero, replace(batch, weight=torch.zeros_like(batch.weight))) == 0.0


def test_a_window_whose_horizon_was_mostly_unobserved_does_not_count():
    """A third of the windows carry a wild target with weight 0: the weights are those without them."""
    batch, clean = batch_of(60), batch_of(60)
    batch.target[40:] = 1e6
    batch.weight[40:] = 0.0
    observed = part_of(clean, slice(40))
    for reweightings in (0, 2):
        back, expected = (fit_ridge([part], None, (0.1,), reweightings).skip.back for part in (batch, observed))
        np.testing.assert_allclose(back, expected, rtol=1e-4, atol=1e-6)


def test_a_step_that_was_not_observed_is_what_the_last_value_says():
    """Horizon 3, the second step unobserved: it is as if it had been the first step's value again."""
    batch = batch_of(40, horizon=3, targets=1)
    batch.target[:, 1] = 1e6
    batch.weight[:, 1] = 0.0
    filled = batch_of(40, horizon=3, targets=1)
    filled.target[:, 1] = filled.target[:, 0]
    skip, expected = (solve(accumulate([part], None), 0.1) for part in (batch, filled))
    np.testing.assert_allclose(skip.back, expected.back, rtol=1e-5, atol=1e-6)


def test_a_reweighting_divides_each_window_by_its_own_error():
    """Law: one re-weighting solves the normal equations with weights 1 / (mean absolute error of the window).

    Weights are brought to a mean of 1, errors below a tenth of the median error count as that.
    """
    batch = batch_of(50, targets=1)
    first = solve(accumulate([batch], None), 0.1)
    error = (first(batch) - batch.target).abs().mean(dim=1)[:, 0].double().numpy()
    weights = 1.0 / np.maximum(error, 0.1 * float(torch.tensor(error).median()))
    skip = fit_ridge([batch], None, (0.1,), reweightings=1).skip
    for step in range(2):
        expected = by_hand(batch, 0, step, 0.1, weights / weights.mean())
        np.testing.assert_allclose(weights_of(skip, 0, step), expected, rtol=1e-3, atol=1e-4)


def test_reweighting_leaves_the_mean_for_the_median():
    """A constant regression of 60 zeros, 39 tens and a thousand: the mean is 13.9, least absolute deviations give 0.

    Each re-weighting comes nearer; with many it is within a tenth of the spread of the median.
    """
    values = torch.tensor([0.0] * 60 + [10.0] * 39 + [1000.0])
    batch = batch_of(100, horizon=1, targets=1, ahead=0, known=0)
    batch.history.zero_()
    batch.target.copy_(values[:, None, None])
    biases = [float(fit_ridge([batch], None, (1e-3,), count).skip.bias) for count in (0, 1, 2, 30)]
    assert biases[0] == pytest.approx(13.9, rel=1e-4)
    assert biases[0] > biases[1] > biases[2] > biases[3]
    assert abs(biases[3]) < 1.0


def test_an_outlier_hardly_moves_the_reweighted_weights():
    """y = 2 x + noise of 0.01, five of 200 targets a hundred off: least squares misses 2, re-weighted it does not."""
    batch = batch_of(200, look_back=1, horizon=1, targets=1, ahead=0, known=0)
    noise = 0.01 * torch.randn(200, 1, 1, generator=torch.Generator().manual_seed(9))
    batch.target.copy_(2 * batch.history + noise)
    batch.target[:5] += 100.0
    plain, robust = (fit_ridge([batch], None, (1e-3,), count).skip for count in (0, 3))
    assert abs(float(plain.back) - 2) > 0.1
    assert abs(float(robust.back) - 2) < 0.02
    assert abs(float(robust.bias)) < 0.05


def test_a_huge_penalty_takes_aligned_covariates_as_they_are():
    """Law: the penalty draws the weight of a covariate that nearly is the target to 1, those of all others to 0."""
    batch = batch_of(50)
    skip = solve(accumulate([batch], None), 1e9)
    np.testing.assert_allclose(skip.aligned, 1.0, atol=1e-6)
    np.testing.assert_allclose(skip.back, 0.0, atol=1e-6)
    np.testing.assert_allclose(skip.ahead, 0.0, atol=1e-6)
    # What is left of the forecast is the covariate and the mean of what it leaves.
    rest = (batch.target - batch.aligned[..., 0]).mean(dim=0)
    np.testing.assert_allclose(skip(batch), batch.aligned[..., 0] + rest, atol=1e-4)


def test_several_aligned_covariates_share_and_an_unaligned_one_gets_nothing():
    """Two covariates of target 0 get a half each; target 1 has only the second, the first is zero throughout."""
    batch = batch_of(50, known=2)
    batch.aligned[:, :, 1, 0] = 0.0
    skip = solve(accumulate([batch], None), 1e9)
    np.testing.assert_allclose(skip.aligned[0], 0.5, atol=1e-6)
    np.testing.assert_allclose(skip.aligned[1], [[0.0, 1.0], [0.0, 1.0]], atol=1e-6)


def test_nothing_but_zeros_is_solved_to_zeros():
    """A panel of zeros has a Gram matrix of zeros, which is no reason to fail."""
    zeros = Batch(*(torch.zeros_like(getattr(batch_of(20), field.name)) for field in fields(Batch)))
    ridge = fit_ridge([replace(zeros, weight=torch.ones_like(zeros.weight))], None, (0.1,))
    assert all(float(part.abs().sum()) == 0.0 for part in (ridge.skip.back, ridge.skip.ahead, ridge.skip.bias))


def test_sums_that_overflow_are_refused_in_words():
    """A covariate that was not finite in float32 ended a night with the traceback of a factorisation."""
    batch = batch_of(20)
    batch.history[3] = torch.inf
    with pytest.raises(DivergedError, match="sums are not finite; look for extreme values in the data"):
        fit_ridge([batch], None, (0.1,))


def test_training_starts_at_ridge_and_its_residual_quantiles():
    """Law: before the first step the quantiles are the skip's forecast plus the offsets, whatever the seed."""
    batch = batch_of(5)
    architecture = Architecture(
        look_back=3, horizon=2, segment=2, hidden=4, layers=1, dropout=0.5, levels=3, targets=2, extras=2, ahead=2,
        known=1, static=0,
    )  # fmt: skip
    network = SegmentedLSTM(architecture).eval()
    skip = solve(accumulate([batch_of(50)], None), 0.1)
    offsets = torch.tensor([-1.0, 0.0, 1.0])[None, :, None].expand(2, 3, 2)
    network.start_from(skip, offsets)
    expected = skip(batch)[:, :, None] + offsets
    torch.testing.assert_close(network(batch), expected)


def test_the_skip_is_linear_in_what_it_reads():
    """One target, two steps back, one ahead: 2 x_1 + 3 x_2 + 5 a + 7 k + 1 for x = (1, 1), a = 1, k = 1 is 18."""
    skip = LinearSkip(
        torch.tensor([[[2.0, 3.0]]]), torch.tensor([[[5.0]]]), torch.tensor([[[7.0]]]), torch.tensor([[1.0]])
    )
    batch = batch_of(1, look_back=2, horizon=1, targets=1, ahead=1)
    ones = Batch(*(torch.ones_like(getattr(batch, field.name)) for field in fields(Batch)))
    assert skip(ones).item() == 18.0
