"""Where a challenger comes from, for the registry."""

from lstm.model.forecaster.card import ModelCard
from lstm.references import Lineage
from lstm.storage.registry.models import kept_settings
from tasks.champion import champion_seen
from tasks.job import Job


def lineage_of(job: Job, card: ModelCard) -> Lineage:
    """Data, settings, code and parent of a model that this run has trained. The champion of this moment is its parent.

    A run that is judged again keeps the lineage that it was registered with first.
    """
    return Lineage(
        panel_fingerprint=card.panel,
        windows_fingerprint=card.windows,
        settings=kept_settings(job.pipeline),
        code_version=card.versions.get("nightcast", ""),
        packages=card.versions,
        parent_version=champion_seen(job),
    )
