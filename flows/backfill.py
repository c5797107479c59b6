"""Replays past days in order, each as a run of its own, with whoever was champion as of that day. Trains nothing.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prefect import flow, runtime
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State

from flows.runs.ending import leave_to_other, state_of, this_flow_run
from flows.runs.naming import scheduled_start
from flows.runs.secret_block import secret_block
from lstm.config import Pipeline, name_in
from lstm.contestants import CHALLENGER
from lstm.errors import ChampionChangedError, ConfigError, ForecastError, RunBusyError
from lstm.references import ForecastRef, Outcome, PanelRef, Verdict
from lstm.steps.backfill import day_inputs, finished_day, remember_day, replays
from lstm.steps.begin_and_end import code_of, ended, prune_old, reason_of, run_to_end, stopped
from lstm.steps.champions.usable import champion_seen
from lstm.steps.job import Job
from lstm.steps.night import ATTEMPTS_TO_PUBLISH, data_faults, failed_faults
from tasks import wrapped_steps as steps
from tasks.report import show_unopened

log = logging.getLogger("flows.backfill")

SHOWN_DAYS = 20


def backfill_name() -> str:
    """`backfill-nyc-weather-2013-12-01-to-2013-12-29`: the flow run's name, from its parameters."""
    parameters = runtime.flow_run.parameters
    name = name_in(Path(str(parameters.get("pipeline", "pipeline"))).expanduser())
    return f"backfill-{name}-{parameters.get('start')}-to-{parameters.get('end')}"


@dataclass(frozen=True)
class Day:
    """How one replayed day ended. skipped: an earlier backfill had done it."""

    as_of: str
    outcome: Outcome
    skipped: bool = False
    seconds: float = 0.0

    @property
    def worked(self) -> bool:
        """Whether its forecasts are in the ledger."""
        return self.outcome.exit_code in (0, 3)

    def line(self) -> tuple[str, str, str, str]:
        """(day, who served, rows, sentence)."""
        methods = self.outcome.summary.get("methods", {})
        served = ", ".join(f"{name} {count}" for name, count in methods.items()) or "nobody"
        note = "done before. " if self.skipped else ""
        return self.as_of, served, str(self.outcome.summary.get("forecasts", 0)), note + self.outcome.sentence


@flow(name="backfill", flow_run_name=backfill_name, persist_result=False)
def backfill(
    pipeline: str, start: str, end: str, every: str = "1D", again: bool = False, many: bool = False
) -> State[Outcome]:
    """Replays past days in order, each with the champion as of that day. What is done is skipped.

    Args:
        pipeline: Path of the pipeline file.
        start: The first moment to replay: a date, an ISO instant, or an integer step.
        end: The last one.
        every: Step between two: 1D, 7D, 6h, 1MS, or a number for integer steps; by the clock of the pipeline's zone.
        again: Reads the source again for days that are done, and redoes what has changed.
        many: Allows more than a thousand days.
    """
    try:
        jobs = replays(pipeline, start, end, every, many=many, now=scheduled_start(), blocks=secret_block)
        log.info("%d runs to replay, from %s to %s, every %s", len(jobs), jobs[0].key.as_of, jobs[-1].key.as_of, every)
        steps.begin(jobs[0])
        outcome = _outcome_of_all(jobs[0].pipeline, [_logged(_replayed(job, again=again)) for job in jobs])
        prune_old(jobs[-1])  # not day by day: what is done is known by its folder
    except (ForecastError, OSError) as error:
        outcome = Outcome(run_id="", exit_code=code_of(error), sentence=reason_of(error))
        show_unopened(pipeline, "backfill", outcome)
    return state_of(outcome, alerted=False)


def _replayed(job: Job, *, again: bool) -> Day:
    """One day from beginning to end. A day that fails is told, and the rest goes on; a user's mistake ends it all."""
    began, inputs = time.monotonic(), day_inputs(job)
    done = None if again else finished_day(job, inputs)
    if done is not None:
        return Day(job.key.as_of, done, skipped=True)

    def remember(owned: Job, outcome: Outcome) -> None:
        remember_day(owned, inputs, outcome)

    job = job.model_copy(update={"caller": this_flow_run()})
    outcome, error = run_to_end(job, _guarded, [], finish=steps.finish, after=remember)
    leave_to_other(error)
    if error is not None and not isinstance(error, RunBusyError):
        raise error
    return Day(job.key.as_of, outcome, seconds=time.monotonic() - began)


def _guarded(job: Job) -> Outcome:
    try:
        return _steps(job)
    except (ConfigError, RunBusyError):
        raise
    except Exception as error:  # noqa: BLE001 - a day that fails is told, and the rest goes on
        return stopped(job, error)


def _steps(job: Job) -> Outcome:
    panel = steps.ingest(job, since=steps.last_end(job))
    verdict = steps.choose_as_of(job)
    rows = steps.forecast(job, panel, verdict)
    _publish(job, panel, verdict, rows)
    return _outcome(job, panel, verdict, rows)


def _publish(job: Job, panel: PanelRef, verdict: Verdict, rows: ForecastRef) -> None:
    """Publishes; who is champion today does not matter to a day of the past, so a change in between is no fault."""
    for attempt in range(1, ATTEMPTS_TO_PUBLISH + 1):
        try:
            steps.publish(job, panel, verdict.model_copy(update={"champion_seen": champion_seen(job)}), rows)
            return
        except ChampionChangedError:
            if attempt == ATTEMPTS_TO_PUBLISH:
                raise


def _outcome(job: Job, panel: PanelRef, verdict: Verdict, rows: ForecastRef) -> Outcome:
    faults = data_faults(panel)
    if verdict.serve == CHALLENGER and rows.model_version is None:
        faults.append(f"the champion v{verdict.champion_version} served no series")
    faults += failed_faults(rows)
    sentence = " ".join([verdict.sentence, *(f"{remark}." for remark in rows.remarks)])
    return ended(job, sentence, faults, {"methods": rows.methods, "forecasts": rows.rows})


def _logged(day: Day) -> Day:
    as_of, served, rows, sentence = day.line()
    log.info("%s: %s, %s rows in %.1f s. %s", as_of, served, rows, day.seconds, sentence)
    return day


def _outcome_of_all(pipeline: Pipeline, days: list[Day]) -> Outcome:
    """The whole: 0 when every day worked, 3 with the list when some did not or are degraded, 1 when none did."""
    failed, worked = [day for day in days if not day.worked], [day for day in days if day.worked]
    degraded, skipped = [day for day in worked if day.outcome.exit_code == 3], [day for day in days if day.skipped]
    parts = [f"{len(worked)} of {len(days)} days are in the ledger"]
    parts += [f"{len(skipped)} of them were done before"] if skipped else []
    sentence = "; ".join(parts) + ". " + hindsight(pipeline)
    for title, some in (("Failed", failed), ("Degraded", degraded)):
        if some:
            listed = "; ".join(f"{day.as_of}: {day.outcome.sentence}" for day in some[:SHOWN_DAYS])
            more = f"; and {len(some) - SHOWN_DAYS} more" if len(some) > SHOWN_DAYS else ""
            sentence += f" {title} ({len(some)}): {listed}{more}"
    code: Literal[0, 1, 3] = 1 if not worked else 3 if failed or degraded else 0
    lines = [day.line() for day in days]
    _artifact(pipeline, sentence, lines)
    rows = [[as_of, f"{served}; {rows} rows. {sentence}"] for as_of, served, rows, sentence in lines]
    return Outcome(run_id="", exit_code=code, sentence=sentence.strip(), summary={"rows": rows})


def hindsight(pipeline: Pipeline) -> str:
    """What a replay may know that those days did not."""
    source = pipeline.source
    blind = ["source"] if source.known_at is None else []
    blind += ["source.future"] if source.future is not None and source.future.known_at is None else []
    if not blind:
        return "Each day read only what was known then."
    return (
        f"[{'] and ['.join(blind)}] names no known_at: what was corrected or arrived after a day is visible to that "
        "day, so its forecasts may look better than they were."
    )


def _artifact(pipeline: Pipeline, sentence: str, lines: list[tuple[str, str, str, str]]) -> None:
    table = ["| day | who served | rows | |", "|---|---|--:|---|"]
    table += ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    try:
        create_markdown_artifact(key=f"backfill-{pipeline.name}", markdown="\n".join([sentence, "", *table]))
    except Exception:
        log.exception("there is no artifact")
