"""What the end of a run has to tell to whoever may have to act: alerts, decided here and sent elsewhere."""

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from lstm.contestants import CHAMPION
from lstm.errors import DataError, TooManyFailedError
from lstm.references import ForecastRef, GateOutcome, Outcome, RunKey, Verdict

Severity = Literal["notice", "warning", "critical"]

REJECTED = "nightcast.gate.rejected"
REFUSED = "nightcast.data.refused"
FALLBACK = "nightcast.forecast.fallback"
DEGRADED_ACCURACY = "nightcast.accuracy.degraded"
FAILED = "nightcast.run.failed"
DEGRADED = "nightcast.run.degraded"

MOST_GATES = 20
MOST_REASONS = 10
HEADLINE = ("mase", "wql", "coverage")


EXAMPLES = 5


@dataclass(frozen=True)
class Fallback:
    """Why some series fell back, and to whom.

    targets: targets of series that it holds for. method: who forecasts them; `failed` where nobody does. examples: some
    of these series, such as `JFK/AA`.
    """

    reason: str
    method: str
    targets: int
    examples: tuple[str, ...]


def fallbacks(rows: pa.Table, keys: tuple[str, ...]) -> tuple[Fallback, ...]:
    """Why series in forecast rows fell back, the most frequent reason first; a target counts once, by its first step.

    keys: columns of the series key, none for one series.
    """
    first = rows.filter(pc.and_(pc.equal(rows["step"], 1), pc.is_valid(rows["reason"])))
    names: dict[tuple[str, str], list[str]] = {}
    for row in first.select([*keys, "reason", "method"]).to_pylist():
        name = "/".join(str(row[key]) for key in keys)
        names.setdefault((row["reason"], row["method"]), []).append(name)
    ordered = sorted(names.items(), key=lambda group: -len(group[1]))
    return tuple(
        Fallback(reason, method, len(series), tuple(dict.fromkeys(name for name in series if name))[:EXAMPLES])
        for (reason, method), series in ordered
    )


@dataclass(frozen=True)
class Alert:
    """An event that somebody may have to act on. sentence: for a person, complete by itself. facts: JSON, no secret.

    severity: `notice` is for the curious, `warning` for the morning, `critical` for now: nothing was published.
    """

    event: str
    severity: Severity
    sentence: str
    facts: dict[str, Any]

    @property
    def mark(self) -> str:
        """Names what is told, whatever its numbers: a second attempt at the same run took other seconds."""
        words = f"{self.event} {self.severity} {re.sub('[0-9]+', '#', self.sentence)}"
        return hashlib.sha256(words.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Ending:
    """How a run ended. error: what stopped it. faults: what went wrong beside it, told by no other alert.

    fallbacks: targets that somebody else than the one in charge forecasts. step_alerts: alerts that a step raised.
    """

    key: RunKey
    outcome: Outcome
    error: Exception | None = None
    verdict: Verdict | None = None
    forecast: ForecastRef | None = None
    fallbacks: tuple[Fallback, ...] = ()
    faults: tuple[str, ...] = ()
    step_alerts: tuple[Alert, ...] = ()


def alerts_of(ending: Ending) -> tuple[Alert, ...]:
    """The alerts of a run, the most urgent first. One that published nothing tells just that."""
    if ending.outcome.exit_code in (1, 2):
        return (stop_alert(ending.key.kind, ending.outcome, ending.error),)
    return tuple(sorted(_publication_alerts(ending), key=lambda alert: alert.severity != "warning"))


def stop_alert(kind: str, outcome: Outcome, error: Exception | None) -> Alert:
    """The alert of a run that came to nothing: the data were refused, or it failed.

    A monitor or a tuning that fails costs no forecast, so it can wait for the morning.
    """
    refused = isinstance(error, DataError | TooManyFailedError)
    cause = type(error).__name__ if error is not None else ""
    return Alert(
        event=REFUSED if refused else FAILED,
        severity="warning" if kind in ("monitor", "tune") else "critical",
        sentence=outcome.sentence,
        facts={"error": cause, "mistake": outcome.exit_code == 2},
    )


def _publication_alerts(ending: Ending) -> Iterator[Alert]:
    yield from ending.step_alerts
    if ending.verdict is not None and _rejected(ending.verdict):
        yield _rejection(ending.verdict)
    if ending.forecast is not None and ending.fallbacks:
        yield _fallback(ending.verdict, ending.forecast, ending.fallbacks)
    if ending.faults:
        done = {"monitor": "Scored", "tune": "Tuned"}.get(ending.key.kind, "Published")
        yield Alert(DEGRADED, "warning", f"{done}, but {'; '.join(ending.faults)}.", {"faults": list(ending.faults)})


def _rejected(verdict: Verdict) -> bool:
    kept = verdict.promote and verdict.promoted_version == verdict.challenger_version
    return not kept and any(gate.passed is False for gate in verdict.gates)


def _rejection(verdict: Verdict) -> Alert:
    """A challenger that is just not better than a champion that serves is a usual night; everything else is not."""
    failed = [gate for gate in verdict.gates if gate.passed is False]
    usual = verdict.serve == CHAMPION and verdict.failed_step is None and all(gate.against for gate in failed)
    return Alert(
        event=REJECTED,
        severity="notice" if usual else "warning",
        sentence=verdict.sentence,
        facts={
            "failed_step": verdict.failed_step,
            "challenger_version": verdict.challenger_version,
            "champion_version": verdict.champion_version,
            "serves": verdict.serve,
            "origins": verdict.origins,
            "failed_gates": [_gate(gate) for gate in failed[:MOST_GATES]],
            "scores": {
                score.method: {name: number_or_none(getattr(score, name)) for name in HEADLINE}
                for score in verdict.scores
            },
        },
    )


def _gate(gate: GateOutcome) -> dict[str, Any]:
    """A failed gate with its numbers, without what does not apply to it."""
    fields = {
        "gate": gate.name,
        "metric": gate.metric,
        "segment": gate.segment,
        "against": gate.against,
        "observed": number_or_none(gate.observed),
        "reference": number_or_none(gate.reference),
        "low": number_or_none(gate.low),
        "high": number_or_none(gate.high),
        "threshold": gate.threshold,
        "reason": gate.reason,
    }
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _fallback(verdict: Verdict | None, forecast: ForecastRef, fallbacks: tuple[Fallback, ...]) -> Alert:
    """Some series that fall back by the rules are usual; failed ones, and a champion that serves none, are not."""
    targets, total = sum(fallback.targets for fallback in fallbacks), sum(forecast.methods.values())
    champion = verdict.champion_seen if verdict is not None else None
    unserved = champion is not None and forecast.model_version is None
    why = "; ".join(f"{fallback.targets} because {fallback.reason}" for fallback in fallbacks[:3])
    return Alert(
        event=FALLBACK,
        severity="warning" if unserved or forecast.failed_series else "notice",
        sentence=f"{targets} of {total} forecasts are not by {'the champion' if champion else 'a model'}: {why}.",
        facts={
            "champion_version": champion,
            "series": forecast.series,
            "failed_series": forecast.failed_series,
            "methods": forecast.methods,
            "reasons": [
                vars(fallback) | {"examples": list(fallback.examples)} for fallback in fallbacks[:MOST_REASONS]
            ],
        },
    )


def number_or_none(value: float | None) -> float | None:
    """The number, None where it is missing, NaN or infinite, for which JSON has no word."""
    return value if value is not None and math.isfinite(value) else None
