"""What the monitor looks at: the publications of the last days, and which of their rows are new or revised."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lstm.data.frequency.grid import Frequency
from lstm.data.panel.panel import Panel
from lstm.errors import StoreError
from lstm.evaluation.monitoring.realised import Realised
from lstm.storage.actuals.join import Scales, Scoring, realise, realised_rows, rescore, revised_times
from lstm.storage.actuals.realised_table import Published, RealisedForecasts
from lstm.storage.ledger.ledger import Moment
from lstm.storage.ledger.ledger_table import Layout


@dataclass(frozen=True)
class Look:
    """Publications of a pipeline whose cutoff lies within the last `steps` steps of a panel, as of a moment."""

    pipeline: str
    as_of: str
    panel: Panel
    realised: RealisedForecasts
    layout: Layout
    published: tuple[Published, ...]
    steps: int

    @property
    def runs(self) -> list[str]:
        """Ids of the runs."""
        return [publication.run_id for publication in self.published]

    @property
    def span(self) -> tuple[Moment, Moment]:
        """First and last time looked at, in the grid's own type."""
        ends = np.array([self.panel.cutoff - self.steps + 1, self.panel.cutoff])
        first, last = self.panel.frequency.times(ends).to_pylist()
        return first, last

    def outdated(self) -> list[str]:
        """Runs that were published anew since their rows were scored."""
        return self.realised.outdated(self.layout, self.published)

    def rows(self) -> Realised:
        """The rows that the table has by now."""
        last = self.span[1]
        ends = self.realised.spans(self.layout, self.runs)
        return realised_rows(
            self.realised.rows(self.layout, self.runs, *self.span),
            self.panel,
            self.layout,
            ranks={publication.run_id: publication.rank for publication in self.published},
            complete={run_id for run_id, end in ends.items() if end <= last},  # type: ignore[operator]
        )

    def new(self, season: int, scales: Scales) -> pa.Table:
        """Rows whose actual has come since. season: of the seasonal naive, in steps. scales: of MASE by version."""
        scoring = Scoring(self.pipeline, self.as_of, season, scales)
        return pa.concat_tables(
            realise(
                self.realised.unscored(self.layout, publication.run_id, *self.span),
                self.panel,
                self.layout,
                publication,
                scoring,
            )
            for publication in self.published
        )

    def revised(self) -> pa.Table:
        """Rows whose actual is another by now, scored with that."""
        none = self.realised.none(self.layout)
        newest = self.realised.scored_through(self.layout, self.pipeline)
        if newest is None or newest > self.span[1]:  # type: ignore[operator]
            return none  # a monitor of a later day has seen more than this one may
        known = self.realised.actuals(self.layout, self.pipeline, *self.span)
        ordinals = revised_times(known, self.panel)
        if not len(ordinals):
            return none
        times = self.panel.frequency.times(ordinals).to_pylist()
        rows = self.realised.rows_at(self.layout, self.pipeline, times)
        return rescore(rows, self.panel, as_of=self.as_of)


def look_back(
    realised: RealisedForecasts, panel: Panel, steps: int, *, pipeline_name: str, as_of: str, later: Collection[str]
) -> Look | None:
    """The look at a pipeline's newest publications; None where there is none on the panel's kind of grid.

    later: runs that were still to come at `as_of`. Raises StoreError when the forecasts have other series keys.
    """
    layout = realised.prepare()
    if layout is None or layout.grid != _grid_kind(panel.frequency):
        return None
    _check_keys(layout, panel)
    published = tuple(
        publication
        for publication in realised.publications(pipeline_name)
        if publication.run_id not in later
        and (cutoff := ordinal_of(panel.frequency, publication.cutoff)) is not None
        and panel.cutoff - steps <= cutoff < panel.cutoff
    )
    return Look(pipeline_name, as_of, panel, realised, layout, published, steps) if published else None


def _check_keys(layout: Layout, panel: Panel) -> None:
    if set(layout.key_names) != set(panel.keys.column_names):
        raise StoreError(
            f"the forecasts to score have the series keys {', '.join(layout.key_names) or 'none'}, source.series names "
            f"{', '.join(panel.keys.column_names) or 'none'}; give the pipeline a table of its own: "
            "store.forecasts_table, or change source.series back"
        )


def _grid_kind(frequency: Frequency) -> str:
    return "integer" if frequency.kind == "integer" else "date" if frequency.is_date else "timestamp"


def ordinal_of(frequency: Frequency, text: str) -> int | None:
    """The ordinal of a time that an older run wrote; None where the pipeline had another kind of grid then."""
    try:
        return frequency.ordinal_of_text(text)
    except (ValueError, TypeError):
        return None
