"""What each option of a network means, against torch's own LSTM and numbers worked by hand."""

from dataclasses import fields, replace

import pytest
import torch
from present import present

from lstm.model.network.batch import Batch
from lstm.model.network.networks import SKIP_RATE, Architecture, AttentionPooling, SegmentedLSTM, TextbookLSTM
from lstm.model.network.ridge import LinearSkip


def batch_of(look_back=6, horizon=2, *, past=0, future=0, known=0, static=0, targets=1) -> Batch:
    """Three random windows in which every step was observed."""
    windows = 3
    generator = torch.Generator().manual_seed(5)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(windows, *shape, generator=generator)

    masks = torch.ones(windows, look_back, targets)
    tensors = {
        "history": normal(look_back, targets),
        "extras": torch.cat([masks, normal(look_back, past + known)], dim=2),
        "ahead": normal(horizon, future),
        "aligned": normal(horizon, targets, known),
        "static": normal(static),
        "target": normal(horizon, targets),
        "weight": torch.ones(windows, horizon, targets),
    }
    units = {field.name: torch.ones(windows, targets) for field in fields(Batch) if field.name not in tensors}
    return Batch(**tensors, **units)


def network_of(batch: Batch, **options) -> SegmentedLSTM:
    """A network that fits the batch: segments of 2 steps, 3 levels, 4 units, unless the options say otherwise."""
    torch.manual_seed(2)
    settings = {"segment": 2, "hidden": 4, "layers": 1, "dropout": 0.0, "levels": 3} | options
    architecture = Architecture(
        look_back=batch.history.shape[1],
        horizon=batch.target.shape[1],
        targets=batch.target.shape[2],
        extras=batch.extras.shape[2],
        ahead=batch.ahead.shape[2],
        known=batch.aligned.shape[3],
        static=batch.static.shape[1],
        **settings,
    )
    return SegmentedLSTM(architecture)


def state_of(network: SegmentedLSTM, batch: Batch) -> torch.Tensor:
    """(N, width): the state that reaches the head, which is made the identity; the skip is zero until it is started."""
    width = network.head.in_features
    network.head = torch.nn.Linear(width, width)
    torch.nn.init.eye_(network.head.weight)
    torch.nn.init.zeros_(network.head.bias)
    network.levels = width // network.horizon
    state: torch.Tensor = network(batch)
    return state.flatten(1)


def embedded(network: SegmentedLSTM, batch: Batch) -> torch.Tensor:
    """(N, S, hidden): what the LSTM reads of windows that need no padding."""
    steps = torch.cat([batch.history, batch.extras], dim=2)
    return torch.relu(present(network.embed)(steps.reshape(len(steps), -1, network.segment * steps.shape[2])))


@pytest.mark.parametrize(
    "options", [{}, {"bidirectional": True}, {"attention": True}, {"embed": False, "segment": 1}, {"layers": 2}]
)
def test_a_fresh_network_is_its_skip_and_the_offsets(options):
    """Law: the head starts at zero, so the first forecast is ridge regression with the residual quantiles around it."""
    batch = batch_of(targets=2, past=1, future=2, known=1, static=1)
    network = network_of(batch, **options)
    skip = LinearSkip(torch.randn(2, 2, 6), torch.randn(2, 2, 2), torch.randn(2, 2, 1), torch.randn(2, 2))
    offsets = torch.randn(2, 3, 2)
    network.start_from(skip, offsets)
    torch.testing.assert_close(network(batch), skip(batch)[:, :, None] + offsets)


def test_the_state_is_that_of_the_newest_segment():
    """Law: the last state of torch's LSTM over the embedded segments."""
    batch = batch_of()
    network = network_of(batch)
    _, (last, _) = network.lstm(embedded(network, batch))
    torch.testing.assert_close(state_of(network, batch), last[-1])


def test_both_directions_end_in_their_last_states():
    """Law: the forward state after the newest segment and the backward one after the oldest, as torch gives them."""
    batch = batch_of()
    network = network_of(batch, bidirectional=True, layers=2)
    _, (last, _) = network.lstm(embedded(network, batch))
    torch.testing.assert_close(state_of(network, batch), torch.cat([last[-2], last[-1]], dim=1))


def test_the_backward_state_has_read_the_newest_segment():
    """Law: each direction has read all segments, so that a change of either end moves both halves of the state."""
    batch = batch_of()
    for step in (0, 5):
        changed = batch.history.clone()
        changed[:, step] += 1.0
        network = network_of(batch, bidirectional=True)
        moved = state_of(network, replace(batch, history=changed)) - state_of(network, batch)
        assert (moved[:, :4].abs().amax(dim=1) > 0).all()
        assert (moved[:, 4:].abs().amax(dim=1) > 0).all()


def test_single_steps_go_straight_into_the_lstm():
    """Law: without segments and embedding the state is that of an nn.LSTM over the steps and their masks."""
    batch = batch_of(past=1)
    network = network_of(batch, embed=False, segment=1)
    assert network.embed is None
    plain = torch.nn.LSTM(3, 4, batch_first=True)
    plain.load_state_dict(network.lstm.state_dict())
    states, _ = plain(torch.cat([batch.history, batch.extras], dim=2))
    torch.testing.assert_close(state_of(network, batch), states[:, -1])


def test_attention_weighs_states_by_the_softmax_of_their_scores():
    """Scores v tanh(W s) with W = v = 1: states 0 and 20 score 0 and 1, weights 1/(1+e) and e/(1+e) = 0.73106."""
    pooling = AttentionPooling(1, 1)
    with torch.no_grad():
        for parameter, value in zip(pooling.parameters(), (1.0, 0.0, 1.0), strict=True):
            parameter.fill_(value)
    states = torch.tensor([[[0.0], [20.0]]])
    seen = torch.ones(1, 2, dtype=torch.bool)
    torch.testing.assert_close(pooling.weights(states, seen), torch.tensor([[0.26894, 0.73106]]), atol=1e-5, rtol=0)
    torch.testing.assert_close(pooling(states, seen), torch.tensor([[14.6212]]), atol=1e-4, rtol=0)


def test_attention_gives_nothing_to_segments_before_the_series_began():
    """Law: the pooled state is that of the seen segments alone. Window 0 began at step 3, inside the second segment."""
    batch = batch_of()
    masks = batch.extras.clone()
    masks[0, :3] = 0.0
    batch = replace(batch, extras=masks)
    network = network_of(batch, attention=True)
    states, _ = network.lstm(embedded(network, batch))
    state = state_of(network, batch)
    torch.testing.assert_close(state[:, :4], states[:, -1])
    attention = present(network.attention)
    torch.testing.assert_close(state[:1, 4:], attention(states[:1, 1:], torch.ones(1, 2, dtype=torch.bool)))
    torch.testing.assert_close(state[1:, 4:], attention(states[1:], torch.ones(2, 3, dtype=torch.bool)))


def test_attention_gives_nothing_to_padding():
    """A look-back of 5 in segments of 2 has a padded step in front; where the oldest step was not observed either, the
    first segment holds nothing.
    """
    batch = batch_of(look_back=5)
    masks = batch.extras.clone()
    masks[:, :1] = 0.0
    network = network_of(batch, attention=True)
    steps = torch.nn.functional.pad(torch.cat([batch.history, masks], dim=2), (0, 0, 1, 0))
    states, _ = network.lstm(torch.relu(present(network.embed)(steps.reshape(3, 3, 4))))
    state = state_of(network, replace(batch, extras=masks))
    attention = present(network.attention)
    torch.testing.assert_close(state[:, 4:], attention(states[:, 1:], torch.ones(3, 2, dtype=torch.bool)))


def test_a_window_without_any_observation_still_has_a_forecast():
    """Law: where no segment was seen, all have a weight, and their sum is 1; a NaN would spoil the whole batch."""
    pooling = AttentionPooling(2, 3)
    weights = pooling.weights(torch.randn(2, 4, 2), torch.zeros(2, 4, dtype=torch.bool))
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))
    batch = batch_of()
    empty = replace(batch, history=torch.zeros_like(batch.history), extras=torch.zeros_like(batch.extras))
    network = network_of(batch, attention=True)
    network(empty).sum().backward()
    assert all(present(parameter.grad).isfinite().all() for parameter in network.parameters() if parameter.numel())


def test_a_segment_counts_as_seen_by_its_targets_not_its_covariates():
    """A covariate that is known before the series began is no observation."""
    batch = batch_of(past=1)
    masks = batch.extras.clone()
    masks[:, :2, 0] = 0.0
    network = network_of(batch, attention=True)
    steps = torch.cat([batch.history, masks], dim=2)
    assert network._seen(steps).tolist() == [[False, True, True]] * 3


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("embed", [False, True])
def test_all_options_go_together(bidirectional, attention, embed):
    """Law: the forecast is (N, H, Q, C), and every parameter with elements learns once the head is not zero."""
    batch = batch_of(look_back=7, targets=2, past=1, future=2, known=1, static=2)
    network = network_of(batch, layers=2, bidirectional=bidirectional, attention=attention, embed=embed)
    torch.nn.init.normal_(network.head.weight)
    forecast = network(batch)
    assert forecast.shape == (3, 2, 3, 2)
    forecast.square().sum().backward()
    assert all(present(parameter.grad).abs().sum() > 0 for parameter in network.parameters())


def test_the_skip_learns_at_a_tenth_of_the_rate_whatever_the_look_back():
    """Law: the share does not depend on the number of weights."""
    for look_back in (6, 504):
        network = network_of(batch_of(look_back=look_back, future=1))
        shares = {id(part): share for part, share in network.slow_parameters()}
        assert shares == {id(part): SKIP_RATE for part in (network.back, network.ahead, network.aligned, network.bias)}
    assert SKIP_RATE == 0.1


def test_the_textbook_network_feeds_each_forecast_back():
    """Law: the second step is the first step of a history that ends with the first forecast; training sees one step."""
    batch = batch_of(horizon=2)
    torch.manual_seed(4)
    network = TextbookLSTM(horizon=2, hidden=5, layers=1, dropout=0.0, targets=1)
    assert network.train()(batch).shape == (3, 1, 1, 1)
    forecast = network.eval()(batch)
    first = network.next_step(batch.history)
    second = network.next_step(torch.cat([batch.history[:, 1:], first[:, None]], dim=1))
    torch.testing.assert_close(forecast, torch.stack([first, second], dim=1)[:, :, None])
