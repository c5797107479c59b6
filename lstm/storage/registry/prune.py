"""Pruning: which run folders may go, and their removal while nobody can promote what is in them."""

from collections.abc import Callable, Container

from sqlalchemy import Connection, Engine, case, func, select

from lstm.storage.explanations.explanations_table import remove_explanations
from lstm.storage.registry.verdicts import Verdicts
from lstm.storage.runs.run_files import run_ids
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.sql.connections import transaction
from lstm.storage.store.database import write_transaction
from lstm.storage.store.schema import models, pipelines, promotions, runs


def prune_candidates(engine: Engine, pipeline_name: str, keep_runs: int) -> list[str]:
    """Runs that may go, the one that ended last first: ended, nobody's, not needed, and older than the newest.

    keep_runs: how many of each kind that ended last are kept, and as many that did not do their work. Needed are the
    runs that a promotion names or whose model one made champion, and the newest with scores, by which a series may be
    served by a baseline.
    """
    newest_first = (func.coalesce(runs.c.finished_at, runs.c.started_at).desc(), runs.c.run_id.desc())
    # Counted by kind, so that a backfill of a month does not push out the nights; and apart, so that a month in which
    # every night fails does not.
    worked = case((runs.c.exit_code.in_((0, 3)), 1), else_=0)
    place = func.row_number().over(partition_by=(runs.c.kind, worked), order_by=newest_first).label("place")
    # A run that was killed, and never started again, has no end.
    over = runs.c.finished_at.is_not(None) | (runs.c.status != "running")
    ended = select(runs.c.run_id, runs.c.owner, runs.c.status, place).where(runs.c.pipeline == pipeline_name, over)
    scored = Verdicts(engine).newest_scores(pipeline_name)
    with transaction(engine) as connection:
        spared = _named_by_promotions(connection, pipeline_name) | ({scored.run_id} if scored is not None else set())
        rows = connection.execute(ended.order_by(*newest_first)).all()
    old = [row for row in rows if row.place > keep_runs and _is_free(row.owner, row.status)]
    return [row.run_id for row in old if row.run_id not in spared]


def prune_folders(engine: Engine, pipeline_name: str, keep_runs: int, root: str) -> list[str]:
    """Removes the folders of runs that may go below the root of all runs, and answers whose. Raises StoreError."""
    present = run_ids(root)  # of a year of hours most are gone already, and each lock costs a transaction
    return prune(engine, pipeline_name, keep_runs, lambda run_id: RunStore(root, run_id).remove(""), present)


def prune(
    engine: Engine,
    pipeline_name: str,
    keep_runs: int,
    remove: Callable[[str], bool],
    present: Container[str] | None = None,
) -> list[str]:
    """Removes the folders of runs that may go, and answers the runs whose folder was there.

    remove: takes a run's folder away; False when there was none. It works while the pipeline and the run are locked: a
    promotion or a start of that run comes before, and the folder stays, or after, and finds that it is gone. present:
    runs with a folder, where that is known.
    """
    return [
        run
        for run in prune_candidates(engine, pipeline_name, keep_runs)
        if (present is None or run in present) and _removed(engine, pipeline_name, run, remove)
    ]


def _removed(engine: Engine, pipeline_name: str, run_id: str, remove: Callable[[str], bool]) -> bool:
    with write_transaction(engine, pipeline_name) as connection:
        holder = select(runs.c.owner, runs.c.status).where(runs.c.run_id == run_id).with_for_update()
        if not _is_free(*connection.execute(holder).one()) or run_id in _named_by_promotions(connection, pipeline_name):
            return False
        remove_explanations(connection, run_id)
        return remove(run_id)


def _is_free(owner: str | None, status: str) -> bool:
    """Whether nobody works on a run; one that crashed still has the name of who did."""
    return owner is None or status == "crashed"


def _named_by_promotions(connection: Connection, pipeline_name: str) -> set[str]:
    """Runs that made a champion, and those whose model has been one."""
    version = (promotions.c.pipeline == models.c.pipeline) & (promotions.c.version == models.c.version)
    promoted = select(models.c.run_id).join(promotions, version).where(models.c.pipeline == pipeline_name)
    serving = select(models.c.run_id).join(
        pipelines, (pipelines.c.name == models.c.pipeline) & (pipelines.c.champion_version == models.c.version)
    )
    promoting = select(promotions.c.run_id).where(
        promotions.c.pipeline == pipeline_name, promotions.c.run_id.is_not(None)
    )
    queries = (promoted, serving.where(models.c.pipeline == pipeline_name), promoting)
    return {run for query in queries for run in connection.scalars(query)}
