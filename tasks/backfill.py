"""Backfill: who serves a day of the past, and the memory of which days are done."""

from prefect import task

from lstm.data.panel import Panel
from lstm.errors import ForecastError
from lstm.references import Champion, Outcome, Verdict
from lstm.storage.champion_as_of import champion_as_of
from lstm.storage.model_folder import read_model
from lstm.storage.run_store import fingerprints
from tasks.champion import contract_of, trained_later
from tasks.choose import best_baseline_known
from tasks.ingest import load_panel
from tasks.job import Job
from tasks.retrying import RETRYING

STEP = "backfill"
VERSION = 1
BASELINE = "baseline:"


@task(name="choose-as-of", **RETRYING)
def choose_as_of(job: Job) -> Verdict:
    """The verdict of a replayed day: the champion as of that day serves, else the best baseline known then."""
    champion = _champion(job)
    absent = "no model had been promoted by then" if champion is None else _unusable(job, champion)
    best = best_baseline_known(job)
    served = champion if champion is not None and not absent else None
    version = served.version if served is not None else None
    return Verdict(
        run_id=job.key.run_id,
        promote=False,
        # Not `champion`: that is who serves now.
        serve="challenger" if served is not None else best,
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


def _is_baseline(champion: Champion) -> bool:
    return champion.uri.startswith(BASELINE)


def _unusable(job: Job, champion: Champion) -> str:
    """Why a model cannot serve the day, empty where it can: another contract, damage, or knowledge of the future."""
    panel = load_panel(job.run_store())
    differences = contract_of(job, panel.frequency.alias).differences(champion.contract)
    if differences:
        return f"the champion of that day, {champion.label}, has another contract: {'; '.join(differences)}"
    if _is_baseline(champion):
        return ""
    reason = _unreadable(job, champion, panel)
    return f"the champion of that day, {champion.label}, cannot be used: {reason}" if reason else ""


def _unreadable(job: Job, champion: Champion, panel: Panel) -> str:
    try:
        forecaster = read_model(job.runs, champion.uri, champion.fingerprint)
        forecaster.readable(panel)
    except ForecastError as error:
        return str(error)
    return trained_later(forecaster.card.served_through, panel)


def day_inputs(job: Job) -> dict[str, object]:
    """What a replayed day depends on, apart from its table: settings, and who may serve it."""
    champion = _champion(job)
    settings = job.pipeline.model_dump(mode="json", exclude={"training", "evaluation", "gates", "sinks", "store"})
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
    """Marks the day as done. Its panel goes: it can be read again, and one a day would fill the disk."""
    store = job.run_store()
    store.once(STEP, VERSION, inputs, Outcome, lambda: (outcome, {}), again=True)
    for name in ("panel.parquet", "vintages.parquet"):
        store.remove(name)
