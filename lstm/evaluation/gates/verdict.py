"""The verdict: whether the challenger is promoted, who serves tonight, and why in words."""

import math
from collections.abc import Sequence

from lstm.contestants import CHALLENGER, CHAMPION, SEASONAL_NAIVE, best_baseline, short_name
from lstm.evaluation.wording import change, clause, contrast, number, span
from lstm.gate_metrics import METRICS
from lstm.references import GateOutcome, MethodScores, Verdict

HEADLINE_METRICS = ("mase", "wql")
REASONS_TOLD = 2
_STEP_NAMES = {"window": "cutting the windows", "train": "training", "evaluate": "evaluation", "report": "the report"}

Scores = dict[str, MethodScores]


def decide(
    *,
    run_id: str,
    outcomes: Sequence[GateOutcome],
    scores: Sequence[MethodScores],
    challenger_version: int | None,
    champion_version: int | None,
    origins: int,
    champion_absent_reason: str = "",
    moved: str = "",
) -> Verdict:
    """Promotes when no gate failed and at least one passed; so nothing is promoted without gates.

    Otherwise the champion serves; where there is none that can (`champion_version` is None), the best baseline.
    champion_absent_reason: why there is none, for the sentence. origins: held-out origins that were scored. moved: what
    became of single series, see `series_moved`.
    """
    by_name = {score.method: score for score in scores}
    promote = any(outcome.passed for outcome in outcomes) and all(outcome.passed is not False for outcome in outcomes)
    best = best_by_headline(by_name)
    if promote:
        serve, words = CHALLENGER, _promoted(by_name, best, challenger_version, champion_version, origins)
        words += _beyond_chance(outcomes, champion_version)
    else:
        serve = CHAMPION if champion_version is not None else best or SEASONAL_NAIVE
        why = _with_versions(_why_not(outcomes), challenger_version, champion_version)
        words = f"{_stays(champion_version, serve, champion_absent_reason)}: {why}."
    return Verdict(
        run_id=run_id,
        promote=promote,
        promoted_version=challenger_version if promote else None,
        serve=serve,
        challenger_version=challenger_version,
        champion_version=champion_version,
        best_baseline=best,
        gates=tuple(outcomes),
        scores=tuple(scores),
        origins=origins,
        sentence=f"{words} {moved}." if moved else words,
    )


def dethroned(verdict: Verdict, baseline: str, version: int, finding: str) -> Verdict:
    """The verdict where nothing was promoted, and the champion is beyond chance worse than a baseline.

    baseline: `baseline:NAME`, which becomes champion as this version. finding: how the champion stands to it.
    """
    champion, challenger = _label(verdict.champion_version, "the champion"), _label(verdict.challenger_version, "")
    because = _with_versions(finding, verdict.challenger_version, verdict.champion_version)
    rest = verdict.sentence.removeprefix(f"Kept {champion}: ")
    update = {
        "promote": True,
        "promoted_version": version,
        "serve": baseline,
        "sentence": f"{baseline} takes the place of {champion}: {because}. {challenger} was not promoted: {rest}",
    }
    return verdict.model_copy(update=update)


def failed_verdict(
    *,
    run_id: str,
    step: str,
    error_message: str,
    champion_version: int | None,
    champion_absent_reason: str = "",
    challenger_version: int | None = None,
    scores: Sequence[MethodScores] = (),
) -> Verdict:
    """The verdict when a step did not come to an end: one failed gate, nothing promoted, the night goes on.

    step: its name, such as `train`. scores: those that are known, by which the best baseline is chosen.
    """
    best = best_by_headline({score.method: score for score in scores})
    serve = CHAMPION if champion_version is not None else best or SEASONAL_NAIVE
    stays = _stays(champion_version, serve, champion_absent_reason)
    name = _STEP_NAMES.get(step, f"the step {step}")
    return Verdict(
        run_id=run_id,
        promote=False,
        serve=serve,
        challenger_version=challenger_version,
        champion_version=champion_version,
        best_baseline=best,
        gates=(GateOutcome(name=f"{step} finished", passed=False, reason=error_message),),
        scores=tuple(scores),
        origins=0,
        sentence=f"{stays}: {name} failed ({clause(error_message)}), so no challenger was judged.",
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


def _promoted(scores: Scores, best: str | None, version: int | None, champion_version: int | None, origins: int) -> str:
    title = _label(version, "the challenger")
    challenger = scores.get(CHALLENGER)
    points = (
        f"{challenger.points:,} points from {_count(origins, 'origin')}" if challenger else _count(origins, "origin")
    )
    metric = next((name for name in HEADLINE_METRICS if metric_of(scores, CHALLENGER, name) is not None), None)
    if metric is None:
        return f"Promoted {title}: it passed its gates on {points}."
    mine = metric_of(scores, CHALLENGER, metric) or 0.0
    rivals = [_rival(scores, metric, mine, best, "the best baseline")] if best is not None else []
    if champion_version is not None:
        rivals.append(_rival(scores, metric, mine, CHAMPION, f"v{champion_version}"))
    told = " and ".join(rival for rival in rivals if rival)
    return f"Promoted {title}: {METRICS[metric].title} {number(mine)}{', ' if told else ''}{told} on {points}."


def _beyond_chance(outcomes: Sequence[GateOutcome], champion_version: int | None) -> str:
    """` The interval of the difference to v12 reaches from …`, where a gate asked for one."""
    own = [one for one in outcomes if one.against == CHAMPION and not one.segment]
    ends = [(one.low, one.high) for one in own if one.low is not None and one.high is not None]
    if champion_version is None or not ends:
        return ""
    return f" The interval of the difference to v{champion_version} reaches from {span(*ends[0])}."


def _rival(scores: Scores, metric: str, mine: float, name: str, title: str) -> str:
    """`14 % better than the best baseline (naive, 0.92)`; empty where the rival has no such metric."""
    theirs = metric_of(scores, name, metric)
    if theirs is None:
        return ""
    shown = contrast(theirs, mine)[0]
    short = short_name(name)
    return (
        f"{change(mine, theirs)} {title} ({shown})"
        if short == name
        else f"{change(mine, theirs)} {title} ({short}, {shown})"
    )


def _why_not(outcomes: Sequence[GateOutcome]) -> str:
    """The first reasons of failed gates, then how many more there are."""
    failed = [clause(outcome.reason) for outcome in outcomes if outcome.passed is False]
    if not failed:
        return "no gate applied, and without one nothing is promoted"
    more = len(failed) - REASONS_TOLD
    told = failed[:REASONS_TOLD] + ([f"{_count(more, 'more gate')} failed"] if more > 0 else [])
    return "; ".join(told)


def _stays(champion_version: int | None, serve: str, absent_reason: str) -> str:
    if champion_version is not None:
        return f"Kept v{champion_version}"
    if absent_reason:
        return f"{serve} serves, because {clause(absent_reason)}"
    return f"No model has passed its gates yet, so {serve} serves"


def _with_versions(text: str, challenger: int | None, champion: int | None) -> str:
    """Gates speak of roles; people know versions."""
    text = text.replace("the challenger", _label(challenger, "the challenger"))
    return text.replace("the champion", f"v{champion}") if champion is not None else text


def _label(version: int | None, otherwise: str) -> str:
    return f"v{version}" if version is not None else otherwise


def _count(number_of: int, noun: str) -> str:
    return f"{number_of:,} {noun}{'' if number_of == 1 else 's'}"
