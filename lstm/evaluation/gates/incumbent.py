"""Whether the champion has become worse than what needs no training, beyond chance."""

from collections.abc import Mapping

from lstm.contestants import CHAMPION, best_baseline
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.gates.bootstrap import improvement_interval
from lstm.evaluation.wording import change, contrast, percent, span
from lstm.gate_metrics import METRICS

CONFIDENCE = 0.95


def better_baseline(
    contestants: Mapping[str, Scored], metrics: tuple[str, ...], overlap: int
) -> tuple[str, str] | None:
    """(name of the baseline that is better than the champion, in words how much); None where none is beyond chance.

    metrics: error metrics, of which the first counts that is defined. overlap: see `Evidence`. The ridge regression is
    left out: it belongs to its challenger, and cannot serve by itself another night.
    """
    champion = contestants.get(CHAMPION)
    for metric in metrics if champion is not None else ():
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
