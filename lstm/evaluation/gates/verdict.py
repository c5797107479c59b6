"""The verdict: whether the challenger is promoted, who serves tonight, and why in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lstm.contestants import (
    CHALLENGER,
    CHAMPION,
    RIDGE,
    SEASONAL_NAIVE,
    best_baseline,
    in_sentence,
    is_baseline,
    short_name,
)
from lstm.evaluation.wording import change, clause, contrast, number, percent, span
from lstm.gate_metrics import METRICS
from lstm.quantity import quantity
from lstm.references import GateOutcome, MethodScores, Verdict

HEADLINE_METRICS = ("mase", "wql")
REASONS_TOLD = 2
_STEP_NAMES = {"window": "cutting the windows", "train": "training", "evaluate": "evaluation", "report": "the report"}

Scores = dict[str, MethodScores]


@dataclass(frozen=True)
class Parties:
    """Whom a verdict is about: the run, and the versions that stood against each other in it.

    champion_version: None where no champion could be compared or serve; `absent` says why. champion_seen: the champion
    of the registry at that moment, whether it was judged or not. stand_in: who serves in the challenger's place where
    no champion does; the best baseline where that is empty.
    """

    run_id: str
    challenger_version: int | None = None
    champion_version: int | None = None
    champion_seen: int | None = None
    absent: str = ""
    stand_in: str = ""

    @property
    def challenger(self) -> str:
        """`v2`; `the challenger` where it has no version."""
        return _label(self.challenger_version, "the challenger")

    def named(self, reason: str) -> str:
        """A reason with versions in place of roles: gates speak of roles, people know versions."""
        reason = reason.replace("the challenger", self.challenger)
        return reason.replace("the champion", _label(self.champion_version, "the champion"))


@dataclass(frozen=True)
class Takeover:
    """A baseline that becomes champion, as this version. finding: how the champion stands to it."""

    baseline: str
    version: int
    finding: str


def promotes(outcomes: Sequence[GateOutcome]) -> bool:
    """Whether no gate failed and at least one passed; so nothing is promoted without gates."""
    return any(outcome.passed for outcome in outcomes) and all(outcome.passed is not False for outcome in outcomes)


def decide(
    parties: Parties,
    outcomes: Sequence[GateOutcome],
    scores: Sequence[MethodScores],
    *,
    origins: int,
    takeover: Takeover | None = None,
    fault: str = "",
    remarks: Sequence[str] = (),
) -> Verdict:
    """The finished verdict: promotes where the gates do, else a baseline where it takes the champion's place.

    Otherwise the champion serves; where there is none that can, its stand-in. origins: held-out origins that were
    scored. fault: in spite of which the challenger is promoted, see `excuse`. remarks: what else the sentence says,
    such as `series_moved`; empty ones are left out.
    """
    by_name = {score.method: score for score in scores}
    best = best_by_headline(by_name)
    why = parties.named(_why_not(outcomes))
    promoted = None
    if fault or promotes(outcomes):
        serve, promoted = CHALLENGER, parties.challenger_version
        words = _promoted(by_name, best, parties, origins) + _beyond_chance(outcomes, parties.champion_version)
        words += _numbers(by_name, serve, parties)
        words += f" It has a fault: {parties.named(fault)}." if fault else ""
    elif takeover is not None:
        serve, promoted = takeover.baseline, takeover.version
        place, because = _label(parties.champion_version, "the champion"), parties.named(takeover.finding)
        words = f"{serve} takes the place of {place}: {because}. {parties.challenger} was not promoted: {why}."
    else:
        serve = _server(parties, parties.stand_in or best)
        words = f"{_stays(parties, serve)}: {why}.{_numbers(by_name, serve, parties)}"
    return Verdict(
        run_id=parties.run_id,
        promote=promoted is not None,
        promoted_version=promoted,
        serve=serve,
        challenger_version=parties.challenger_version,
        champion_version=parties.champion_version,
        champion_seen=parties.champion_seen,
        best_baseline=best,
        gates=tuple(outcomes),
        scores=tuple(scores),
        origins=origins,
        sentence=" ".join([words, *(f"{remark}." for remark in remarks if remark)]),
        fault=parties.named(fault),
    )


def failed_verdict(parties: Parties, step: str, error_message: str) -> Verdict:
    """The verdict when a step did not come to an end: one failed gate, nothing promoted, the night goes on.

    step: its name, such as `train`.
    """
    serve = _server(parties, None)
    name = _STEP_NAMES.get(step, f"the step {step}")
    return Verdict(
        run_id=parties.run_id,
        promote=False,
        serve=serve,
        challenger_version=parties.challenger_version,
        champion_version=parties.champion_version,
        champion_seen=parties.champion_seen,
        best_baseline=None,
        gates=(GateOutcome(name=f"{step} finished", passed=False, reason=error_message),),
        scores=(),
        origins=0,
        sentence=f"{_stays(parties, serve)}: {name} failed ({clause(error_message)}), so no challenger was judged.",
        failed_step=step,
    )


def best_by_headline(scores: Scores) -> str | None:
    """The best baseline by MASE, by weighted quantile loss where no MASE is defined; None where neither is."""
    values = ({name: getattr(score, metric) for name, score in scores.items()} for metric in HEADLINE_METRICS)
    candidates = (best_baseline(by_name, ridge=True) for by_name in values)
    return next((name for name in candidates if name is not None), None)


def metric_of(scores: Scores, name: str, metric: str) -> float | None:
    """A contestant's value of a metric; None when it is missing, NaN or infinite."""
    value = float(getattr(scores[name], metric)) if name in scores else math.nan
    return value if math.isfinite(value) else None


def _promoted(scores: Scores, best: str | None, parties: Parties, origins: int) -> str:
    challenger, version = scores.get(CHALLENGER), parties.champion_version
    points = f"{challenger.points:,} points from " if challenger else ""
    points += quantity(origins, "origin")
    metric = next((name for name in HEADLINE_METRICS if metric_of(scores, CHALLENGER, name) is not None), None)
    if metric is None:
        return f"Promoted {parties.challenger}: it passed its gates on {points}."
    error = metric_of(scores, CHALLENGER, metric) or 0.0
    baseline = best_by_headline({name: score for name, score in scores.items() if name != RIDGE})
    rivals = [_rival(scores, metric, error, baseline, "the best baseline")] if baseline is not None else []
    if best == RIDGE:
        rivals.append(_rival(scores, metric, error, RIDGE, "the ridge regression that it began from"))
    if version is not None:
        rivals.append(_rival(scores, metric, error, CHAMPION, f"v{version}"))
    beside = " and ".join(rival for rival in rivals if rival)
    title = f"{METRICS[metric].title} {number(error)}{', ' if beside else ''}{beside}"
    return f"Promoted {parties.challenger}: {title} on {points}."


def _numbers(scores: Scores, serve: str, parties: Parties) -> str:
    """` v1 has MASE 0.71, and its band holds 63 % of the points.`, of who serves; of a new champion only its band."""
    error, coverage = (metric_of(scores, serve, metric) for metric in ("mase", "coverage"))
    if coverage is None:
        return ""
    band = f"band holds {percent(coverage)} of the points."
    if serve == CHALLENGER or error is None:
        return f" Its {band}"
    name = _label(parties.champion_version, serve) if serve == CHAMPION else in_sentence(serve)
    return f" {name} has MASE {number(error)}, and its {band}"


def _beyond_chance(outcomes: Sequence[GateOutcome], champion_version: int | None) -> str:
    """` The interval of the difference to v12 reaches from …`, where a gate asked for one."""
    against_champion = [outcome for outcome in outcomes if outcome.against == CHAMPION and not outcome.segment]
    for outcome in against_champion if champion_version is not None else ():
        if outcome.low is not None and outcome.high is not None:
            reach = span(outcome.low, outcome.high)
            return f" The interval of the difference to v{champion_version} reaches from {reach}."
    return ""


def _rival(scores: Scores, metric: str, error: float, name: str, title: str) -> str:
    """`14 % better than the best baseline (naive, 0.92)`; empty where the rival has no such metric."""
    reference = metric_of(scores, name, metric)
    if reference is None:
        return ""
    shown = contrast(reference, error)[0]
    baseline = f"{short_name(name)}, " if is_baseline(name) and name != RIDGE else ""
    return f"{change(error, reference)} {title} ({baseline}{shown})"


def _why_not(outcomes: Sequence[GateOutcome]) -> str:
    """The first reasons of failed gates, then how many more there are."""
    failed = [clause(outcome.reason) for outcome in outcomes if outcome.passed is False]
    if not failed:
        return "no gate applied, and without one nothing is promoted"
    more = len(failed) - REASONS_TOLD
    return "; ".join(failed[:REASONS_TOLD] + ([f"{quantity(more, 'more gate')} failed"] if more > 0 else []))


def _server(parties: Parties, best: str | None) -> str:
    """Who serves where nothing was promoted: the champion, else the best baseline that is known."""
    return CHAMPION if parties.champion_version is not None else best or SEASONAL_NAIVE


def _stays(parties: Parties, serve: str) -> str:
    if parties.champion_version is not None:
        return f"Kept v{parties.champion_version}"
    if parties.absent:
        return f"{in_sentence(serve)} serves, because {clause(parties.absent)}"
    return f"No model has passed its gates yet, so {in_sentence(serve)} serves"


def _label(version: int | None, otherwise: str) -> str:
    return f"v{version}" if version is not None else otherwise
