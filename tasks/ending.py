"""The page in the Prefect UI of a run that has no report: refused, failed or skipped. It never fails the run."""

import logging
from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from lstm.config import name_in
from lstm.references import Outcome, RunKind
from lstm.report.run.ending import ending_summary
from lstm.report.run.run_facts import overrides_text
from tasks.job import Job
from tasks.report import artifact_key, told_as

log = logging.getLogger("tasks.ending")


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


def _show(name: str, outcome: Outcome, facts: list[tuple[str, str]], told: str) -> None:
    try:
        create_markdown_artifact(
            key=artifact_key(name),
            markdown=ending_summary(name, outcome, facts),
            description=f"{'➖ skipped' if outcome.exit_code == 0 else '❌ failed'} · {told}",
        )
    except Exception:
        log.exception("the run has no page")
