"""Everything that the report of the monitor tells, gathered by whoever runs it, and as rows of plain text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Pipeline
from lstm.data.frequency.grid import Frequency
from lstm.evaluation.wording import UNKNOWN, count, instant, table_number
from lstm.references import Accuracy, RealisedScores, RunKey
from lstm.report.charts.accuracy import MonitorPictures, draw_monitor_pictures
from lstm.report.run.verdict_words import outcome

MOST_SERIES = 15
MODEL_COLUMNS = (
    "", "forecasts", "steps", "MASE", "promised", "seasonal naive", "MAE", "WQL", "coverage", "promised", "bias",
)  # fmt: skip
SERIES_COLUMNS = ("series", "target", "steps", "MASE", "seasonal naive", "MAE", "coverage", "bias")
DRIFT_COLUMNS = ("input", "role", "index", "usual", "shift", "usual", "missing", "in training", "")
DRIFT_NUMBERS = ("psi", "usual_psi", "shift", "usual_shift", "missing", "usual_missing")
CHECK_COLUMNS = ("check", "outcome", "found", "asked for", "reason")


@dataclass(frozen=True)
class MonitorStory:
    """One run of the monitor. scores: `realised.parquet`, None where nothing has come true.

    retrain: what became of asking for a retrain, empty where nobody asked. locations: where a person finds things.
    """

    pipeline: Pipeline
    key: RunKey
    accuracy: Accuracy
    frequency: Frequency
    scores: pa.Table | None
    retrain: str
    locations: dict[str, str]
    written_at: datetime
    links: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def pictures(self) -> MonitorPictures:
        """The pictures, drawn when they are first asked for."""
        return draw_monitor_pictures(self.accuracy, self.scores, self.frequency, self.pipeline.monitor)

    @property
    def as_of(self) -> str:
        """The moment that the run pretends it is, by the clock of the pipeline's zone."""
        return instant(self.key.as_of, self.pipeline.time_zone)

    @property
    def state(self) -> tuple[str, str]:
        """(`good`, `kept` or `bad`, and a few words)."""
        return {
            True: ("bad", "worse than promised"),
            False: ("good", "as promised"),
            None: ("kept", "not judged yet"),
        }[self.accuracy.degraded]

    @property
    def joined(self) -> int:
        """Forecast steps that have both a forecast and an actual."""
        return self.accuracy.due - self.accuracy.waiting - self.accuracy.failed

    def facts(self) -> list[tuple[str, str]]:
        """Names and values: how many forecast steps were due, scored, waiting and revised."""
        accuracy = self.accuracy
        return [
            ("as of", self.as_of),
            ("cutoff", accuracy.cutoff),
            ("judged", accuracy.judged or UNKNOWN),
            ("forecast steps that were due", count(accuracy.due)),
            ("of these scored", count(self.joined)),
            ("actual still missing", count(accuracy.waiting)),
            ("without a forecast", count(accuracy.failed)),
            ("scored for the first time", count(accuracy.added)),
            ("scored again, actual revised", count(accuracy.revised)),
            *((("retrain", self.retrain),) if self.retrain else ()),
        ]

    def checks(self) -> list[tuple[str, ...]]:
        """A row a check of the accuracy; see CHECK_COLUMNS."""
        return [
            (check.name, outcome(check), table_number(check.observed), check.threshold, check.reason)
            for check in self.accuracy.checks
        ]

    def models(self) -> list[tuple[str, ...]]:
        """A row a model that forecast; see MODEL_COLUMNS."""
        return [_model_row(line) for line in self.accuracy.models]

    def worst_series(self) -> list[tuple[str, ...]]:
        """Series and targets of the newest model, the largest error first; see SERIES_COLUMNS."""
        newest = self.newest_model
        if self.scores is None or newest is None:
            return []
        rows = self.scores.filter(
            pc.and_(
                pc.and_(pc.equal(self.scores["scope"], "series"), pc.equal(self.scores["model"], newest.label)),
                pc.equal(self.scores["backfill"], newest.kind == "backfill"),
            )
        ).to_pylist()
        rows.sort(key=lambda row: -row["mase"] if row["mase"] == row["mase"] else 1.0)
        return [
            (
                row["series"], row["target"], count(row["points"]),
                *(table_number(row[name]) for name in ("mase", "naive_mase", "mae", "coverage", "bias")),
            )
            for row in rows[:MOST_SERIES]
        ]  # fmt: skip

    @property
    def newest_model(self) -> RealisedScores | None:
        """The model of the newest forecast; the first line is of all of them."""
        return next(iter(self.accuracy.models[1:]), None)

    def drift(self) -> list[tuple[str, ...]]:
        """A row an input whose distribution was watched; see DRIFT_COLUMNS."""
        return [
            (
                channel.name, channel.role,
                *(table_number(getattr(channel, name)) for name in DRIFT_NUMBERS),
                f"drifted: {channel.reason}" if channel.drifted else "as usual",
            )
            for channel in self.accuracy.drift
        ]  # fmt: skip

    def rows(self) -> list[tuple[str, str]]:
        """The short table that the command prints."""
        accuracy = self.accuracy
        return [
            ("due, scored, waiting", f"{count(accuracy.due)}, {count(self.joined)}, {count(accuracy.waiting)}"),
            ("new, revised", f"{count(accuracy.added)}, {count(accuracy.revised)}"),
            *((_name(line), _scores(line)) for line in accuracy.models),
            *((check.name, f"{outcome(check)}; {check.reason}") for check in accuracy.checks),
            *((f"drift of {channel.name}", channel.reason) for channel in accuracy.drift if channel.drifted),
            *((("retrain", self.retrain),) if self.retrain else ()),
            ("verdict", accuracy.sentence),
            *self.locations.items(),
        ]


def _name(line: RealisedScores) -> str:
    return f"{line.label} (backfill)" if line.kind == "backfill" else line.label


def _scores(line: RealisedScores) -> str:
    promised = f" ({table_number(line.promised_mase)} promised)" if line.promised_mase == line.promised_mase else ""
    return (
        f"MASE {table_number(line.mase)}{promised}, seasonal naive {table_number(line.naive_mase)}, "
        f"coverage {table_number(line.coverage)}, {line.origins} forecasts"
    )


def _model_row(line: RealisedScores) -> tuple[str, ...]:
    numbers = (
        line.mase, line.promised_mase, line.naive_mase, line.mae, line.wql, line.coverage, line.promised_coverage,
        line.bias,
    )  # fmt: skip
    return (
        _name(line),
        count(line.origins),
        count(line.points),
        *(table_number(value) for value in numbers),
    )
