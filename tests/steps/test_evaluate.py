"""What evaluation makes of a deadline."""

from lstm.steps.evaluate import deadline_cost
from trainings import QUICK, chaos, made_of


def test_a_verdict_says_what_the_deadline_has_cost():
    """It leads the report, the outcome of the run and its alerts; a training that had the time is not spoken of."""
    now = [0.0]

    def on_epoch(phase, row):
        now[0] = 100.0 * (row.epoch == 2)

    training = QUICK.model_copy(update={"deadline": 50.0, "patience": 9})
    options = {"training": training, "seasons": (1,), "clock": lambda: now[0]}
    late = made_of(chaos(), on_epoch=on_epoch, **options)
    assert deadline_cost(late.card) == "Training stopped at its deadline: the best epoch until then, no refit"
    now[0] = 0.0
    assert deadline_cost(made_of(chaos(), **options).card) == ""
