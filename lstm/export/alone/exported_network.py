"""The networks of an exported model in plain torch: windows of normalised targets in, quantiles in these units out.

Needs torch alone. Letters: N windows, L look-back, S segments, H horizon, C targets, P past, F future, K known and G
static covariates.
"""

from typing import Any

import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """Weighted mean of the states of all segments, by a learnt score of each."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, 1, bias=False))

    def forward(self, states: Tensor, seen: Tensor) -> Tensor:
        """(N, width). states: (N, S, width). seen: bool (N, S); a segment that is not has no weight, unless none is."""
        allowed = seen | ~seen.any(dim=1, keepdim=True)
        scores: Tensor = self.score(states)[..., 0]
        return torch.einsum("ns,nsw->nw", scores.masked_fill(~allowed, -torch.inf).softmax(dim=1), states)


class Network(nn.Module):
    """What was trained. Reads windows of normalised targets, and answers quantiles in normalised units."""

    def __init__(self, card: dict[str, Any], member: dict[str, Any]) -> None:
        super().__init__()
        horizon, hidden, known = card["contract"]["horizon"], member["hidden"], len(card["known"])
        targets = 1 if card["channels"] == "shared" else len(card["contract"]["targets"])
        ahead, static, both = len(card["future_names"]), len(card["static_names"]), member["bidirectional"]
        self.horizon, self.targets, self.levels = horizon, targets, max(len(card["levels"]), 1)
        self.textbook, self.segment = member["kind"] == "textbook", member["segment"]
        self.padding = -member["look_back"] % self.segment
        read = targets if self.textbook else self.segment * (2 * targets + len(card["past_names"]) + known)
        embeds = member["kind"] == "segmented"
        self.embed = nn.Linear(read, hidden) if embeds else None
        self.lstm = nn.LSTM(hidden if embeds else read, hidden, member["layers"], batch_first=True, bidirectional=both)
        if self.textbook:
            self.head = nn.Linear(hidden, targets)
            return
        width = 2 * hidden if both else hidden
        self.attention = Attention(width, hidden) if member["attention"] else None
        reads_ahead = horizon * (ahead + targets * known) + static
        self.context = nn.Linear(reads_ahead, hidden) if reads_ahead else None
        state = width * (2 if member["attention"] else 1) + (hidden if reads_ahead else 0)
        self.head = nn.Linear(state, horizon * self.levels * targets)
        # The linear skip. Parts that read nothing are left out: empty tensors are no use to other programs.
        self.bias = nn.Parameter(torch.zeros(targets, horizon))
        self.back = nn.Parameter(torch.zeros(targets, horizon, member["look_back"]))
        self.ahead = nn.Parameter(torch.zeros(targets, horizon, ahead)) if ahead else None
        self.aligned = nn.Parameter(torch.zeros(targets, horizon, known)) if known else None

    def forward(self, history: Tensor, extras: Tensor, ahead: Tensor, aligned: Tensor, static: Tensor) -> Tensor:
        """(N, H, levels, C). history: (N, L, C). extras: (N, L, C + P + K), masks, past and known covariates.

        ahead: (N, H, F). aligned: (N, H, C, K), known covariates in the targets' normalised units. static: (N, G).
        """
        if self.textbook:
            return self._fed_back(history)
        steps = nn.functional.pad(torch.cat([history, extras], dim=2), (0, 0, self.padding, 0))
        segments = steps.unflatten(1, (-1, self.segment)).flatten(2)
        states, _ = self.lstm(segments if self.embed is None else torch.relu(self.embed(segments)))
        parts = [self._last(states)]
        if self.attention is not None:
            masks = steps[:, :, self.targets : 2 * self.targets]
            parts.append(self.attention(states, masks.unflatten(1, (-1, self.segment)).flatten(2).amax(dim=2) > 0.0))
        if self.context is not None:
            known = torch.cat([ahead.flatten(1), aligned.flatten(1), static], dim=1)
            parts.append(torch.relu(self.context(known)))
        correction = self.head(torch.cat(parts, dim=1)).unflatten(1, (self.horizon, self.levels, self.targets))
        linear = torch.einsum("nlc,chl->nhc", history, self.back) + self.bias.T
        if self.ahead is not None:
            linear = linear + torch.einsum("nhf,chf->nhc", ahead, self.ahead)
        if self.aligned is not None:
            linear = linear + torch.einsum("nhck,chk->nhc", aligned, self.aligned)
        forecast: Tensor = linear[:, :, None] + correction
        return forecast

    def _last(self, states: Tensor) -> Tensor:
        """(N, width): the state after the newest segment, and of an LSTM that reads backwards that after the oldest."""
        if not self.lstm.bidirectional:
            return states[:, -1]
        hidden = self.lstm.hidden_size
        return torch.cat([states[:, -1, :hidden], states[:, 0, hidden:]], dim=1)

    def _fed_back(self, history: Tensor) -> Tensor:
        """(N, H, 1, C): one step at a time, each of which is read as the newest of the look-back for the next."""
        steps: list[Tensor] = []
        for _ in range(self.horizon):
            states, _ = self.lstm(history)
            steps.append(self.head(states[:, -1]))
            history = torch.cat([history[:, 1:], steps[-1][:, None]], dim=1)
        return torch.stack(steps, dim=1)[:, :, None]
