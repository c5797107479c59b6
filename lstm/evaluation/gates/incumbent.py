"""Whether the champion has become worse than what needs no training, beyond chance."""

from collections.abc import Mapping, Sequence

from lstm.contestants import CHAMPION, best_baseline
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.gates.bootstrap import improvement_interval
from lstm.evaluation.gates.verdict import HEADLINE_METRICS, promotes
from lstm.evaluation.wording import change, contrast, percent, span
from lstm.gate_metrics import METRICS
from lstm.references import GateOutcome

CONFIDENCE = 0.95


def successor(
    outcomes: Sequence[GateOutcome], contestants: Mapping[str, Scored], overlap: int, *, excused: bool = False
) -> tuple[str, str] | None:
    """(the baseline that takes the champion's place, in words how much better it is); None where nobody does.

    Nobody takes it from a challenger that is promoted, nor on doubtful data. overlap: see `Evidence`. excused: whether
    the challenger is promoted in spite of a gate.
    """
    return None if excused or promotes(outcomes) or in_doubt(outcomes) else better_baseline(contestants, overlap)


def in_doubt(outcomes: Sequence[GateOutcome]) -> bool:
    """Whether a gate found fault with the data or the number of points: then nobody takes anybody's place."""
    failed = [METRICS[outcome.metric] for outcome in outcomes if outcome.passed is False and outcome.metric in METRICS]
    return any(metric.of_data for metric in failed)


def better_baseline(contestants: Mapping[str, Scored], overlap: int) -> tuple[str, str] | None:
    """(name of the baseline that is better than the champion, in words how much); None where none is beyond chance.

    By the first of the headline metrics that is defined. overlap: see `Evidence`. The ridge regression is left out: it
    belongs to its challenger, and cannot serve by itself another night.
    """
    champion = contestants.get(CHAMPION)
    for metric in HEADLINE_METRICS if champion is not None else ():
        values = {name: contestant.error(metric) for name, contestant in contestants.items()}
        name = best_baseline(values, ridge=False)
        if name is not None and champion is not None:
            interval = improvement_interval(champion, contestants[name], metric, confidence=CONFIDENCE, overlap=overlap)
            if interval is None or interval.high >= 0.0:
                return None
            error, best = contrast(values[CHAMPION], values[name])
            return name, (
                f"the champion is {change(values[CHAMPION], values[name])} {name} ({METRICS[metric].title} {error} "
                f"against {best}), and the {percent(CONFIDENCE)} interval of the difference reaches from "
                f"{span(interval.low, interval.high)}"
            )
    return None
