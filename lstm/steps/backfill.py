"""Replays: the runs of past days, who serves each of them, and the memory of which are done."""

from datetime import datetime
from pathlib import Path

from lstm.config import load_pipeline
from lstm.contestants import CHALLENGER
from lstm.data.frequency.as_of import as_of_text, parse_as_of
from lstm.data.frequency.backfill_days import replayed_days
from lstm.references import Champion, Outcome, RunKey, Verdict
from lstm.steps.champions.choose import best_baseline_known
from lstm.steps.champions.usable import usable
from lstm.steps.ingest import forget_panels, load_panel
from lstm.steps.job import Job, SecretBlocks
from lstm.storage.registry.champion_as_of import champion_as_of
from lstm.storage.runs.run_folder import fingerprints

STEP = "backfill"
VERSION = 1


def replays(
    pipeline_file: str, start: str, end: str, every: str, *, many: bool, now: datetime, blocks: SecretBlocks
) -> list[Job]:
    """A job for each day, in order. They have no sinks: a replay is for the ledger only."""
    path = Path(pipeline_file).expanduser()
    pipeline = load_pipeline(path)
    first, last = (parse_as_of(text, pipeline=pipeline, now=now) for text in (start, end))
    moments = replayed_days(first, last, every, time_zone=pipeline.time_zone, now=now, many=many)
    without_sinks, home = pipeline.model_copy(update={"sinks": ()}), str(path.resolve().parent)
    keys = [RunKey(pipeline=pipeline.name, kind="backfill", as_of=as_of_text(moment)) for moment in moments]
    return [Job(pipeline=without_sinks, home=home, key=key, blocks=blocks) for key in keys]


def choose_as_of(job: Job) -> Verdict:
    """The verdict of a replayed day: the champion as of that day serves, else the best baseline known then."""
    champion, best = _champion(job), best_baseline_known(job)
    served, absent = _usable(job, champion)
    version = served.version if served is not None else None
    return Verdict(
        run_id=job.key.run_id,
        promote=False,
        # Not `champion`: that is who serves now.
        serve=CHALLENGER if served is not None else best,
        challenger_version=version,
        champion_version=version,
        champion_seen=champion.version if champion is not None else None,
        best_baseline=best,
        gates=(),
        scores=(),
        origins=0,
        sentence=f"{served.label} served as of that day." if served is not None else f"{best} serves: {absent}.",
    )


def _champion(job: Job) -> Champion | None:
    return champion_as_of(job.registry(), job.pipeline.name, job.key.as_of)


def _usable(job: Job, champion: Champion | None) -> tuple[Champion | None, str]:
    """(the champion of the day, "") or (None, why it cannot serve the day)."""
    if champion is None:
        return None, "no model had been promoted by then"
    named = f"the champion of that day, {champion.label},"
    candidate, absent = usable(job, load_panel(job.run_store()), champion, named)
    return (champion, "") if candidate is not None else (None, absent)


def day_inputs(job: Job) -> dict[str, object]:
    """What a replayed day depends on, apart from its table: settings, and who may serve it."""
    champion = _champion(job)
    settings = job.pipeline.model_dump(
        mode="json",
        exclude={"training", "tuning", "evaluation", "gates", "sinks", "store", "schedule", "tracking", "explain"},
    )
    return {
        "settings": settings,
        "champion": [champion.version, champion.fingerprint] if champion is not None else [],
        "baseline": best_baseline_known(job),
    }


def finished_day(job: Job, inputs: dict[str, object]) -> Outcome | None:
    """How an earlier backfill ended this day, None where it has to be done (again)."""
    known = job.registry().run(job.key.run_id)
    if known is None or known.exit_code not in (0, 3):
        return None
    return job.run_store().finished(STEP, VERSION, fingerprints(inputs), Outcome)


def remember_day(job: Job, inputs: dict[str, object], outcome: Outcome) -> None:
    """Marks a day that worked as done. Its panel goes: it can be read again, and one a day would fill the disk."""
    if outcome.exit_code not in (0, 3):
        return
    store = job.run_store()
    store.once(STEP, VERSION, inputs, Outcome, lambda: (outcome, {}), again=True)
    for name in ("panel.parquet", "vintages.parquet"):
        store.remove(name)
    forget_panels()
