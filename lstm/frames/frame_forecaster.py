"""A forecaster that is fitted to a frame and forecasts frames, by the rules of a night."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from lstm.config import Pipeline, level_name
from lstm.contestants import CHALLENGER, RIDGE, is_baseline
from lstm.data.panel.panel import Panel
from lstm.errors import EvaluationError, ModelError
from lstm.export.exporting import Format, export_model
from lstm.export.sample_windows import forecast_sample
from lstm.frames.arrow_frames import frame_like, times_like
from lstm.frames.frame_panel import FrameSource, refuse_other_frequency
from lstm.frames.frame_settings import frame_pipeline
from lstm.frames.saved_model import read_saved, write_saved
from lstm.frames.scratch_run import FittedModel, scratch_run
from lstm.model.baselines.model import baseline_name
from lstm.references import Verdict
from lstm.steps.champions.usable import trained_later

AsOf = str | datetime | int | None
EXPLAINED_COLUMNS = ("group", "contribution", "usual", "forecast")
SCORE_COLUMNS = ("method", "points", "mase", "wql", "coverage", "mae", "rmse", "smape", "bias")


@dataclass(frozen=True, repr=False)
class Forecaster:
    """What `lstm.fit` and `lstm.load` answer: forecasts every series of a frame that has the columns it was fitted on.

    pipeline: its settings, as a pipeline file would hold them, with the frequency that the frame had.
    """

    pipeline: Pipeline
    fitted: FittedModel = field(repr=False)

    def __repr__(self) -> str:
        targets, keys = (", ".join(names) for names in (self.pipeline.source.targets, self.pipeline.source.series))
        by = f" by {keys}" if keys else ""
        return f"<Forecaster of {targets}{by}, {self.pipeline.horizon} steps of {self.pipeline.frequency!r} ahead>"

    @property
    def verdict(self) -> Verdict:
        """What the gates decided when it was fitted: who serves (`serve`), and why (`sentence`)."""
        return self.fitted.verdict

    def predict(self, frame: Any, future: Any = None, *, as_of: AsOf = None, serve: str | None = None) -> Any:
        """The horizon after the end of a frame, as a frame of the same kind: a row a series, target and step.

        Columns: the series, `target` where there are several, time, step, forecast, a column a quantile level but for
        the median, method (who made the row: `champion` is the network, `baseline:NAME` a baseline, `failed` nobody),
        and reason, where it is not the one in charge.

        The weights that serve are those of a night: refitted on everything up to the end of the frame that was fitted
        on. future: frame of what is known ahead, unless `frame` has it. as_of: a moment, whose future is hidden; the
        end of the frame when left out. serve: `challenger` (the network) or `baseline:NAME`; by the verdict when left
        out. Raises DataError, SourceError and ModelError for a frame that does not fit.
        """
        source = FrameSource.of(self.pipeline, frame, future, as_of)
        verdict = self.verdict if serve is None else self.verdict.model_copy(update={"serve": _contestant(serve)})
        with scratch_run(source, threads=self.fitted.networks.card.threads) as run:
            self._refuse_unfit(run.panel)
            rows = run.forecast(self.fitted, verdict)
        return frame_like(self._columns(rows, source.time_type), frame)

    def explain(self, frame: Any, future: Any = None, *, as_of: AsOf = None) -> Any:
        """What moves the forecasts that `predict` gives for the same frame: a row a series, target, step and group.

        Columns: the series, `target` where there are several, time, step, group, contribution, usual, forecast. usual
        is the forecast from the series' own earlier windows at the same place in the season; with the contributions of
        all groups it adds up to the forecast. Forecasts that cannot be explained have no rows: of failed series, and of
        those too short for an earlier window. Of more than a thousand series a sample is explained.
        """
        source = FrameSource.of(self.pipeline, frame, future, as_of)
        with scratch_run(source, threads=self.fitted.networks.card.threads) as run:
            self._refuse_unfit(run.panel)
            rows = run.explain(self.fitted, self.verdict)
        return frame_like(self._named(rows, source.time_type, EXPLAINED_COLUMNS), frame)

    def _refuse_unfit(self, panel: Panel) -> None:
        refuse_other_frequency(panel)
        later = trained_later(self.fitted.networks.served_through, panel)
        if later:
            raise ModelError(
                f"the model cannot forecast from {panel.frequency.text(panel.cutoff)}: {later}; give a frame that "
                "goes further, or see lstm.backtest for how it would have done"
            )

    def _columns(self, rows: pa.Table, time_type: pa.DataType) -> pa.Table:
        levels = [level_name(level) for level in self.pipeline.quantile_levels if level != 0.5]
        return self._named(rows, time_type, ("forecast", *levels, "method", "reason"))

    def _named(self, rows: pa.Table, time_type: pa.DataType, names: Sequence[str]) -> pa.Table:
        """The columns that say of what a row is, with times as the frame has them, and these."""
        source = self.pipeline.source
        target = ["target"] if len(source.targets) > 1 else []
        times = times_like(rows["time"], time_type, self.pipeline.time_zone)
        rows = rows.set_column(rows.column_names.index("time"), "time", times)
        return rows.select([*source.series, *target, "time", "step", *names])

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Writes the model folder (`model.json`, `weights.safetensors`, `history.parquet`) and how to read frames.

        Raises ModelError where another model lies in the folder, unless `overwrite`.
        """
        write_saved(folder, self.pipeline, self.fitted, overwrite=overwrite)

    def export(
        self,
        folder: str | Path,
        frame: Any,
        future: Any = None,
        *,
        as_of: AsOf = None,
        format: Format = "onnx",  # noqa: A002
    ) -> None:
        """Writes the networks into a folder for programs without Nightcast, with an example of how they forecast.

        folder: empty, or not there yet. frame, future, as_of: as `predict` takes them; some series of it become the
        example. format: `onnx`, `pytorch`, or `keras` for a model of `kind = "textbook"`. Raises ConfigError where the
        folder holds something, a package is missing or the format cannot hold the model.
        """
        source = FrameSource.of(self.pipeline, frame, future, as_of)
        with scratch_run(source, threads=self.fitted.networks.card.threads) as run:
            self._refuse_unfit(run.panel)
            sample = forecast_sample(self.fitted.networks, run.panel, "that Nightcast makes of the frame")
            export_model(self.fitted.networks, sample, folder, format, self.pipeline.name)


def _contestant(name: str) -> str:
    """Who may be asked to serve. Raises ModelError for nobody's name."""
    if name not in (CHALLENGER, RIDGE):
        if not isinstance(name, str) or not is_baseline(name):
            raise ModelError(
                f"serve = {name!r} is nobody; give {CHALLENGER!r} (the network) or 'baseline:NAME'", value=name
            )
        baseline_name(name)
    return name


def fit(
    frame: Any,
    *,
    time: str,
    target: str | Sequence[str],
    horizon: int,
    series: str | Sequence[str] = (),
    future: str | Sequence[str] = (),
    as_of: AsOf = None,
    **settings: Any,
) -> Forecaster:
    """Trains a model on a frame, tries it in a backtest, and lets the gates decide whether it serves, as a night does.

    frame: pandas, pyarrow, polars; a row a series and time. target: number columns to forecast. series: columns that
    tell the series apart. future: number columns that are known ahead. as_of: a moment, whose future is hidden; the end
    of the frame when left out. settings: `past` and `static` (columns), and every key of a pipeline file by its name:
    frequency, time_zone, quantile_levels, seasons, minimum, calendar, quality, model, training, evaluation, gates,
    serving, and of its [source] gaps, duplicates and so on.
    Raises ConfigError for settings, SourceError and DataError for a frame that does not fit.
    """
    columns = {"time": time, "target": target, "series": series, "future": future}
    pipeline = frame_pipeline({"horizon": horizon, **columns, **settings})
    source = FrameSource.of(pipeline, frame, None, as_of)
    with scratch_run(source, FrameSource.panel_without_plan) as run:
        refuse_other_frequency(run.panel)
        fitted = run.fit()
        pinned = pipeline.model_copy(update={"frequency": run.panel_ref.frequency})
    return Forecaster(pinned, fitted)


def backtest(frame: Any, model: Forecaster, *, as_of: AsOf = None) -> Any:
    """Scores of a model and of the baselines on the same held-out origins at the end of a frame, a row a contestant.

    Columns: method, points (scored), mase, wql, coverage (of the widest interval), mae, rmse, smape and bias, over all
    series and targets. The weights have seen nothing of these origins. A frame of the same kind as the one given.
    """
    if not isinstance(model, Forecaster):
        raise ModelError(f"backtest takes a frame and then a model of lstm.fit, not a {type(model).__name__}")
    source = FrameSource.of(model.pipeline, frame, None, as_of)
    with scratch_run(source, FrameSource.panel_without_plan, model.fitted.networks.card.threads) as run:
        refuse_other_frequency(run.panel)
        _refuse_seen(run.panel, model.fitted.networks.trained_through)
        scores = run.judge(model.fitted).scores
    rows = [score.model_dump(include=set(SCORE_COLUMNS)) for score in scores]
    return frame_like(pa.Table.from_pylist(rows).select(list(SCORE_COLUMNS)), frame)


def _refuse_seen(panel: Panel, trained_through: str) -> None:
    """Raises EvaluationError where even the newest origin lies within what the evaluated weights have read."""
    newest = panel.cutoff - panel.horizon
    if panel.frequency.ordinal_of_text(trained_through) > newest:
        raise EvaluationError(
            f"the newest origin of the frame is {panel.frequency.text(newest)}, and the model was trained through "
            f"{trained_through}, so it has seen what it would be scored on; give a frame that goes further",
            value=trained_through,
        )


def load(folder: str | Path) -> Forecaster:
    """The forecaster that `Forecaster.save` left in a folder. Raises ModelError where it is damaged or too new."""
    return Forecaster(*read_saved(folder))
