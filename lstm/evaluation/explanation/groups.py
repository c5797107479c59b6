"""The groups of inputs that a model has, which are switched together."""

from collections.abc import Sequence

from lstm.data.panel.calendar import PREFIX
from lstm.evaluation.explanation.explanation import Group
from lstm.evaluation.explanation.history_parts import fitting_seasons
from lstm.model.forecaster.card import ModelCard
from lstm.model.forecaster.forecaster import Which

MOST_GROUPS = 8  # 256 coalitions; covariates beyond are one group


def groups_of(card: ModelCard, which: Which, seasons: Sequence[int]) -> tuple[Group, ...]:
    """What a model reads, the parts of its history first. seasons: in steps, of which patterns are looked for.

    Static covariates are none: a series' own earlier windows have the same.
    """
    longest = max(member.look_back for member in card.members)
    history = [
        Group("level", "level"),
        Group("trend", "trend"),
        *(Group(f"season of {season}", "season", season) for season in fitting_seasons(seasons, longest)),
        Group("recent movement", "rest"),
    ]
    if all(member.kind == "textbook" for member in card.members):
        return tuple(history)
    past = range(len(card.past_names)) if which != "ridge" else ()  # ridge regression does not read them
    covariates = [Group(card.past_names[place], "past", past=(place,)) for place in past]
    covariates += [Group(card.future_names[place], "future", future=(place,)) for place in card.known]
    holidays = [place for place, name in enumerate(card.future_names) if name == f"{PREFIX}holiday"]
    others = set(range(len(card.future_names))) - set(card.known) - set(holidays)
    calendar = [Group("calendar", "calendar", future=tuple(sorted(others)))] if others else []
    calendar += [Group("holidays", "holidays", future=tuple(holidays))] if holidays else []
    return (*history, *_few(covariates, MOST_GROUPS - len(history) - len(calendar)), *calendar)


def _few(covariates: list[Group], most: int) -> list[Group]:
    """The covariates, the last of them as one group where they are more than `most`; those known ahead go first."""
    ordered = sorted(covariates, key=lambda group: group.kind)  # `future` before `past`
    if len(ordered) <= max(most, 1):
        return ordered
    kept, rest = ordered[: max(most, 1) - 1], ordered[max(most, 1) - 1 :]
    columns = {role: tuple(place for group in rest for place in getattr(group, role)) for role in ("past", "future")}
    return [*kept, Group(f"{len(rest)} other covariates", "others", past=columns["past"], future=columns["future"])]
