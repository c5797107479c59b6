"""The settings of a pipeline as they are kept with a model: whole, and without a secret."""

from typing import Any

from lstm.config import Pipeline
from lstm.storage.database_url import redacted


def kept_settings(pipeline: Pipeline) -> dict[str, Any]:
    """The pipeline file as JSON. A URL that is written out is cut to its place; a reference to a secret stays."""
    settings = pipeline.model_dump(mode="json")
    for table in (settings["source"], settings["store"], *settings["sinks"]):
        if table.get("url") is not None:
            table["url"] = _shown(table["url"])
    return settings


def _shown(url: str) -> str:
    return url if url.startswith(("env:", "block:")) else redacted(url)
