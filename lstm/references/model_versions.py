"""Models as the registry numbers them, what they promise, and where they come from."""

from datetime import datetime
from typing import Any

from lstm.references.reference import Reference


class Contract(Reference):
    """What two models must share to be compared or exchanged."""

    targets: tuple[str, ...]
    series: tuple[str, ...]
    horizon: int
    frequency: str
    quantile_levels: tuple[float, ...]

    def differences(self, older: "Contract") -> list[str]:
        """One sentence part a field that differs from an older contract, such as `horizon was 24, is 48`."""
        is_now, was = self.model_dump(), older.model_dump()
        return [f"{name} was {was[name]}, is {is_now[name]}" for name in was if was[name] != is_now[name]]


class VersionedModel(Reference):
    """A model in the registry. uri: its folder below the root of all runs."""

    version: int
    run_id: str
    uri: str
    fingerprint: str
    contract: Contract
    trained_through: str

    @property
    def label(self) -> str:
        """`v12`."""
        return f"v{self.version}"


class Champion(VersionedModel):
    """The model that serves a pipeline, as the registry knows it."""

    promoted_at: datetime


class Lineage(Reference):
    """Where a model comes from.

    settings: the pipeline file as it was then, without secrets. packages: version by package. parent_version: the
    champion when it was trained, None when there was none.
    """

    panel_fingerprint: str
    windows_fingerprint: str
    settings: dict[str, Any]
    code_version: str
    packages: dict[str, str]
    parent_version: int | None = None
