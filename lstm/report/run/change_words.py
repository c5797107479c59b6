"""Why tonight changed, in words and as rows of plain text."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from lstm.contestants import is_baseline, method_name
from lstm.data.panel.panel import Panel
from lstm.evaluation.change.attribution import (
    Change,
    Exchange,
    exchanges,
    has_covariates,
    largest,
    mean,
    share,
    size,
    sizes_by_part,
)
from lstm.evaluation.change.published import NOBODY, Maker
from lstm.evaluation.wording import LEAST_SHARE, share_text, steps_in_words, table_number
from lstm.report.charts.style import short

CHANGE_FILE = "change.json"  # in a run's folder
SHOWN_SERIES = 8
SHOWN_EXCHANGES = 3
EXAMPLES = 3
OFFSET = 1.1  # sizes of parts that add up to so much more than the change are said to offset each other


@dataclass(frozen=True)
class ChangeTable:
    """Rows of text under a head."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class ChangeText:
    """What a person reads of a change. sentences: the answer. notes: what it leaves out, and how it was measured."""

    sentences: Sequence[str]
    targets: ChangeTable
    series: ChangeTable
    notes: Sequence[str]

    def to_json(self) -> bytes:
        """As CHANGE_FILE keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "ChangeText":
        """Inverse of `to_json`."""
        fields = json.loads(content)
        targets, series = (ChangeTable(**fields[name]) for name in ("targets", "series"))
        return cls(fields["sentences"], targets, series, fields["notes"])


def describe_change(change: Change, panel: Panel) -> ChangeText:
    """A change in words, tables and notes; a share is one of how far the series usually move in a season."""
    return ChangeText(
        sentences=[_headline(change, panel), *_largest_change(change, panel)],
        targets=_targets(change, panel),
        series=_series(change, panel),
        notes=_notes(change, panel),
    )


def maker_name(maker: Maker) -> str:
    """`v3`, or `the seasonal naive baseline`."""
    if is_baseline(maker.method):
        return f"the {method_name(maker.method)}"
    return f"v{maker.version}" if maker.version is not None else maker.method


def _headline(change: Change, panel: Panel) -> str:
    time = steps_in_words(panel.frequency, change.steps)
    covered = f"Tonight's forecasts for the {time} that last night's (cutoff {panel.frequency.text(change.cutoff)})"
    moved = _overall(size(change.total), change)
    if np.nanmax(size(change.total)) == 0.0:
        return f"{covered} also cover did not move."
    usual = f"of what the series usually change in {steps_in_words(panel.frequency, change.season)}"
    if not np.isfinite(moved):
        amount = table_number(float(np.nanmean(size(change.total))))
        return f"{covered} also cover moved by {amount} on average, and these series had never moved before."
    why = _reasons(change, panel)
    return f"{covered} also cover moved by {share_text(moved)} {usual}{f': {why}' if why else ''}."


def _overall(sizes: np.ndarray, change: Change) -> float:
    """How far the forecasts moved: the mean over the targets of their shares."""
    return float(mean(share(sizes, change), axis=0))


def _reasons(change: Change, panel: Panel) -> str:
    """`30 % by new observations, 12 % by v3 in place of v2, nothing by covariates`, the largest first."""
    if not np.isfinite(change.parts.model).any():
        return "why cannot be told, since " + "; ".join(reason for reason, _ in change.unknown)
    reasons = [(_overall(size(change.parts.data), change), _data_name(change))]
    if not change.together and has_covariates(panel):
        reasons.append((_overall(size(change.parts.covariates), change), "covariates"))
    reasons += _by_model(change)
    ordered = sorted(reasons, key=lambda reason: -reason[0])
    text = ", ".join(f"{share_text(amount)} by {name}" for amount, name in ordered)
    against = sum(amount for amount, _ in reasons) > OFFSET * _overall(size(change.total), change)
    return f"{text}, in part against each other" if against else text


def _data_name(change: Change) -> str:
    return "new observations and covariates together" if change.together else "new observations"


def _by_model(change: Change) -> list[tuple[float, str]]:
    """(share, name) of each exchange of one maker for another."""
    sizes, reasons = size(change.parts.model), []
    for exchange in exchanges(change)[:SHOWN_EXCHANGES]:
        amount = _overall(np.where(exchange.where, sizes, np.where(np.isfinite(sizes), 0.0, np.nan)), change)
        reasons.append((amount, _exchange_text(exchange)))
    large = [(amount, name) for amount, name in reasons if amount >= LEAST_SHARE]
    return large or [(0.0, f"the model, {reasons[0][1]}")] if reasons else []


def _exchange_text(exchange: Exchange) -> str:
    maker = maker_name(exchange.now)
    if exchange.before != exchange.now:
        return f"{maker} in place of {maker_name(exchange.before)}"
    return f"{maker} as before" if exchange.now.version is not None else f"{maker}, made anew"


def _largest_change(change: Change, panel: Panel) -> list[str]:
    pairs = largest(change, 1)
    if not pairs:
        return []
    series, target = pairs[0]
    pair = (slice(series, series + 1), slice(None), slice(target, target + 1))
    amount = float(size(change.total)[series, target])
    parts = (
        (change.parts.data, _data_name(change)),
        (change.parts.covariates, "covariates"),
        (change.parts.model, "the model"),
    )
    usual = change.scale[series, target]
    why = [(float(size(part[pair])[0, 0]) / usual, name) for part, name in parts]
    reasons = ", ".join(
        f"{share_text(by)} by {name}" for by, name in sorted(why, key=lambda reason: -reason[0]) if by >= LEAST_SHARE
    )
    moved = f"{direction(change, series, target)} ({share_text(amount / usual)}{f'; {reasons}' if reasons else ''})"
    return [f"The largest change is {pair_name(panel, series, target)}: {moved}."]


def direction(change: Change, series: int, target: int) -> str:
    """`6.1 lower on average`, or how far it went up and down."""
    total = change.total[series, :, target]
    signed, amount = float(np.nanmean(total)), float(np.nanmean(np.abs(total)))
    if abs(signed) < amount / 2:
        return f"{table_number(amount, 2)} up or down, depending on the step"
    return f"{table_number(abs(signed), 2)} {'higher' if signed > 0 else 'lower'} on average"


def pair_name(panel: Panel, series: int, target: int) -> str:
    """`JFK pressure`; the target is left out where there is one only."""
    name = short(panel.names[series], 60)
    return name if len(panel.target_names) == 1 else f"{name} {short(panel.target_names[target], 40)}"


def _targets(change: Change, panel: Panel) -> ChangeTable:
    total, parts = size(change.total), sizes_by_part(change, panel)
    amounts = mean(np.where(change.counted[:, None], total, np.nan), axis=0)
    shares = {"of a usual one": share(total, change)} | {name: share(part, change) for name, part in parts.items()}
    rows = [
        (
            short(name, 60),
            table_number(float(amounts[target])),
            *(share_text(float(column[target])) for column in shares.values()),
        )
        for target, name in enumerate(panel.target_names)
    ]
    return ChangeTable(("target", "mean change", *shares), rows)


def _series(change: Change, panel: Panel) -> ChangeTable:
    sizes = {"of a usual one": size(change.total)} | sizes_by_part(change, panel)
    rows = [
        (
            pair_name(panel, *pair),
            _terse(direction(change, *pair)),
            *(share_text(float(column[pair] / change.scale[pair])) for column in sizes.values()),
            _makers(change, *pair),
        )
        for pair in largest(change, SHOWN_SERIES)
    ]
    return ChangeTable(("series", "on average", *sizes, "made by"), rows)


def _terse(direction_text: str) -> str:
    """A direction in a table whose head says that it is a mean."""
    return direction_text.removesuffix(", depending on the step").removesuffix(" on average")


def _makers(change: Change, series: int, target: int) -> str:
    """`v2`, or `v1 → v2`."""
    before, now = (
        maker_name(night.makers[night.maker[series, target]]).removeprefix("the ")
        for night in (change.last, change.tonight)
    )
    return now if before == now else f"{before} → {now}"


def _notes(change: Change, panel: Panel) -> list[str]:
    notes = []
    if change.revised:
        notes.append(f"{change.revised:,} observed values that last night read have been revised or came late.")
    if change.together:
        notes.append(f"What new data and what covariates did cannot be told apart: {change.together}.")
    if np.isfinite(change.parts.model).any():
        notes += [
            f"For {count:,} series and targets the reasons are not known: {why}." for why, count in change.unknown
        ]
    notes += _one_sided(change, panel)
    if not change.counted[change.compared.any(axis=1)].all():
        notes.append(
            f"Reasons and means are of an even spread of {int(change.counted.sum()):,} of {panel.series:,} series; the "
            "largest changes are among all."
        )
    season = steps_in_words(panel.frequency, change.season)
    notes.append(
        f"Of the medians, over the steps that both nights cover. A usual change is the mean absolute difference of "
        f"values {season} apart. The three parts add up to the change at every step; their sizes add up to more where "
        "they pull against each other."
    )
    return notes


def _one_sided(change: Change, panel: Panel) -> list[str]:
    """Series that only one of the nights has a forecast for."""
    last, tonight = (night.maker != NOBODY for night in (change.last, change.tonight))
    notes = []
    for which, what in (
        ((tonight & ~last).any(axis=1), "with a forecast that last night did not make"),
        ((last & ~tonight).any(axis=1), "without a forecast that last night made"),
    ):
        if which.any():
            named = [short(panel.names[series], 60) for series in np.flatnonzero(which)[:EXAMPLES]]
            more = "…" if which.sum() > EXAMPLES else ""
            notes.append(f"{int(which.sum()):,} series {what} ({', '.join(named)}{more}).")
    return notes
