"""The networks. Each maps a Batch to forecasts (N, H, Q, C) in normalised units.

`SegmentedLSTM`: the look-back is cut into segments of w steps; each becomes one input of the LSTM (SegRNN, Lin et al.
2023, arXiv:2308.11200), whose last state, with what is known ahead, corrects a linear skip. The head starts at zero and
the skip at ridge regression, so that training starts from ridge and keeps only what improves on it. Segments of one
step without an embedding make it a plain LSTM over single steps.

`TextbookLSTM`: one layer of 50 units over single steps, last hidden state to a linear head; several steps ahead are
forecast by feeding each forecast back.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lstm.model.network.batch import Batch
from lstm.model.network.ridge import LinearSkip

# Share of the learning rate for the skip's weights.
SKIP_RATE = 0.1


class Network(nn.Module):
    """What training and forecasting need of a network. trained_steps: the steps of the horizon that the loss sees."""

    trained_steps: int

    def slow_parameters(self) -> list[tuple[nn.Parameter, float]]:
        """Parameters that start at a closed form and do not decay, each with its share of the learning rate."""
        return []


class AttentionPooling(nn.Module):
    """Weighted mean of states; the weights are the softmax of a learnt score, v tanh(W state), of each.

    The additive score of Bahdanau, Cho and Bengio 2015, "Neural machine translation by jointly learning to align and
    translate" (arXiv:1409.0473), without a decoder's state beside it.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, 1, bias=False))

    def weights(self, states: Tensor, seen: Tensor) -> Tensor:
        """(N, S), rows sum to 1. A state (N, S, width) that is not `seen` (bool, N, S) has none, unless none is."""
        allowed = seen | ~seen.any(dim=1, keepdim=True)
        scores: Tensor = self.score(states)[..., 0]
        return scores.masked_fill(~allowed, -torch.inf).softmax(dim=1)

    def forward(self, states: Tensor, seen: Tensor) -> Tensor:
        """(N, width): the pooled state."""
        return torch.einsum("ns,nsw->nw", self.weights(states, seen), states)


@dataclass(frozen=True)
class Architecture:
    """The sizes and options of a `SegmentedLSTM`: steps, units, and how many columns each part of a `Batch` has.

    look_back, horizon, segment: L, H and w, in steps. targets, extras, ahead, known, static: columns of a step or a
    window, of which the first `targets` extras are masks (1 observed). levels: Q. bidirectional: a second LSTM reads
    the segments from the newest to the oldest; the state that goes on is the last of either. attention: the states of
    all segments are pooled beside it. embed: segments pass a linear layer and a ReLU before the LSTM.
    """

    look_back: int
    horizon: int
    segment: int
    hidden: int
    layers: int
    dropout: float
    levels: int
    targets: int
    extras: int
    ahead: int
    known: int
    static: int
    bidirectional: bool = False
    attention: bool = False
    embed: bool = True


class SegmentedLSTM(Network):
    """LSTM over segments of the look-back, which corrects a linear skip."""

    def __init__(self, size: Architecture) -> None:
        super().__init__()
        horizon, targets, hidden = size.horizon, size.targets, size.hidden
        self.segment, self.horizon, self.levels, self.targets = size.segment, horizon, size.levels, targets
        self.trained_steps = horizon
        self.padding = -size.look_back % size.segment
        # The order of these layers is that of the random draws that fill them, so that it stays as it is.
        self.back = nn.Parameter(torch.zeros(targets, horizon, size.look_back))
        self.ahead = nn.Parameter(torch.zeros(targets, horizon, size.ahead))
        self.aligned = nn.Parameter(torch.zeros(targets, horizon, size.known))
        self.bias = nn.Parameter(torch.zeros(targets, horizon))
        read = size.segment * (targets + size.extras)
        self.embed = nn.Linear(read, hidden) if size.embed else None
        self.lstm = nn.LSTM(
            hidden if size.embed else read,
            hidden,
            size.layers,
            batch_first=True,
            dropout=size.dropout if size.layers > 1 else 0.0,
            bidirectional=size.bidirectional,
        )
        width = 2 * hidden if size.bidirectional else hidden
        self.attention = AttentionPooling(width, hidden) if size.attention else None
        known_ahead = horizon * (size.ahead + targets * size.known) + size.static
        self.context = nn.Linear(known_ahead, hidden) if known_ahead else None
        self.dropout = nn.Dropout(size.dropout)
        state = width + (width if size.attention else 0) + (hidden if known_ahead else 0)
        self.head = nn.Linear(state, horizon * size.levels * targets)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    @property
    def skip(self) -> LinearSkip:
        """The linear part of the network, which ridge regression starts."""
        return LinearSkip(self.back, self.ahead, self.aligned, self.bias)

    def start_from(self, skip: LinearSkip, offsets: Tensor) -> None:
        """Begins at a closed-form skip and the residual quantiles `offsets` (H, Q, C) around it."""
        with torch.no_grad():
            self.back.copy_(skip.back)
            self.ahead.copy_(skip.ahead)
            self.aligned.copy_(skip.aligned)
            self.bias.copy_(skip.bias)
            self.head.bias.copy_(offsets.reshape(-1))

    def slow_parameters(self) -> list[tuple[nn.Parameter, float]]:
        """Parameters of the skip. AdamW moves every weight by about the rate, so many weights together move further."""
        return [(part, SKIP_RATE) for part in (self.back, self.ahead, self.aligned, self.bias)]

    def forward(self, batch: Batch) -> Tensor:
        """(N, H, Q, C), in normalised units."""
        steps = torch.cat([batch.history, batch.extras], dim=2)
        steps = nn.functional.pad(steps, (0, 0, self.padding, 0))
        windows, length, width = steps.shape
        segments = steps.reshape(windows, length // self.segment, self.segment * width)
        states, _ = self.lstm(segments if self.embed is None else torch.relu(self.embed(segments)))
        parts = [self._final(states)]
        if self.attention is not None:
            parts.append(self.attention(states, self._seen(steps)))
        if self.context is not None:
            ahead = torch.cat([batch.ahead.flatten(1), batch.aligned.flatten(1), batch.static], dim=1)
            parts.append(torch.relu(self.context(ahead)))
        correction = self.head(self.dropout(torch.cat(parts, dim=1)))
        shape = (windows, self.horizon, self.levels, self.targets)
        forecast: Tensor = self.skip(batch)[:, :, None] + correction.reshape(shape)
        return forecast

    def _final(self, states: Tensor) -> Tensor:
        """(N, width): the state after the newest segment, and of the backward LSTM that after the oldest."""
        if not self.lstm.bidirectional:
            return states[:, -1]
        hidden = self.lstm.hidden_size
        return torch.cat([states[:, -1, :hidden], states[:, 0, hidden:]], dim=1)

    def _seen(self, steps: Tensor) -> Tensor:
        """bool (N, S): segments with an observed target; padding and time before the start have none."""
        masks = steps[:, :, self.targets : 2 * self.targets]
        return masks.reshape(len(masks), masks.shape[1] // self.segment, self.segment * self.targets).any(dim=2)


class TextbookLSTM(Network):
    """One LSTM layer over single steps, last hidden state to a linear head, one step ahead at a time."""

    def __init__(self, *, horizon: int, hidden: int, layers: int, dropout: float, targets: int) -> None:
        super().__init__()
        self.horizon, self.trained_steps = horizon, 1
        self.lstm = nn.LSTM(targets, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.head = nn.Linear(hidden, targets)

    def next_step(self, history: Tensor) -> Tensor:
        """(N, C): the step after a history (N, L, C)."""
        states, _ = self.lstm(history)
        following: Tensor = self.head(states[:, -1])
        return following

    def forward(self, batch: Batch) -> Tensor:
        """(N, H, 1, C): training sees the first step only, forecasting feeds each step back."""
        history, steps = batch.history, []
        for _ in range(1 if self.training else self.horizon):
            step = self.next_step(history)
            steps.append(step)
            history = torch.cat([history[:, 1:], step[:, None]], dim=1)
        return torch.stack(steps, dim=1)[:, :, None]
