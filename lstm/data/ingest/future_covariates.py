"""Future covariates from a table of their own, joined to the panel by series and time, never by place."""

import numpy as np
import pyarrow as pa

from lstm.config import Source
from lstm.data.ingest.channels import Channels
from lstm.data.ingest.identity import RowIdentity, ordinals_of
from lstm.data.ingest.off_grid import count_moved, settle_off_grid
from lstm.data.ingest.panel_rows import Layout
from lstm.data.ingest.placement import Placement
from lstm.data.panel.vintages import newest_versions
from lstm.data.quality.findings import Findings
from lstm.data.rows.series_keys import find_series


def place_future(
    table: pa.Table, identity: RowIdentity, layout: Layout, keys: pa.Table, source: Source, findings: Findings
) -> tuple[Placement, Channels]:
    """Rows of the table of future covariates that lie within the panel: (all versions, channels of the newest ones).

    keys: of the panel's S series.

    Raises DataError for times off the grid, unless `off_grid` says otherwise.
    """
    times = identity.times
    ordinals, exact = ordinals_of(layout.clock.grid, times.values, source)
    # A table without key columns is one series, and has no rows of keys.
    place = find_series(keys, identity.keys.keys) if keys.num_columns else np.zeros(1, np.int64)
    series = np.append(place, -1)[identity.keys.code]
    known_series = identity.included & (series >= 0)
    _remark_strangers(identity, identity.included & (series < 0), findings)
    off = np.append(~exact, False)[times.code] & known_series
    chosen = settle_off_grid(off, known_series, identity, layout.clock.grid, source)
    ordinal = np.append(ordinals, 0)[times.code]
    chosen = chosen & (ordinal >= layout.first[series]) & (ordinal <= layout.clock.cutoff + layout.horizon)
    steps = layout.steps_of(series, times, ordinals, chosen)
    placement = newest = Placement(table, layout, series, chosen, steps)
    count_moved(placement, identity, off, source, findings)
    if identity.known is not None:
        newest = placement.only(newest_versions(steps, identity.known.since[chosen], layout.steps))
    names = source.future_covariates
    channels = Channels(newest.merged_by(source.duplicates), names, names, (), findings, source)
    channels.settle_duplicates()
    return placement, channels


def _remark_strangers(identity: RowIdentity, strange: np.ndarray, findings: Findings) -> None:
    if strange.any():
        names = [identity.keys.names[index] for index in np.unique(identity.keys.code[strange])]
        findings.warn(
            f"source.future has {int(strange.sum()):,} rows of {len(names):,} series that have no observations: "
            f"{', '.join(names[:3])}{', ...' if len(names) > 3 else ''}"
        )
