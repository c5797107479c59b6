"""What a flow hands in to the order of a night."""

from prefect.tasks import Task

from flows.runs.run import TASKS
from lstm.steps.step_functions import PLAIN


def test_every_step_of_a_flow_is_a_task_and_none_of_a_plain_night_is() -> None:
    """Law: a step that was forgotten would neither be tried again nor be seen in the UI, and nothing would say so."""
    assert [name for name, step in vars(TASKS).items() if not isinstance(step, Task)] == []
    assert [name for name, step in vars(PLAIN).items() if isinstance(step, Task)] == []


def test_a_task_bears_the_name_of_its_step() -> None:
    """Law: who reads the UI, and an automation, know a step by the name that it had."""
    assert [task.name for task in vars(TASKS).values()] == [name.replace("_", "-") for name in vars(TASKS)]
