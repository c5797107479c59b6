"""Who was champion as of a day that is replayed: by the `as_of` of the runs that promoted, not by when they ran."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lstm.data.frequency.as_of import not_later, read_as_of
from lstm.data.panel.vintages import moment_number
from lstm.references import Champion
from lstm.storage.registry.models import ListedModel
from lstm.storage.registry.registry import Registry
from lstm.storage.sql.connections import transaction
from lstm.storage.store.schema import promotions, runs


def champion_as_of(registry: Registry, pipeline_name: str, as_of: str) -> Champion | None:
    """The champion of the newest promotion that holds at `as_of`; None before the first, or where none served.

    A promotion by a run holds from that run's `as_of` on, one by a person from the moment that it was made. Integer
    steps know no such moment: there, a person's promotion holds from the step of the promotion before it.
    as_of: see `RunKey.as_of`.
    """
    query = (
        select(promotions.c.version, promotions.c.promoted_at, runs.c.as_of)
        .select_from(promotions.outerjoin(runs, runs.c.run_id == promotions.c.run_id))
        .where(promotions.c.pipeline == pipeline_name)
        .order_by(promotions.c.id)
    )
    with transaction(registry.engine) as connection:
        rows = connection.execute(query).all()
    moment = read_as_of(as_of)
    promotion, newest, before = None, None, None
    for row in rows:
        before = holds = _since(row.as_of, row.promoted_at, isinstance(moment, int), before)
        # Of equal moments the later promotion counts.
        if holds is not None and (newest is None or newest <= holds) and holds <= moment_number(moment):
            promotion, newest = row, holds
    if promotion is None or promotion.version is None:
        return None
    model = registry.model(pipeline_name, promotion.version)
    return Champion.model_validate(
        model.model_dump(include=set(Champion.model_fields)) | {"promoted_at": promotion.promoted_at}
    )


def _since(as_of: str | None, promoted_at: datetime, steps: bool, before: int | None) -> int | None:
    """Since when a promotion holds: microseconds since 1970, or an integer step; None where that cannot be told.

    before: since when the promotion before it holds.
    """
    if as_of is None:
        return before if steps else moment_number(promoted_at)
    moment = read_as_of(as_of)
    return moment_number(moment) if isinstance(moment, int) == steps else before


@dataclass(frozen=True)
class KnownThen:
    """champion: who served then. trained: versions by runs that are not later. retrains: such runs, newest first.

    later: runs that were still to come.
    """

    champion: Champion | None
    trained: tuple[ListedModel, ...]
    retrains: tuple[str, ...]
    later: frozenset[str]


def known_then(registry: Registry, pipeline_name: str, as_of: str) -> KnownThen:
    """What was known at `as_of`, see `RunKey.as_of`; a run of a later one, or of another kind of grid, is to come."""
    runs = registry.runs(pipeline_name)
    earlier = [run for run in runs if not_later(run.as_of, as_of)]
    ids = {run.run_id for run in earlier}
    return KnownThen(
        champion=champion_as_of(registry, pipeline_name, as_of),
        trained=tuple(model for model in registry.models(pipeline_name) if model.run_id in ids),
        retrains=tuple(run.run_id for run in earlier if run.kind == "retrain"),
        later=frozenset(run.run_id for run in runs) - ids,
    )
