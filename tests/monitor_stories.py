"""Runs of the monitor made by hand, for its report to tell."""

from dataclasses import asdict, replace
from datetime import UTC, datetime

import numpy as np
from came_true import REPLAY, V1, V2, rows_of

from lstm.config import Pipeline
from lstm.evaluation.monitoring.realised import Realised
from lstm.evaluation.monitoring.realised_scores import score_table
from lstm.references import Accuracy, GateOutcome, InputDrift, RealisedScores, RunKey
from lstm.report.monitor.monitor_story import MonitorStory
from panels import DAILY

PIPELINE = Pipeline.model_validate(
    {"name": "small", "horizon": 2, "source": {"path": "x.csv", "series": ["id"], "time": "day", "targets": ["y"]}}
)


def line(label: str, kind: str = "served", promised: float = 1.0) -> RealisedScores:
    return RealisedScores(
        label=label, kind=kind, points=40, origins=10, mae=1.5, mase=1.25, naive_mase=1.75, wql=0.125, coverage=0.75,
        bias=-0.25, promised_mase=promised, promised_coverage=0.8, since="2024-04-01", through="2024-04-20",
    )  # fmt: skip


CHECK = GateOutcome(
    name="error against the promise", metric="mase", passed=False, observed=1.25, reference=1.0,
    threshold="at most 20 % worse", reason="MASE 1.25, promised 1: +25 %",
)  # fmt: skip
DRIFTED = InputDrift(
    name="wind_speed", role="past covariate", psi=0.75, usual_psi=0.25, shift=1.5, usual_shift=0.5, missing=0.0,
    usual_missing=0.0, drifted=True, reason="its distribution is another",
)  # fmt: skip
CALM = DRIFTED.model_copy(update={"name": "y", "role": "target", "psi": 0.01, "drifted": False, "reason": ""})


def made_rows(names: tuple[str, ...] = ("A", "B"), nights: int = 10, steps: int = 2) -> Realised:
    rng = np.random.default_rng(0)
    rows = [
        (model, series, step, 19_000 + night, night, 10.0, 10.0 + rng.normal(), 11.0, 1.0)
        for model, first in ((0, 0), (1, nights // 2), (2, 0))
        for night in range(first, nights)
        for series in range(len(names))
        for step in range(1, steps + 1)
    ]
    return rows_of(*rows, models=(V1, V2, REPLAY), names=names)


def story(rows: Realised | None = None, **changes: object) -> MonitorStory:
    accuracy = Accuracy(
        run_id="small.monitor.20240421T000000Z", cutoff="2024-04-20", grid=asdict(DAILY), degraded=True, judged="v2",
        sentence="v2 over the newest 10 complete forecasts is worse than it should be.", checks=(CHECK,),
        models=(line("everything that was served"), line("v2"), line("v1", promised=np.nan), line("v1", "backfill")),
        drift=(DRIFTED, CALM), worst=("B · y (MASE 1.4)",), due=90, waiting=6, failed=4, added=20, revised=3,
    )  # fmt: skip
    told = MonitorStory(
        pipeline=PIPELINE,
        key=RunKey(pipeline="small", kind="monitor", as_of="2024-04-21T00:00:00Z"),
        accuracy=accuracy,
        frequency=DAILY,
        scores=score_table(rows if rows is not None else made_rows(), DAILY),
        retrain="",
        locations={"report": "runs/x/monitor.html"},
        written_at=datetime(2024, 4, 21, tzinfo=UTC),
    )
    return replace(told, accuracy=accuracy.model_copy(update=changes))
