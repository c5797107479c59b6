"""What moves the forecasts, in words and as rows of plain text."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.evaluation.explanation.explanation import Explanation, Group
from lstm.evaluation.explanation.summaries import Example, furthest_from_usual, mean_sizes, sizes_by_segment
from lstm.evaluation.explanation.titles import decimals, group_title, signed, step_name, usual_for
from lstm.evaluation.wording import UNKNOWN, steps_in_words
from lstm.report.charts.style import short
from lstm.report.run.change_words import ChangeTable as Rows

EXPLANATION_FILE = "explanation.json"  # in a run's folder
SHOWN, LISTED = 3, 8
COVARIATES = {
    "future": "what is known ahead, and what was",
    "past": "what was measured up to now",
    "others": "all that have no group of their own",
    "calendar": "hour, weekday and time of year, as far as the model reads them",
    "holidays": "those ahead",
}
SMALL = 0.05  # of the largest contribution; smaller ones are told together
MOST_TOLD = 4
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


NO_ROWS = Rows((), ())


@dataclass(frozen=True)
class ExplanationText:
    """What a person reads of an explanation. sentences: the answer. notes: what it leaves out, and how to read it.

    failure: why there is none; empty where there is.
    """

    sentences: Sequence[str] = ()
    groups: Rows = NO_ROWS
    segments: Rows = NO_ROWS
    series: Rows = NO_ROWS
    notes: Sequence[str] = ()
    failure: str = ""

    def to_json(self) -> bytes:
        """As EXPLANATION_FILE keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "ExplanationText":
        """Inverse of `to_json`."""
        fields = json.loads(content)
        groups, segments, series = (Rows(**fields[name]) for name in ("groups", "segments", "series"))
        return cls(fields["sentences"], groups, segments, series, fields["notes"], fields["failure"])


def describe_explanation(panel: Panel, explanation: Explanation, drawn: str = "") -> ExplanationText:
    """An explanation in words, tables and notes. panel: of the series that were explained. drawn: see `notes`."""
    examples = furthest_from_usual(panel, explanation, LISTED)
    if not examples:
        reasons = "; ".join(f"{why} ({count:,})" for why, count in explanation.unexplained) or "there is no forecast"
        return ExplanationText(failure=f"No forecast could be explained: {reasons}.")
    return ExplanationText(
        sentences=[
            *_headlines(panel, explanation),
            *(example_sentence(panel, explanation, example) for example in examples[:SHOWN]),
        ],
        groups=_groups(panel, explanation),
        segments=_segments(panel, explanation),
        series=examples_table(panel, examples),
        notes=notes(panel, explanation, drawn),
    )


def _headlines(panel: Panel, explanation: Explanation) -> list[str]:
    """A sentence a target: which groups move its forecasts most, and by how much."""
    sizes = mean_sizes(panel, explanation)
    sentences = []
    for place, target in enumerate(panel.target_names):
        ranked = sorted(((float(size[place]), title) for title, size in sizes.items()), key=lambda pair: -pair[0])
        if not ranked or not math.isfinite(ranked[0][0]):
            continue
        largest = ranked[0][0]
        if largest == 0.0:
            sentences.append(f"The forecasts of {short(target, 40)} are as usual.")
            continue
        digits = decimals(largest)
        told = [(size, title) for size, title in ranked if size >= SMALL * largest][:MOST_TOLD]
        texts = [f"{title} ({size:,.{digits}f})" for size, title in told]
        rest = [size for size, _ in ranked[len(told) :]]
        others = f"; each other group moves them by {_at_most(max(rest), digits)}" if rest else ""
        sentences.append(
            f"Forecasts of {short(target, 40)} differ from usual most of all by {_listed(texts)}, up or down on "
            f"average{others}."
        )
    return sentences


def _at_most(size: float, digits: int) -> str:
    least = 10.0**-digits
    return f"less than {least:,.{digits}f}" if size < least else f"at most {size:,.{digits}f}"


def example_sentence(panel: Panel, explanation: Explanation, example: Example) -> str:
    """`On Tuesday 2013-12-24 the forecast of departures for EWR/EV is 60.0, 60.8 less than usual for a Tuesday …`"""
    ordinal = panel.cutoff + 1 + example.step
    size = max((abs(value) for _, value in example.parts), default=0.0)
    digits = decimals(max(size, abs(example.forecast - example.usual)))
    usual = usual_for(panel.frequency, explanation.question.apart, ordinal, panel.time_zone)
    usual = "usual" if usual == "then" else f"usual {usual}"
    when = step_name(panel.frequency, ordinal, panel.time_zone)
    preposition = "At step" if panel.frequency.kind == "integer" else "On" if "day" in when.split()[0] else "In"
    target = short(panel.target_names[example.target], 40)
    name = f" for {short(panel.names[example.series], 60)}" if panel.keys.num_columns else ""
    subject = f"{preposition} {when} the forecast of {target}{name} is {example.forecast:,.{digits}f}"
    difference = example.forecast - example.usual
    if abs(difference) < 0.5 * 10.0**-digits:
        return f"{subject}, as is {usual}."
    more = "more" if difference > 0 else "less"
    return (
        f"{subject}, {abs(difference):,.{digits}f} {more} than {usual} "
        f"({example.usual:,.{digits}f}): {_adding(example.parts, digits)}."
    )


def _adding(parts: Sequence[tuple[str, float]], digits: int) -> str:
    """`scheduled takes away 60.8, trend adds 1.2, all else adds 0.1`."""
    ranked = sorted(parts, key=lambda part: -abs(part[1]))
    named = [part for part in ranked if abs(part[1]) >= SMALL * abs(ranked[0][1])][:MOST_TOLD]
    small = ranked[len(named) :]
    rest = small if len(small) == 1 else [("all else", sum(value for _, value in small))]
    least = 0.5 * 10.0**-digits
    return ", ".join(_verb(title, value, digits) for title, value in (*named, *rest) if abs(value) >= least)


def _verb(title: str, value: float, digits: int) -> str:
    return f"{title} {'adds' if value > 0 else 'takes away'} {abs(value):,.{digits}f}"


def _groups(panel: Panel, explanation: Explanation) -> Rows:
    sizes = mean_sizes(panel, explanation)
    ordered = sorted(sizes, key=lambda title: -float(np.nansum(sizes[title])))
    columns = [_column([float(sizes[title][target]) for title in ordered]) for target in range(len(panel.target_names))]
    head = ("group", *(short(name, 40) for name in panel.target_names))
    return Rows(head, list(zip(ordered, *columns, strict=True)))


def _column(sizes: Sequence[float]) -> list[str]:
    """Numbers with as many decimals as give the largest three digits; `–` for what is not known."""
    digits = decimals(max((size for size in sizes if math.isfinite(size)), default=0.0))
    return [f"{size:,.{digits}f}" if math.isfinite(size) else UNKNOWN for size in sizes]


def _segments(panel: Panel, explanation: Explanation) -> Rows:
    column, by_value = sizes_by_segment(panel, explanation)
    if not column:
        return NO_ROWS
    titles = list(mean_sizes(panel, explanation))
    targets = panel.target_names if len(panel.target_names) > 1 else ()
    rows = []
    for place in range(len(panel.target_names)):
        for value, sizes in by_value.items():
            numbers = _column([float(sizes[title][place]) if title in sizes else math.nan for title in titles])
            rows.append((short(value, 40), *(short(name, 40) for name in targets[place : place + 1]), *numbers))
    return Rows((column, *(("target",) if targets else ()), *titles), rows)


def examples_table(panel: Panel, examples: Sequence[Example]) -> Rows:
    """A row a forecast: usual and what each group adds."""
    titles = list(dict.fromkeys(title for example in examples for title, _ in example.parts))
    targets = len(panel.target_names)
    rows = []
    for example in examples:
        parts = dict(example.parts)
        digits = decimals(max((abs(value) for value in parts.values()), default=0.0))
        rows.append(
            (
                short(panel.names[example.series], 60),
                *((short(panel.target_names[example.target], 40),) if targets > 1 else ()),
                step_name(panel.frequency, panel.cutoff + 1 + example.step, panel.time_zone),
                f"{example.forecast:,.{digits}f}",
                f"{example.usual:,.{digits}f}",
                *(signed(parts[title], digits) if title in parts else "" for title in titles),
            )
        )
    return Rows(("series", *(("target",) if targets > 1 else ()), "time", "forecast", "usual", *titles), rows)


def notes(panel: Panel, explanation: Explanation, drawn: str = "") -> list[str]:
    """How to read it, in the order in which a reader asks. drawn: of how many series these are, in a sentence."""
    question = explanation.question
    apart = steps_in_words(panel.frequency, question.apart)
    place = ", at the same place in the season" if question.apart > 1 else ""
    texts = [
        f"Usual is what the same model forecasts from the series' own earlier windows{place}: the mean of the last "
        f"{_COUNTS[question.earlier]}, {apart} apart (of fewer where the series is younger).",
        *_meanings(panel, explanation),
        "Each contribution is an exact Shapley value: what the group changes when it takes tonight's values in place "
        "of the earlier ones, averaged over all orders in which the groups can do so. Usual and the contributions add "
        "up to the published forecast. They say how the model reads its inputs, not what causes what.",
    ]
    texts += [drawn] if drawn else []
    texts += [f"Not explained: {count:,} series and targets; {why}." for why, count in explanation.unexplained]
    return texts


def _meanings(panel: Panel, explanation: Explanation) -> list[str]:
    """What the groups are, one note for each kind of model, and one for their covariates."""
    groups = dict.fromkeys(group for part in explanation.parts for group in part.groups)
    of_history = [
        "; ".join(text for group in part.groups if (text := _meaning(group, panel))) for part in explanation.parts
    ]
    covariates = [
        f"{_listed([group.name for group in groups if group.kind == kind])}: {meaning}"
        for kind, meaning in COVARIATES.items()
        if any(group.kind == kind for group in groups)
    ]
    texts = [f"Of the history, {text}." for text in dict.fromkeys(of_history)]
    return texts + ([f"Of the covariates, {'; '.join(covariates)}."] if covariates else [])


def _meaning(group: Group, panel: Panel) -> str:
    title = group_title(group, panel.frequency)
    return {
        "level": "level is its mean",
        "trend": "trend is how the moving mean of a season has gone around that up to now",
        "season": f"the {title} is what repeats itself every {steps_in_words(panel.frequency, group.season)}",
        "rest": "recent movement is what these leave of it, step by step",
        "history": "all is one group, since the method is fitted to it anew",
    }.get(group.kind, "")


def _listed(names: Sequence[str]) -> str:
    """`wind_speed and precip`."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
