"""The closed-form start of training, against the same regression written out column by column in NumPy."""

import numpy as np
import torch

from lstm.model.inputs import Batch
from lstm.model.network import SegmentedLSTM, TextbookLSTM
from lstm.model.ridge import LinearSkip, accumulate, choose_penalty, solve


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
        floor=torch.ones(windows, targets),
    )


def by_hand(batch: Batch, target: int, step: int, penalty: float) -> np.ndarray:
    """(X'X + p D)^-1 X'y with X = [look-back, 1, ahead, aligned] and D the identity but for the constant column."""
    columns = [
        batch.history[:, :, target],
        torch.ones(len(batch.history), 1),
        batch.ahead[:, step],
        batch.aligned[:, step, target],
    ]
    x = torch.cat(columns, dim=1).double().numpy()
    look_back = batch.history.shape[1]
    ridge = np.eye(x.shape[1]) * penalty * (x[:, :look_back] ** 2).sum() / look_back
    ridge[look_back, look_back] = 0.0
    return np.linalg.solve(x.T @ x + ridge, x.T @ batch.target[:, step, target].double().numpy())


def test_every_target_and_step_has_its_own_regression():
    """Law: the shared Gram matrices give what each regression alone gives."""
    batch = batch_of(50)
    skip = solve(accumulate([batch]), 0.1)
    for target in range(2):
        for step in range(2):
            expected = by_hand(batch, target, step, 0.1)
            found = torch.cat(
                [
                    skip.back[target, step],
                    skip.bias[target, step][None],
                    skip.ahead[target, step],
                    skip.aligned[target, step],
                ]
            )
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_without_covariates_one_solution_serves_all_steps():
    """Law: the shortcut without covariates gives the same weights."""
    batch = batch_of(50, ahead=0, known=0)
    skip = solve(accumulate([batch]), 0.1)
    expected = by_hand(batch, 1, 1, 0.1)
    np.testing.assert_allclose(skip.back[1, 1].numpy(), expected[:3], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(skip.bias[1, 1].numpy(), expected[3], rtol=1e-5, atol=1e-6)


def test_sums_over_batches_are_sums_over_windows():
    """Law: cutting the windows into batches changes nothing."""
    parts = [batch_of(30, seed=seed) for seed in (1, 2)]
    whole = Batch(*(torch.cat(pair) for pair in zip(*(vars(part).values() for part in parts), strict=True)))
    np.testing.assert_allclose(solve(accumulate(parts), 0.1).back, solve(accumulate([whole]), 0.1).back, rtol=1e-5)


def test_the_penalty_is_the_one_with_the_least_validation_error():
    """The target is noise, so the strongest penalty wins; when it is the last value itself, the weakest."""
    noise, held_out = batch_of(20, look_back=12, seed=3), batch_of(500, look_back=12, seed=4)
    assert choose_penalty(accumulate([noise]), held_out)[0] == 1.0
    for batch in (noise, held_out):
        batch.target.copy_(batch.history[:, -1:].expand_as(batch.target))
    assert choose_penalty(accumulate([noise]), held_out)[0] == 1e-4


def test_a_window_whose_horizon_was_mostly_unobserved_does_not_count():
    """A third of the windows carry a wild target with weight 0: the weights are those without them."""
    batch, clean = batch_of(60), batch_of(60)
    batch.target[40:] = 1e6
    batch.weight[40:] = 0.0
    kept = Batch(*(part[:40] for part in vars(clean).values()))
    np.testing.assert_allclose(solve(accumulate([batch]), 0.1).back, solve(accumulate([kept]), 0.1).back, rtol=1e-5)


def test_training_starts_at_ridge_and_its_residual_quantiles():
    """Law: before the first step the quantiles are the skip's forecast plus the offsets, whatever the seed."""
    batch = batch_of(5)
    network = SegmentedLSTM(
        look_back=3, horizon=2, segment=2, hidden=4, layers=1, dropout=0.5, levels=3, targets=2, extras=2, ahead=2,
        known=1, static=0,
    ).eval()  # fmt: skip
    skip = solve(accumulate([batch_of(50)]), 0.1)
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
    ones = Batch(**{name: torch.ones_like(part) for name, part in vars(batch).items()})
    assert skip(ones).item() == 18.0


def test_the_textbook_network_feeds_its_forecasts_back():
    """Law: the second step is the first step's network on the history moved by one."""
    torch.manual_seed(0)
    network = TextbookLSTM(horizon=2, hidden=5, layers=1, dropout=0.0, targets=2).eval()
    batch = batch_of(3)
    forecast = network(batch)
    moved = torch.cat([batch.history[:, 1:], forecast[:, :1, 0]], dim=1)
    torch.testing.assert_close(forecast[:, 1, 0], network.next_step(moved))
    assert network.train()(batch).shape == (3, 1, 1, 2)
