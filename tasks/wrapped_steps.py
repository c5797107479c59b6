"""Every step of `lstm.steps` as a retryable task of Prefect, under its own name; what has more to it has a module."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prefect import task
from prefect.tasks import Task

from lstm.steps import assess, backfill, begin_and_end
from lstm.steps import deliver as delivery
from lstm.steps import evaluate as evaluation
from lstm.steps import forecast as forecasting
from lstm.steps import ingest as ingestion
from lstm.steps import publish as publication
from lstm.steps import window as windowing
from lstm.steps.after import explain as explanation
from lstm.steps.after import track as tracking
from lstm.steps.before import questions
from lstm.steps.champions import choose
from lstm.steps.tuning import judge_tuned as judging
from lstm.steps.tuning import search as tuning_search
from tasks.retrying import RETRYING

P = ParamSpec("P")
R = TypeVar("R")


def as_task(step: Callable[P, R], *, name: str | None = None, run_name: str | None = None) -> Task[P, R]:
    """A step as a task. name: that of the function if left out. run_name: may name parameters, as `{sink.name}`."""
    task_name = name or step.__name__.replace("_", "-")
    return task(name=task_name, task_run_name=run_name or task_name, **RETRYING)(step)


begin = as_task(begin_and_end.begin)
ask = as_task(questions.ask)
last_end = as_task(ingestion.last_end)
ingest = as_task(ingestion.ingest)
check_ledger = as_task(forecasting.check_ledger)
window = as_task(windowing.window)
evaluate = as_task(evaluation.evaluate)
judge_failure = as_task(choose.judge_failure)
choose_champion = as_task(choose.choose_champion)
choose_version = as_task(choose.choose_version)
choose_as_of = as_task(backfill.choose_as_of)
forecast = as_task(forecasting.forecast)
publish = as_task(publication.publish)
deliver = as_task(delivery.deliver, run_name="deliver-{sink.name}")
deliver_late = as_task(delivery.deliver_late, run_name="deliver-late-{sink.name}")
explain = as_task(explanation.explain)
monitor = as_task(assess.assess, name="monitor")
track = as_task(tracking.track)
search = as_task(tuning_search.search)
judge_tuned = as_task(judging.judge_tuned)
finish = as_task(begin_and_end.finish)
