"""Reports as markdown artifacts in the Prefect UI: of a run, of the monitor, and of a run that came to nothing."""

import logging
import re
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact

from lstm.config import name_in
from lstm.references import (
    Accuracy,
    ModelRef,
    Outcome,
    PanelRef,
    RunKind,
    Search,
    TuningVerdict,
    Verdict,
    WindowsRef,
)
from lstm.report.monitor.monitor_story import MonitorStory
from lstm.report.monitor.monitor_summary import monitor_summary
from lstm.report.run.ending import ending_summary
from lstm.report.run.run_facts import overrides_text
from lstm.report.run.story import Story
from lstm.report.run.summary import markdown_summary, short_state
from lstm.report.tuning.tuning_page import tuning_summary
from lstm.report.tuning.tuning_story import TuningStory
from lstm.steps.assess import report_accuracy as report_accuracy_step
from lstm.steps.job import Job
from lstm.steps.run_report import report as report_step
from lstm.steps.run_report import told_as
from lstm.steps.tuning.tuning_report import report_tuning as report_tuning_step
from tasks.retrying import RETRYING, asking_once

log = logging.getLogger("tasks.report")


@task(name="report", task_run_name="report", **RETRYING)
def report(
    job: Job, panel_ref: PanelRef, windows_ref: WindowsRef | None, model_ref: ModelRef | None, verdict: Verdict
) -> Story:
    """Writes the report of a run, and answers the story that it tells."""
    story = report_step(job, panel_ref, windows_ref, model_ref, verdict)
    key, description = artifact_key(job.key.pipeline), f"{short_state(story)} · {told_as(job)}"
    with asking_once():
        create_markdown_artifact(key=key, markdown=markdown_summary(story), description=description)
    return story


@task(name="report-accuracy", task_run_name="report-accuracy", **RETRYING)
def report_accuracy(job: Job, accuracy: Accuracy, retrain: str) -> MonitorStory:
    """Writes the report of the monitor, and answers its story. retrain: what becomes of asking for one, in words."""
    story = report_accuracy_step(job, accuracy, retrain)
    key, description = f"{artifact_key(job.key.pipeline)}-accuracy", f"{story.state[1]} · {told_as(job)}"
    with asking_once():
        create_markdown_artifact(key=key, markdown=monitor_summary(story), description=description)
    return story


@task(name="report-tuning", task_run_name="report-tuning", **RETRYING)
def report_tuning(job: Job, search: Search, verdict: TuningVerdict, written: str) -> TuningStory:
    """Writes the report of a tuning, and answers its story. written: what became of writing into the file."""
    story = report_tuning_step(job, search, verdict, written)
    key, description = f"{artifact_key(job.key.pipeline)}-tuning", f"{story.state[1]} · {told_as(job)}"
    with asking_once():
        create_markdown_artifact(key=key, markdown=tuning_summary(story), description=description)
    return story


def artifact_key(pipeline_name: str) -> str:
    """Key of a pipeline's report artifact; Prefect keeps its versions."""
    return f"nightcast-{re.sub('[^a-z0-9-]', '-', pipeline_name)}"


def show_ending(job: Job, outcome: Outcome) -> None:
    """Leaves an artifact that says how a run ended, and which forecasts stand all the same."""
    facts = [
        ("run", told_as(job)),
        ("current forecasts", _standing(job)),
        ("run folder", job.run_store().uri),
        *((("set for this run", overrides_text(job.overrides)),) if job.overrides else ()),
    ]
    _show(job.pipeline.name, outcome, facts, told_as(job))


def show_unopened(pipeline_file: str, kind: RunKind, outcome: Outcome) -> None:
    """The same of a run whose pipeline file or parameters could not be read."""
    facts = [("run", kind), ("pipeline file", pipeline_file)]
    _show(name_in(Path(pipeline_file).expanduser()), outcome, facts, kind)


def _standing(job: Job) -> str:
    try:
        run_id = job.ledger().newest_run(job.pipeline.name)
    except Exception as error:  # noqa: BLE001 - the page says so
        log.warning("which forecasts stand is not known: %s", error)
        return "not known: the store cannot be read"
    return f"stay as they are, those of {run_id}" if run_id is not None else "there are none yet"


def _show(name: str, outcome: Outcome, facts: list[tuple[str, str]], title: str) -> None:
    try:
        create_markdown_artifact(
            key=artifact_key(name),
            markdown=ending_summary(name, outcome, facts),
            description=f"{'➖ skipped' if outcome.exit_code == 0 else '❌ failed'} · {title}",
        )
    except Exception:
        log.exception("the run has no page")
