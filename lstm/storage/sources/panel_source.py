"""From a pipeline's source to its panel."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lstm.config import Pipeline, Roles, Table, level_name, secret
from lstm.config.ledger_columns import check_key_names
from lstm.data.frequency.aliases import has_open_phase, parse_frequency
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.data.rows.source_rows import SourceRows
from lstm.storage.sources.read import read_source
from lstm.storage.sql.url import beside

Blocks = Callable[[str], str]


def read_panel(
    pipeline: Pipeline, folder: Path, as_of: datetime | int, *, blocks: Blocks | None = None
) -> tuple[Panel, QualityReport]:
    """Reads the source as of a moment. folder: of the pipeline file. blocks: answers secret blocks by name.

    Raises ConfigError when a key column's name is one of the ledger's own, and what reading and assembling raise.
    """
    source = pipeline.source
    check_key_names(source.series, tuple(level_name(level) for level in pipeline.quantile_levels))

    def rows(table: Table, roles: Roles) -> SourceRows:
        url = None if table.url is None else beside(secret(table.url, blocks=blocks), folder)
        binds = _binds(pipeline, as_of)
        return read_source(table, roles, folder=folder, url=url, binds=binds, bad_rows=source.bad_rows)

    future = None if source.future is None else rows(source.future, source.future_roles)
    # Not kept here: the rows are let go once the panel holds them.
    return assemble(rows(source, source.roles), PanelSettings.of(pipeline), as_of, future)


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
