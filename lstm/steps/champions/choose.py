"""Verdicts that no contest came to: a step that failed, a night without training, and a person's word."""

from lstm.contestants import CHALLENGER, CHAMPION, RIDGE, SEASONAL_NAIVE
from lstm.errors import ModelError
from lstm.evaluation.gates.verdict import Parties, best_by_headline, failed_verdict
from lstm.references import Verdict
from lstm.steps.champions.usable import champion_seen, contract_of, read_version, trained_later, usable_champion
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job


def judge_failure(job: Job, step: str, message: str) -> Verdict:
    """The verdict on a challenger that never came to be: a failed gate, and the champion or a baseline serves."""
    store = job.run_store()
    usable, absent = usable_champion(job, load_panel(store))
    version = usable.champion.version if usable is not None else None
    parties = Parties(job.key.run_id, champion_version=version, champion_seen=champion_seen(job), absent=absent)
    verdict = failed_verdict(parties, step, message)
    store.write_bytes("verdict.json", verdict.model_dump_json(indent=2).encode())
    return verdict


def choose_champion(job: Job) -> Verdict:
    """The verdict of a run without training: the champion serves, else the last verdict's best baseline."""
    usable, absent = usable_champion(job, load_panel(job.run_store()))
    best = best_baseline_known(job)
    version = usable.champion.version if usable is not None else None
    return Verdict(
        run_id=job.key.run_id,
        promote=False,
        serve=CHAMPION if usable is not None else best,
        challenger_version=None,
        champion_version=version,
        champion_seen=champion_seen(job),
        best_baseline=best,
        gates=(),
        scores=(),
        origins=0,
        sentence=f"v{version} serves; nothing was trained." if version is not None else f"{best} serves: {absent}.",
    )


def choose_version(job: Job, version: int, why: str) -> Verdict:
    """The verdict of a rollback: an older version becomes champion by a person's word, and serves at once."""
    older = job.registry().model(job.pipeline.name, version)
    panel, seen = load_panel(job.run_store()), champion_seen(job)
    differences = contract_of(job, panel.frequency.alias).differences(older.contract)
    if differences:
        raise ModelError(
            f"{older.label} has another contract ({'; '.join(differences)}); it cannot serve this pipeline"
        )
    later = trained_later(older.served_through, panel)
    if later:
        raise ModelError(f"{older.label} cannot serve this run: {later}; give a later --as-of")
    read_version(job, panel, older)
    return Verdict(
        run_id=job.key.run_id,
        promote=True,
        promoted_version=version,
        serve=CHALLENGER,
        challenger_version=version,
        champion_version=seen,
        champion_seen=seen,
        best_baseline=None,
        gates=(),
        scores=(),
        origins=0,
        sentence=f"Rolled back to v{version}: {why}",
    )


def best_baseline_known(job: Job) -> str:
    """`baseline:NAME` of the newest verdict with scores of a run that is not later, else the seasonal naive.

    The ridge regression is left out: without a challenger there is none.
    """
    verdict = job.registry().newest_scores(job.pipeline.name, job.key.as_of)
    scores = {score.method: score for score in verdict.scores if score.method != RIDGE} if verdict else {}
    return best_by_headline(scores) or SEASONAL_NAIVE
