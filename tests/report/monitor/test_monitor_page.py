"""The report of the monitor: what it says, shows and escapes."""

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from came_true import REPLAY, V1, V2, rows_of
from html_pages import HOSTILE, SCRIPT, Page

from lstm.config import Pipeline
from lstm.evaluation.monitoring.realised import Realised
from lstm.evaluation.monitoring.realised_scores import score_table
from lstm.references import Accuracy, GateOutcome, InputDrift, RealisedScores, RunKey
from lstm.report.charts.accuracy import _nominal, draw_monitor_pictures
from lstm.report.monitor.monitor_page import monitor_page
from lstm.report.monitor.monitor_story import MonitorStory
from lstm.report.monitor.monitor_summary import monitor_summary
from panels import DAILY

ARTIFACT_LIMIT = 400_000
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


def test_the_short_table_tells_counts_models_checks_and_drift():
    """What the command prints; a backfill is marked, and a model without a promise has none."""
    assert story().rows() == [
        ("due, scored, waiting", "90, 80, 6"),
        ("new, revised", "20, 3"),
        ("everything that was served", "MASE 1.25 (1.00 promised), seasonal naive 1.75, coverage 0.750, 10 forecasts"),
        ("v2", "MASE 1.25 (1.00 promised), seasonal naive 1.75, coverage 0.750, 10 forecasts"),
        ("v1", "MASE 1.25, seasonal naive 1.75, coverage 0.750, 10 forecasts"),
        ("v1 (backfill)", "MASE 1.25 (1.00 promised), seasonal naive 1.75, coverage 0.750, 10 forecasts"),
        ("error against the promise", "failed; MASE 1.25, promised 1: +25 %"),
        ("drift of wind_speed", "its distribution is another"),
        ("verdict", "v2 over the newest 10 complete forecasts is worse than it should be."),
        ("report", "runs/x/monitor.html"),
    ]


def test_the_page_has_four_pictures_and_the_worst_series_first():
    """Over time, by step, coverage and drift."""
    page = monitor_page(story())
    assert page.count("data:image/png;base64") == 4
    assert page.index("worse than promised") < page.index("Checks") < page.index("Realised against promised")
    worst = [row[3] for row in story().worst_series()]
    assert [row[:2] for row in story().worst_series()] in ([("A", "y"), ("B", "y")], [("B", "y"), ("A", "y")])
    assert worst == sorted(worst, reverse=True)


def test_nothing_to_score_is_a_page_too():
    """No picture but that of the inputs; no table of models."""
    told = replace(story(degraded=None, judged="", checks=(), models=(), worst=(), drift=()), scores=None)
    page, summary = monitor_page(told), monitor_summary(told)
    assert "not judged yet" in page
    assert "data:image" not in page + summary
    assert "➖ **Not judged yet.**" in summary


def test_undefined_scores_are_dashes_and_leave_their_picture_out():
    """Series that never move have no MASE."""
    rows = made_rows()
    rows.scale[:] = np.nan
    told = story(rows, drift=(CALM.model_copy(update={"psi": np.nan}),))
    pictures = told.pictures
    assert (pictures.by_step, pictures.drift) == (None, None)
    assert told.worst_series()[0][3] == "–"
    assert "–" in monitor_summary(told)


@pytest.mark.parametrize("name", [HOSTILE, SCRIPT])
def test_text_from_outside_is_escaped_everywhere(name):
    """A series, a model, a check, an input and a place may be called anything; the browser runs none of it."""
    told = story(
        made_rows(names=(name, "B")),
        sentence=name,
        judged=name,
        checks=(CHECK.model_copy(update={"name": name, "threshold": name, "reason": name}),),
        models=(line("everything that was served"), line("v2"), line(name)),
        drift=(DRIFTED.model_copy(update={"name": name, "role": name, "reason": name}),),
    )
    told = replace(told, retrain=f"asked for, but {name}", locations={name: name})
    text = monitor_page(told)
    page = Page(text)
    assert "<script" not in text
    assert not page.open
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.seen.count(name) == 13


def test_text_from_outside_means_nothing_to_html_or_markdown():
    """A series may be called anything."""
    hostile = "<b>|`*_[x](http://a.b)\n# no heading"
    told = story(made_rows(names=(hostile, "B")), sentence=hostile)
    assert "<b>|" not in monitor_page(told)
    summary = re.sub(r"\(data:[^)]*\)", "", monitor_summary(told))
    assert "<b>" not in summary
    assert "\n# no heading" not in summary


@pytest.mark.parametrize(("series", "nights", "steps"), [(3, 60, 48), (400, 14, 3)])
def test_the_summary_fits_into_an_artifact(series, nights, steps):
    """Below 400 kB whatever is drawn."""
    names = tuple(f"a rather long name of a store, number {i}" for i in range(series))
    drift = tuple(CALM.model_copy(update={"name": f"a covariate {i}"}) for i in range(40))
    told = story(made_rows(names, nights, steps), drift=drift)
    assert len(monitor_summary(told).encode()) < ARTIFACT_LIMIT


def test_the_promise_of_an_interval_follows_from_its_column():
    """Levels of a half percent too."""
    assert _nominal("coverage_q10_q90") == pytest.approx(0.8)
    assert _nominal("coverage_q02_5_q97_5") == pytest.approx(0.95)


def test_integer_steps_are_drawn_as_numbers():
    """A grid without dates."""
    from lstm.data.frequency.aliases import parse_frequency

    grid = parse_frequency("1")
    pictures = draw_monitor_pictures(story().accuracy, score_table(made_rows(), grid), grid, PIPELINE.monitor)
    assert pictures.over_time is not None
