"""Groups of inputs: those that a model has, and no others."""

from lstm.data.panel.calendar import with_calendar
from lstm.evaluation.explanation.groups import MOST_GROUPS, groups_of
from lstm.model.forecaster.card import ModelCard
from trainings import chaos, made_of

BASE = {"epoch_steps": 1, "max_epochs": 1, "batch_size": 16}


def card(**columns: object) -> ModelCard:
    """A small model's card, with other columns than it was trained with."""
    model = made_of(with_calendar(chaos()), training=BASE, seasons=(7,))
    return model.card.model_copy(update=columns)


def test_parts_of_the_history_come_first_then_covariates_then_the_calendar() -> None:
    """A card with one past and one known covariate, a weekday and holidays; its look-back holds the week twice."""
    names = ("scheduled", "calendar:weekday_sin", "calendar:holiday")
    groups = groups_of(card(past_names=("wind",), future_names=names, known=(0,)), "served", (7,))
    assert [(group.name, group.kind) for group in groups] == [
        ("level", "level"),
        ("trend", "trend"),
        ("season of 7", "season"),
        ("recent movement", "rest"),
        ("scheduled", "future"),
        ("wind", "past"),
        ("calendar", "calendar"),
        ("holidays", "holidays"),
    ]
    assert groups[4].future == (0,)
    assert groups[6].future == (1,)
    assert groups[7].future == (2,)


def test_what_a_model_does_not_read_is_no_group() -> None:
    """Ridge regression reads no past covariates, and a look-back of 14 holds no month twice."""
    plain = card(past_names=("wind",), future_names=(), known=())
    assert [group.kind for group in groups_of(plain, "ridge", (30,))] == ["level", "trend", "rest"]
    assert "past" in [group.kind for group in groups_of(plain, "served", (30,))]


def test_many_covariates_share_a_group() -> None:
    """Law: no more than `MOST_GROUPS`, so that coalitions stay few; those known ahead keep groups of their own."""
    many = tuple(f"c{place}" for place in range(9))
    groups = groups_of(card(past_names=many, future_names=("plan",), known=(0,)), "served", (7,))
    assert len(groups) == MOST_GROUPS
    assert [group.name for group in groups[4:]] == ["plan", "c0", "c1", "7 other covariates"]
    assert groups[-1].past == (2, 3, 4, 5, 6, 7, 8)
