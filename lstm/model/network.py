"""The networks. Each maps a Batch to forecasts (N, H, Q, C) in normalised units.

`SegmentedLSTM`: the look-back is cut into segments of w steps; each becomes one input of the LSTM (SegRNN, Lin et al.
2023, arXiv:2308.11200), whose last state, with what is known ahead, corrects a linear skip. The head starts at zero and
the skip at ridge regression, so that training starts from ridge and keeps only what improves on it.

`TextbookLSTM`: one layer of 50 units over single steps, last hidden state to a linear head; several steps ahead are
forecast by feeding each forecast back.
"""

import torch
from torch import Tensor, nn

from lstm.model.inputs import Batch
from lstm.model.ridge import LinearSkip

# Share of the learning rate for the skip's weights; those of the look-back have it up to so many steps, then less.
SKIP_RATE = 0.3
SKIP_STEPS = 28


class Network(nn.Module):
    """What training and forecasting need of a network. trained_steps: the steps of the horizon that the loss sees."""

    trained_steps: int

    def slow_parameters(self) -> list[tuple[nn.Parameter, float]]:
        """Parameters that start at a closed form and do not decay, each with its share of the learning rate."""
        return []


class SegmentedLSTM(Network):
    """LSTM over segments with a linear skip. C targets, E extras of a step, F and K covariates ahead, G static."""

    def __init__(
        self,
        *,
        look_back: int,
        horizon: int,
        segment: int,
        hidden: int,
        layers: int,
        dropout: float,
        levels: int,
        targets: int,
        extras: int,
        ahead: int,
        known: int,
        static: int,
    ) -> None:
        super().__init__()
        self.segment, self.horizon, self.levels, self.targets = segment, horizon, levels, targets
        self.trained_steps = horizon
        self.padding = -look_back % segment
        self.back = nn.Parameter(torch.zeros(targets, horizon, look_back))
        self.ahead = nn.Parameter(torch.zeros(targets, horizon, ahead))
        self.aligned = nn.Parameter(torch.zeros(targets, horizon, known))
        self.bias = nn.Parameter(torch.zeros(targets, horizon))
        self.embed = nn.Linear(segment * (targets + extras), hidden)
        self.lstm = nn.LSTM(hidden, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        known_ahead = horizon * (ahead + targets * known) + static
        self.context = nn.Linear(known_ahead, hidden) if known_ahead else None
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden if known_ahead else hidden, horizon * levels * targets)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    @property
    def skip(self) -> LinearSkip:
        """The linear part."""
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
        back = SKIP_RATE * min(1.0, SKIP_STEPS / self.back.shape[2])
        return [(self.back, back), *((part, SKIP_RATE) for part in (self.ahead, self.aligned, self.bias))]

    def forward(self, batch: Batch) -> Tensor:
        """(N, H, Q, C), in normalised units."""
        steps = torch.cat([batch.history, batch.extras], dim=2)
        steps = nn.functional.pad(steps, (0, 0, self.padding, 0))
        windows = steps.shape[0]
        segments = steps.reshape(windows, -1, self.segment * steps.shape[2])
        states, _ = self.lstm(torch.relu(self.embed(segments)))
        state = states[:, -1]
        if self.context is not None:
            ahead = torch.cat([batch.ahead.flatten(1), batch.aligned.flatten(1), batch.static], dim=1)
            state = torch.cat([state, torch.relu(self.context(ahead))], dim=1)
        correction = self.head(self.dropout(state))
        shape = (windows, self.horizon, self.levels, self.targets)
        forecast: Tensor = self.skip(batch)[:, :, None] + correction.reshape(shape)
        return forecast


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
