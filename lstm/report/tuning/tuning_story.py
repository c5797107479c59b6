"""Everything that the report of a tuning tells, as rows of plain text."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from lstm.config import Pipeline
from lstm.contestants import CHALLENGER, CHAMPION, method_name
from lstm.evaluation.wording import UNKNOWN, count, duration, instant, signed_percent, table_number
from lstm.references import NOT_ENDED, RunKey, Search, TriedSetting, TuningVerdict
from lstm.report.charts.legend import in_order
from lstm.report.charts.trials import gain_over_current, trials_picture
from lstm.report.run.verdict_words import outcome

BEST_SHOWN = 8
TRIAL_COLUMNS = ("trial", "WQL", "MASE", "better by", "coverage", "ridge WQL", "epochs", "setting")
GATE_COLUMNS = ("gate", "outcome", "reason")
SCORE_COLUMNS = ("contestant", "MASE", "WQL", "MAE", "coverage")


@dataclass(frozen=True)
class TuningStory:
    """A tuning that has ended. lines: to paste, none where nothing is proposed. written: what became of --write."""

    pipeline: Pipeline
    key: RunKey
    search: Search
    verdict: TuningVerdict
    lines: tuple[str, ...]
    written: str
    locations: dict[str, str]
    written_at: datetime
    links: dict[str, str] = field(default_factory=dict)

    @cached_property
    def picture(self) -> bytes:
        """Trials over time and the importance of each key, drawn when first asked for."""
        return trials_picture(self.search, self.verdict.called)

    @property
    def as_of(self) -> str:
        """The moment that the run pretends it is, by the clock of the pipeline's zone."""
        return instant(self.key.as_of, self.pipeline.time_zone)

    @property
    def state(self) -> tuple[str, str]:
        """(`good` or `kept`, and a few words)."""
        return ("good", "a setting is proposed") if self.verdict.proposed else ("kept", "nothing is proposed")

    def facts(self) -> list[tuple[str, str]]:
        """Names and values: what was tried, on what, and what of it came to something."""
        search = self.search
        scored, stopped = search.scored, sum(bool(trial.stopped) for trial in search.trials)
        under_way = sum(trial.failure == NOT_ENDED for trial in search.trials)
        failed = len(search.trials) - len(scored) - under_way
        tried = f"{count(len(search.trials) - under_way)} in {duration(search.seconds)}: {search.ended}"
        return [
            ("as of", self.as_of),
            ("settings tried", tried),
            ("stopped early", count(stopped)),
            *((("came to nothing", count(failed)),) if failed else ()),
            *((("under way when it ended", count(under_way)),) if under_way else ()),
            ("scored on", f"{count(search.windows)} windows through {search.through}"),
        ]

    def trials(self) -> list[tuple[str, ...]]:
        """The best trials, and the file's setting among or after them; see TRIAL_COLUMNS."""
        best, current = self.search.scored[:BEST_SHOWN], self.search.current
        shown = best if current in best else [*best, current]
        gains = gain_over_current(self.search)
        return [self._row(trial, gains) for trial in shown]

    def _row(self, trial: TriedSetting, gains: dict[int, float]) -> tuple[str, ...]:
        current = trial.number == self.search.current.number
        return (
            str(trial.number),
            table_number(trial.wql),
            table_number(trial.mase),
            signed_percent(gains[trial.number]),
            table_number(trial.coverage),
            table_number(trial.ridge_wql),
            f"{trial.epochs}, best {trial.best_epoch}" + (f", {trial.stopped}" if trial.stopped else ""),
            self.verdict.called if current else setting_text(self._different(trial)),
        )

    def _different(self, trial: TriedSetting) -> dict[str, Any]:
        current = self.search.current.values
        return {name: value for name, value in trial.values.items() if value != current.get(name)}

    def failures(self) -> list[tuple[str, str]]:
        """Trials that came to nothing, and why."""
        return [(f"trial {trial.number}", trial.failure) for trial in self.search.trials if trial.failure]

    def gates(self) -> list[tuple[str, ...]]:
        """What each gate found, those that failed first; see GATE_COLUMNS."""
        ordered = sorted(self.verdict.gates, key=lambda gate: gate.passed is not False)
        return [(gate.name, outcome(gate), gate.reason) for gate in ordered]

    def scores(self) -> list[tuple[str, ...]]:
        """The contestants of the backtest; see SCORE_COLUMNS."""
        by_name = {score.method: score for score in self.verdict.scores}
        names = {CHALLENGER: "the tuned setting", CHAMPION: self.verdict.called}
        return [
            (
                names.get(name, method_name(name)),
                *(table_number(getattr(by_name[name], metric)) for metric in ("mase", "wql", "mae", "coverage")),
            )
            for name in in_order(set(by_name))
        ]

    def rows(self) -> list[tuple[str, str]]:
        """The short table that the command prints."""
        contest = [(name, f"MASE {mase}, WQL {wql}, coverage {held}") for name, mase, wql, _, held in self.scores()]
        failed = [(name, reason) for name, passed, reason in self.gates() if passed == "failed"]
        return [
            *self.facts()[1:],
            *contest,
            *((f"failed: {name}", reason) for name, reason in failed),
            ("verdict", self.verdict.sentence),
            *((("written", self.written),) if self.written else ()),
            *self.locations.items(),
        ]

    def summary(self) -> dict[str, Any]:
        """What the command prints: rows, the table of trials, the lines to paste."""
        table = {"head": list(TRIAL_COLUMNS), "rows": [list(row) for row in self.trials()]}
        return {"rows": [list(row) for row in self.rows()], "trials": table, "lines": list(self.lines)}


def setting_text(values: dict[str, Any]) -> str:
    """`hidden 128, look_back automatic, attention`."""
    parts = []
    for name, value in values.items():
        if isinstance(value, bool):
            parts.append(name if value else f"no {name}")
        else:
            parts.append(f"{name} {'automatic' if value is None else value}")
    return ", ".join(parts) or UNKNOWN
