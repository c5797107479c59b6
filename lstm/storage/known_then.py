"""What the registry knew as of a moment that may be past: who was champion, which versions, and which runs judged."""

from dataclasses import dataclass

from lstm.data.as_of import not_later
from lstm.references import Champion
from lstm.storage.champion_as_of import champion_as_of
from lstm.storage.registered_models import ListedModel
from lstm.storage.registry import Registry


@dataclass(frozen=True)
class KnownThen:
    """champion: who served then. trained: versions by runs that are not later. retrains: such runs, newest first.

    later: runs that were still to come.
    """

    champion: Champion | None
    trained: tuple[ListedModel, ...]
    retrains: tuple[str, ...]
    later: frozenset[str]


def known_then(registry: Registry, pipeline: str, as_of: str) -> KnownThen:
    """What was known at `as_of`, see `RunKey.as_of`; a run of a later one, or of another kind of grid, is to come."""
    runs = registry.runs(pipeline)
    known = [run for run in runs if not_later(run.as_of, as_of)]
    ids = {run.run_id for run in known}
    return KnownThen(
        champion=champion_as_of(registry, pipeline, as_of),
        trained=tuple(model for model in registry.models(pipeline) if model.run_id in ids),
        retrains=tuple(run.run_id for run in known if run.kind == "retrain"),
        later=frozenset(run.run_id for run in runs) - ids,
    )
