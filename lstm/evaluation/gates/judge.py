"""Gates: rules that a challenger must pass. They fail closed: what cannot be compared has not passed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lstm.config import Gate
from lstm.contestants import CHALLENGER, CHAMPION, RIDGE, best_baseline, in_sentence, is_baseline
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.backtest.segments import Segment
from lstm.evaluation.gates.comparison import compared, worse_series
from lstm.evaluation.gates.coverage_interval import CONFIDENCE, coverage_interval
from lstm.evaluation.gates.finding import ROUNDING, Finding, beside, bounded, outside, undefined
from lstm.evaluation.wording import number, percent
from lstm.gate_metrics import METRICS
from lstm.references import GateOutcome


@dataclass(frozen=True)
class Evidence:
    """All that a challenger is judged by.

    contestants: by name, `challenger`, `champion` and `baseline:NAME`. segments: of each scope that a gate names.
    overlap: origins that a horizon spans. forecasts: measures (S, C) of the challenger's forecasts of tonight, by
    metric, NaN where undefined (see `lstm.model.serving.sanity`). run: numbers of the run, by metric. absent: why there
    is no champion to compare with. not_applicable: why a metric does not apply, by metric. stand_in: who would serve in
    the challenger's place, one of the contestants, and `stand_in_forecasts` the same measures of its forecasts.
    """

    contestants: Mapping[str, Scored]
    segments: Mapping[str, Sequence[Segment]]
    overlap: int = 1
    forecasts: Mapping[str, np.ndarray] = field(default_factory=dict)
    run: Mapping[str, float] = field(default_factory=dict)
    absent: str = ""
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    stand_in: str = ""
    stand_in_forecasts: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def stand_in_scored(self) -> Scored | None:
        """The errors of whoever would serve in the challenger's place; None where nobody is known."""
        return self.contestants.get(self.stand_in)

    @property
    def stand_in_title(self) -> str:
        """How sentences call it: `the champion`, `baseline:naive`."""
        return in_sentence(self.stand_in)


def judge_gates(gates: Sequence[Gate], evidence: Evidence) -> tuple[GateOutcome, ...]:
    """What each gate found in each of its segments, in order; one of the coverage judges every interval by itself.

    A gate against a champion or a ridge regression that is not there does not apply. One whose metric is missing or
    undefined, or that has too few points, fails. A fixed limit that the challenger does not keep is held beside whoever
    would serve instead, too.
    """
    return tuple(_outcome(gate, name, finding) for gate in gates for name, finding in _findings(gate, evidence))


def _outcome(gate: Gate, segment: str, finding: Finding) -> GateOutcome:
    interval = finding.interval
    return GateOutcome(
        name=gate.name,
        metric=gate.metric,
        segment=segment,
        against=gate.against or "",
        passed=finding.passed,
        observed=finding.observed,
        reference=finding.reference,
        low=interval.low if interval is not None else None,
        high=interval.high if interval is not None else None,
        threshold=finding.threshold,
        stand_in=finding.stand_in,
        excused=finding.excused,
        reason=f"{segment}: {finding.reason}" if segment else finding.reason,
    )


def _findings(gate: Gate, evidence: Evidence) -> Iterator[tuple[str, Finding]]:
    """(segment, what was found there)."""
    why = _does_not_apply(gate, evidence)
    if why:
        yield "", Finding(None, why)
        return
    for segment in evidence.segments[gate.scope]:
        if gate.metric == "coverage":
            yield from _coverages(gate, segment, evidence)
        else:
            yield segment.name, _judged(gate, segment.mask, evidence)


def _does_not_apply(gate: Gate, evidence: Evidence) -> str:
    if gate.metric in evidence.not_applicable:
        return evidence.not_applicable[gate.metric]
    if gate.against == CHAMPION and CHAMPION not in evidence.contestants:
        return evidence.absent
    if gate.against == "ridge" and RIDGE not in evidence.contestants:
        return "the challenger did not begin at a ridge regression"
    if gate.metric == "coverage" and CHALLENGER in evidence.contestants:
        promised = evidence.contestants[CHALLENGER].intervals
        return "" if promised else "no two quantile levels are symmetric about 0.5, so they promise no coverage"
    return ""


def _judged(gate: Gate, mask: np.ndarray, evidence: Evidence) -> Finding:
    """What a gate found in a segment, bool (S, C)."""
    metric = METRICS[gate.metric]
    if metric.source == "tonight":
        finding = _share_beyond(gate, evidence.forecasts.get(metric.name), mask)
        instead = _share_beyond(gate, evidence.stand_in_forecasts.get(metric.name), mask).observed
        return beside(gate, finding, evidence.stand_in_title, instead)
    if metric.source == "run":
        return bounded(gate, evidence.run.get(metric.name), f"the {metric.title}")
    challenger = evidence.contestants.get(CHALLENGER)
    if challenger is None:
        return undefined(f"the challenger has no {metric.title}")
    too_few = _too_few(gate, challenger, mask)
    if too_few is not None and metric.name != "points":
        return too_few
    if gate.against is not None:
        return _against(gate, mask, challenger, evidence)
    whose = "the" if metric.better is None else "the challenger's"
    finding = bounded(gate, challenger.value(metric.name, mask), f"{whose} {metric.title}")
    other = evidence.stand_in_scored
    if other is None or metric.better != "zero":  # an error has a limit because somebody wants it kept
        return finding
    return beside(gate, finding, evidence.stand_in_title, other.value(metric.name, mask))


def _too_few(gate: Gate, challenger: Scored, mask: np.ndarray) -> Finding | None:
    points = challenger.count(mask)
    if points >= gate.least_points:
        return None
    return undefined(f"{points:,} points were scored, {gate.least_points:,} are needed (least_points)")


def _against(gate: Gate, mask: np.ndarray, challenger: Scored, evidence: Evidence) -> Finding:
    metric = "mase" if METRICS[gate.metric].formula is None else gate.metric
    if gate.against == "best_baseline":
        values = {name: contestant.error(metric) for name, contestant in evidence.contestants.items()}
        rival = best_baseline(values, ridge=False)
    else:
        rival = RIDGE if gate.against == "ridge" else gate.against
    if rival is None:
        return undefined(f"no baseline has a {METRICS[metric].title}")
    if rival not in evidence.contestants:
        baselines = ", ".join(name for name in evidence.contestants if is_baseline(name))
        return undefined(f"{rival} was not among the contestants; there are: {baselines}")
    if gate.metric == "worse_share":
        return worse_series(gate, rival, challenger, evidence.contestants[rival], mask)
    return compared(gate, rival, challenger, evidence.contestants[rival], mask, evidence.overlap)


def _coverages(gate: Gate, segment: Segment, evidence: Evidence) -> Iterator[tuple[str, Finding]]:
    """One finding for each interval."""
    challenger = evidence.contestants.get(CHALLENGER)
    if challenger is None:
        yield segment.name, undefined("the challenger has no coverage")
        return
    for low, high in challenger.intervals if gate.interval is None else (gate.interval,):
        band = f"{percent(high - low)} interval" if len(challenger.intervals) > 1 else ""
        finding = _too_few(gate, challenger, segment.mask)
        if finding is None:
            finding = _coverage(gate, challenger, (low, high), segment.mask, evidence)
        yield ", ".join(part for part in (segment.name, band) if part), finding


def _coverage(
    gate: Gate, challenger: Scored, band: tuple[float, float], mask: np.ndarray, evidence: Evidence
) -> Finding:
    """The coverage of one band; outside of its bounds only where the whole interval of it is."""
    promised = band[1] - band[0]
    finding = bounded(gate, challenger.coverage(band, mask), "the challenger's coverage", middle=promised)
    if finding.passed is not False:
        return finding
    reach = coverage_interval(challenger, band, evidence.overlap, mask) if band in challenger.intervals else None
    if reach is None:
        return finding
    ends = f"its {percent(CONFIDENCE)} interval reaches from {number(reach.low)} to {number(reach.high)}"
    if any(outside(gate, end, promised) <= ROUNDING for end in reach) or reach.low < promised < reach.high:
        return replace(finding, passed=True, reason=f"{finding.reason}, but {ends}")
    finding = replace(finding, reason=f"{finding.reason}, and {ends}")
    other = evidence.stand_in_scored
    instead = other.coverage(band, mask) if other is not None else None
    return beside(gate, finding, evidence.stand_in_title, instead, promised)


def _share_beyond(gate: Gate, measures: np.ndarray | None, mask: np.ndarray) -> Finding:
    """The share of a segment's series whose measure exceeds `more_than`. measures: (S, C), NaN where undefined."""
    known = np.zeros(0) if measures is None else measures[mask & ~np.isnan(measures)]
    limit = gate.more_than or 0.0
    share = float((known > limit).mean()) if known.size else None
    return bounded(gate, share, f"the share of series {METRICS[gate.metric].title.format(number(limit))}")
