"""Tonight's forecasts of some series, each as what is usual plus what every group of inputs adds.

Letters: S series of the panel, N explained ones, H horizon, C targets, G groups.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from lstm.compute.executor import CallHome, Executor
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import some_series
from lstm.evaluation.change.published import Maker, Published
from lstm.evaluation.explanation.baseline_parts import baseline_groups, baseline_parts
from lstm.evaluation.explanation.coalitions import shapley
from lstm.evaluation.explanation.earlier import Question
from lstm.evaluation.explanation.explanation import Explained, Explanation, Group
from lstm.evaluation.explanation.groups import groups_of
from lstm.evaluation.explanation.network_values import Asked, network_values
from lstm.model.baselines.model import BaselineModel, Model
from lstm.model.baselines.statistical import STATISTICAL
from lstm.model.forecaster.choices import default_device
from lstm.model.forecaster.forecaster import Forecaster, Which
from lstm.model.serving.sanity import never_negative

NUMBERS_AT_ONCE = 1 << 23  # forecasts of all coalitions, 64 MB
STEPS_OF_A_NIGHT = 1 << 27  # read of look-backs, over all members and coalitions: some eight seconds of a core
MOST_FITTED = 10  # series of a method that is fitted anew for each of its windows
AGREES = 1e-4  # of the largest forecast of a window: what rounding may make of the same forecast


@dataclass(frozen=True)
class Server:
    """Who made forecasts. model: None where it cannot be had, with the reason why.

    which: its weights. panel: what it has read, where that is another than the others have.
    """

    maker: Maker
    model: Model | None
    which: Which = "served"
    reason: str = ""
    panel: Panel | None = None


NO_EARLIER = "too short a history for an earlier window"
OTHERWISE = "read again, its model forecasts something else than was published"
NO_FORECAST = "there is no forecast to explain"


def explain(
    panel: Panel,
    published: Published,
    servers: Sequence[Server],
    question: Question,
    *,
    held: bool,
    executor: Executor,
) -> Explanation:
    """Explains the published medians of all series; see `Explanation`.

    panel: without the calendar. servers: one for each of `published.makers`. held: whether what never was negative is
    not forecast below 0. Series are explained some at a time, by the executor.
    """
    parts, reasons = [], dict[str, int]()
    nobody = int((published.maker < 0).sum())
    if nobody:
        reasons[NO_FORECAST] = nobody
    for place, server in enumerate(servers):
        series = np.flatnonzero((published.maker == place).any(axis=1))
        if server.model is None:
            _count(reasons, server.reason, int((published.maker == place).sum()))
            continue
        if not len(series):
            continue
        groups = _groups(server, question)
        most = most_explained(server.model, groups, question)
        left, series = series, series[choose_sample(len(series), most, 0)]
        beyond = int((published.maker[np.setdiff1d(left, series)] == place).sum())
        _count(reasons, f"as many as {most:,} series by {server.maker.method} are explained in a night", beyond)
        task = _Task(replace(server, panel=None), groups, question, held, torch.get_num_threads())
        source = panel if server.panel is None else server.panel
        forecast = np.where((published.maker[series] == place)[:, None], published.median[series], np.nan)
        explained = _by_server(source, series, forecast, task, executor)
        parts.append(explained)
        _count_unexplained(reasons, explained, published.maker[series] == place)
    return Explanation(question, tuple(parts), tuple(reasons.items()))


def _count(reasons: dict[str, int], reason: str, count: int) -> None:
    if count > 0:
        reasons[reason] = reasons.get(reason, 0) + count


def _count_unexplained(reasons: dict[str, int], explained: Explained, of_maker: np.ndarray) -> None:
    has_usual = np.isfinite(explained.usual).any(axis=1)
    has_parts = np.isfinite(explained.contributions).all(axis=-1).any(axis=1)
    _count(reasons, NO_EARLIER, int((of_maker & ~has_usual).sum()))
    _count(reasons, OTHERWISE, int((of_maker & has_usual & ~has_parts).sum()))


@dataclass(frozen=True)
class _Task:
    """What all chunks share."""

    server: Server
    groups: tuple[Group, ...]
    question: Question
    held: bool
    threads: int


@dataclass(frozen=True)
class _Chunk:
    """Some series. panel: of them alone, with the calendar. forecast: (N, H, C), what their maker published."""

    panel: Panel
    forecast: np.ndarray


def most_explained(model: Model, groups: Sequence[Group], question: Question) -> int:
    """How many series a night can bear to explain: `STEPS_OF_A_NIGHT` steps of look-backs, or `MOST_FITTED` fits."""
    if isinstance(model, BaselineModel):
        return MOST_FITTED if model.name in STATISTICAL else sys.maxsize
    assert isinstance(model, Forecaster)
    # The textbook network reads its look-back anew for every step that it forecasts.
    horizon = model.card.contract.horizon
    read = sum(member.look_back * (horizon if member.kind == "textbook" else 1) for member in model.card.members)
    steps = read * len(model.card.contract.targets) * question.earlier * (1 << len(groups))
    return max(STEPS_OF_A_NIGHT // steps, 1)


def _groups(server: Server, question: Question) -> tuple[Group, ...]:
    if isinstance(server.model, Forecaster):
        return groups_of(server.model.card, server.which, question.seasons)
    assert isinstance(server.model, BaselineModel)
    return baseline_groups(server.model)


def _by_server(panel: Panel, series: np.ndarray, forecast: np.ndarray, task: _Task, executor: Executor) -> Explained:
    """forecast: (N, H, C), what this server published of the series."""
    numbers = task.question.earlier * (1 << len(task.groups)) * forecast[0].size
    size = max(NUMBERS_AT_ONCE // numbers, 1)

    def chunks() -> Iterator[_Chunk]:
        for begin in range(0, len(series), size):
            part = slice(begin, begin + size)
            yield _Chunk(with_calendar(some_series(panel, series[part])), forecast[part])

    answers = executor.map(_explain_chunk, task, chunks())
    contributions, usual = (np.concatenate(arrays) for arrays in zip(*answers, strict=True))
    return Explained(task.server.maker, task.groups, series, forecast, usual, contributions)


def _explain_chunk(task: _Task, chunk: _Chunk, call_home: CallHome) -> tuple[np.ndarray, np.ndarray]:
    """((N, H, C, G) contributions, (N, H, C) usual)."""
    torch.set_num_threads(task.threads)
    panel, model = chunk.panel, task.server.model
    series = np.arange(panel.series)
    rows = panel.row_of(series, panel.cutoff)
    if isinstance(model, BaselineModel):
        return baseline_parts(model, panel, series, rows, chunk.forecast, task.question)
    assert isinstance(model, Forecaster)
    asked = Asked(model, task.server.which, task.groups, task.question, default_device())
    values = network_values(asked, panel, series, rows)
    if task.held:
        np.maximum(values, 0.0, out=values, where=never_negative(panel, series, rows)[:, None, None])
    values = np.moveaxis(values, 2, -1)  # (N, H, C, 2^G)
    size = np.abs(values).max(axis=(1, 3), keepdims=True)[..., 0]
    agrees = np.abs(values[..., -1] - chunk.forecast) <= AGREES * size
    # To the last bit a forecast depends on which others were made beside it, so that what was published stands.
    values[..., -1] = np.where(agrees, chunk.forecast, np.nan)
    return shapley(values), np.where(np.isnan(chunk.forecast), np.nan, values[..., 0])


def choose_sample(series: int, most: int, seed: int) -> np.ndarray:
    """int, rising: all series, or as many as `most` of them by chance, the same for the same seed."""
    if series <= most:
        return np.arange(series)
    return np.sort(np.random.default_rng(seed).choice(series, most, replace=False))
