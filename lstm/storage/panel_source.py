"""From a pipeline's source to its panel."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lstm.config import Pipeline, level_name, secret
from lstm.data.frequency import has_open_phase, parse_frequency
from lstm.data.observations import assemble
from lstm.data.panel import Panel
from lstm.data.quality import QualityReport
from lstm.storage.database_url import beside
from lstm.storage.layout import check_key_names
from lstm.storage.sources import read_source

Blocks = Callable[[str], str]


def read_panel(
    pipeline: Pipeline, folder: Path, as_of: datetime | int, *, blocks: Blocks | None = None
) -> tuple[Panel, QualityReport]:
    """Reads the source as of a moment. folder: of the pipeline file. blocks: answers secret blocks by name.

    Raises ConfigError when a key column's name is one of the ledger's own, and what reading and assembling raise.
    """
    check_key_names(pipeline.source.series, tuple(level_name(level) for level in pipeline.quantile_levels))
    url = None
    if pipeline.source.url is not None:
        url = beside(secret(pipeline.source.url, blocks=blocks), folder)
    rows = read_source(pipeline.source, pipeline.source.roles, folder=folder, url=url, binds=_binds(pipeline, as_of))
    return assemble(rows, pipeline, as_of)


def _binds(pipeline: Pipeline, as_of: datetime | int) -> dict[str, object]:
    """Values of `:as_of` and `:horizon_end`; the latter needs a frequency in the pipeline file."""
    binds: dict[str, object] = {"as_of": as_of}
    grid = parse_frequency(pipeline.frequency) if pipeline.frequency is not None else None
    if grid is not None and isinstance(as_of, int) == (grid.kind == "integer"):
        cutoff = grid.newest_complete(as_of, pipeline.source.time_label, pipeline.time_zone)
        # Where the table decides on the phase of the grid, its horizon may end within the step after this one.
        open_phase = int(has_open_phase(pipeline.frequency or ""))
        end = grid.times(np.array([cutoff + pipeline.horizon + open_phase]))[0].as_py()
        binds["horizon_end"] = end.astimezone(UTC) if isinstance(end, datetime) else end
    return binds
