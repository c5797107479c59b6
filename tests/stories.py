"""Runs made by hand, for the report to tell."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from lstm.config import Pipeline, level_name
from lstm.data.frequency.aliases import Frequency, parse_frequency
from lstm.data.panel.panel import Panel
from lstm.references import GateOutcome, MethodScores, ModelRef, PanelRef, RunKey, Verdict, WindowsRef
from lstm.report.run.story import Story

METHODS = ("challenger", "champion", "baseline:naive", "baseline:seasonal_naive")
NOT_TRAINED: dict[str, Any] = {
    "windows_ref": None,
    "model_ref": None,
    "card": None,
    "history": None,
    "scores": None,
}


def story_panel(
    names: list[str],
    targets: tuple[str, ...] = ("y",),
    *,
    frequency: str = "D",
    horizon: int = 14,
    steps: int = 120,
    seed: int = 0,
) -> Panel:
    """Noisy weeks around a level of their own, with gaps in the first series. Series i begins 3 i steps late."""
    random = np.random.default_rng(seed)
    grid: Frequency = parse_frequency(frequency)
    season, cutoff = grid.default_seasons()[0], 16_000
    lengths = [steps - 3 * (i % 20) + horizon for i in range(len(names))]
    columns = []
    for i, length in enumerate(lengths):
        wave = 10 * np.sin(2 * np.pi * np.arange(length)[:, None] / season)
        values = 50 + 5 * i + 20 * np.arange(len(targets)) + wave + random.normal(0, 3, (length, len(targets)))
        values[-horizon:] = np.nan
        columns.append(values)
    columns[0][-horizon - 20 : -horizon - 12] = np.nan
    columns[0][-horizon - 9] = np.nan
    columns[0][-horizon - 11] = np.nan
    rows = sum(lengths)
    return Panel(
        frequency=grid,
        cutoff=cutoff,
        horizon=horizon,
        keys=pa.table({"id": pa.array(names, pa.string())}),
        indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        start=cutoff + horizon - np.array(lengths, np.int64) + 1,
        targets=np.concatenate(columns).astype(np.float32),
        past=np.zeros((rows, 0), np.float32),
        future=np.zeros((rows, 0), np.float32),
        static=np.zeros((len(names), 0), np.float32),
        target_names=targets,
    )


def story_forecasts(panel: Panel, levels: tuple[float, ...] = (0.1, 0.5, 0.9), failed: str | None = None) -> pa.Table:
    """Rows of every series, by the champion v2 but for the series `failed`; the bands widen with the step."""
    rows = []
    for s, name in enumerate(panel.names):
        for c, target in enumerate(panel.target_names):
            known = panel.targets[panel.indptr[s] : panel.indptr[s + 1], c]
            level = float(np.nanmean(known))
            for step in range(1, panel.horizon + 1):
                wave = 10 * np.sin(
                    2 * np.pi * (len(known) - panel.horizon + step) / panel.frequency.default_seasons()[0]
                )
                quantiles = {level_name(q): level + wave + 12 * (q - 0.5) * (1 + step / 10) for q in levels}
                bad = name == failed
                rows.append(
                    {
                        "id": name,
                        "target": target,
                        "cutoff": panel.frequency.times(np.array([panel.cutoff]))[0].as_py(),
                        "time": panel.frequency.times(np.array([panel.cutoff + step]))[0].as_py(),
                        "step": step,
                        "forecast": None if bad else quantiles["q50"],
                        **{key: None if bad else value for key, value in quantiles.items()},
                        "method": "failed" if bad else "champion",
                        "reason": "6 observations, 36 are needed" if bad else None,
                        "model_version": None if bad else 2,
                    }
                )
    grid, floats = panel.frequency.arrow_type, pa.float64()
    types = {
        "id": pa.string(),
        "target": pa.string(),
        "cutoff": grid,
        "time": grid,
        "step": pa.int32(),
        "forecast": floats,
    }
    types |= {level_name(q): floats for q in levels}
    types |= {"method": pa.string(), "reason": pa.string(), "model_version": pa.int32()}
    return pa.Table.from_pylist(rows, schema=pa.schema(types))


def story_history(members: int = 1, epochs: int = 18) -> pa.Table:
    """Losses that fall, turn up again after two thirds, and a learning rate that is halved twice; then a refit."""
    rows = []
    for phase in (*(f"member-{i}" for i in range(members)), "refit-0"):
        for epoch in range(1, epochs + 1):
            turn = 0.004 * max(epoch - 2 * epochs / 3, 0)
            rows.append(
                {
                    "phase": phase,
                    "epoch": epoch,
                    "steps": 50 * epoch,
                    "train_loss": 0.3 + 0.8 * np.exp(-epoch / 3),
                    "validation_loss": 0.36 + 0.7 * np.exp(-epoch / 3) + turn,
                    "learning_rate": 3e-3 * 0.5 ** min(epoch // 7, 2),
                    "seconds": 2.0 * epoch,
                }
            )
    return pa.Table.from_pylist(rows)


def story_scores(targets: tuple[str, ...], methods: tuple[str, ...] = METHODS, mase: float = 0.8) -> pa.Table:
    """Challenger best at `mase`, each further method 0.2 worse; rows of scope `all` and `target`."""
    rows = []
    for m, method in enumerate(methods):
        for scope, target in (("all", None), *(("target", target) for target in targets)):
            rows.append(
                {
                    "scope": scope,
                    "method": method,
                    "id": None,
                    "target": target,
                    "points": 1_008,
                    "undefined": 0,
                    "mae": 2.5 + m,
                    "rmse": 3.5 + m,
                    "smape": 9.25 + m,
                    "mase": mase + 0.2 * m,
                    "wql": 0.05 + 0.01 * m,
                    "coverage": 0.79 - 0.03 * m,
                }
            )
    return pa.Table.from_pylist(rows)


def story_verdict(scores: pa.Table | None, **changes: Any) -> Verdict:
    """The challenger v3 was promoted over v2."""
    names = ("method", "points", "mae", "rmse", "smape", "mase", "wql", "coverage")
    overall = [] if scores is None else [row for row in scores.to_pylist() if row["scope"] == "all"]
    gates = (
        GateOutcome(
            name="beats the baselines",
            passed=True,
            observed=0.8,
            threshold="better than naive 1.2 by 2 %",
            reason="the challenger is 33 % better than naive (MASE 0.8 against 1.2)",
        ),
        GateOutcome(name="better than the champion", passed=None, threshold="", reason="there is no champion yet"),
        GateOutcome(
            name="coverage",
            passed=False,
            observed=0.55,
            threshold="0.65 to 0.95",
            reason="the challenger's coverage is 0.55, outside 0.65 to 0.95",
        ),
    )
    fields: dict[str, Any] = {
        "run_id": "weather.retrain.20131230T050000Z",
        "promote": True,
        "promoted_version": 3,
        "serve": "challenger",
        "challenger_version": 3,
        "champion_version": 2,
        "best_baseline": "baseline:naive",
        "gates": gates,
        "scores": tuple(MethodScores(**{name: row[name] for name in names}) for row in overall),
        "origins": 14,
        "sentence": "v3 is promoted: it is 20 % better than v2 and 33 % better than the naive baseline on 14 origins.",
    }
    return Verdict(**(fields | changes))


def make_story(names: list[str] | None = None, targets: tuple[str, ...] = ("y",), **changes: Any) -> Story:
    """A whole run of daily series; `changes` replace fields of the story."""
    panel = changes.pop("panel", None) or story_panel(names or ["EWR", "JFK", "LGA"], targets)
    scores = changes.get("scores", story_scores(panel.target_names))
    pipeline = Pipeline.model_validate(
        {
            "name": "weather",
            "horizon": panel.horizon,
            "time_zone": "America/New_York",
            "source": {"path": "weather.csv", "time": "day", "series": ["id"], "targets": list(panel.target_names)},
        }
    )
    grid = panel.frequency
    story = Story(
        pipeline=pipeline,
        key=RunKey(pipeline="weather", kind="retrain", as_of="2013-12-30T05:00:00Z"),
        panel=panel,
        quality={"repairs": ["3 gaps were filled"], "warnings": ["series 'EWR' has not been seen for 2 days"]},
        panel_ref=PanelRef(
            uri="runs/x/panel.parquet",
            fingerprint="0" * 64,
            rows_read=26_115,
            series=panel.series,
            steps=panel.steps,
            cutoff=grid.text(panel.cutoff),
            newest=grid.text(panel.cutoff),
            frequency=grid.alias,
            repairs=3,
        ),
        windows_ref=WindowsRef(uri="w", fingerprint="1", train=1_234, validation=210, test=42),
        model_ref=ModelRef(
            uri="m", fingerprint="2", trained_through="2013-12-01", served_through="2013-12-29", epochs=18,
            best_epoch=12, validation_loss=0.3728, seconds=36.0, stopped="early",
        ),
        card={"choices": [{"name": "look_back", "value": "336", "reason": "two of the longest season (168)"}]},
        history=story_history(),
        scores=scores,
        verdict=story_verdict(scores),
        forecasts=story_forecasts(panel),
        previous=None,
        locations={"database": "sqlite:///nightcast.db", "report": "runs/x/report.html", "run folder": "runs/x"},
        written_at=datetime(2013, 12, 30, 5, 3, tzinfo=UTC),
    )  # fmt: skip
    return replace(story, **changes)


@cache
def whole_story() -> Story:
    """The run without changes; its pictures are drawn once."""
    return make_story()
