"""Everything that a report tells of one run, gathered by whoever runs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa

from lstm.config import Pipeline
from lstm.data.panel.panel import Panel
from lstm.evaluation.change.attribution import Change
from lstm.references import ModelRef, PanelRef, Receipt, RunKey, Verdict, WindowsRef
from lstm.report.charts.change import change_picture
from lstm.report.charts.run import Pictures, draw_pictures
from lstm.report.run.explanation_words import ExplanationText


@dataclass(frozen=True)
class Told:
    """What moves the forecasts: its words, and PNG of single forecasts and of all; None where there is nothing."""

    text: ExplanationText
    waterfall: bytes | None
    contributions: bytes | None


@dataclass(frozen=True)
class Story:
    """One run, ready to be told. What a failed step never left is None.

    quality: JSON of the quality report. card: JSON of `model.json`. history: a row an epoch, with `phase`, `epoch`,
    `train_loss`, `validation_loss` and `learning_rate`. scores: rows of scope `all`, `target` and `series`, see
    `lstm.evaluation.backtest.score`. forecasts: the published rows. previous: the rows published before these, which
    the pictures compare. locations: where a person finds things, by name, without a secret. written_at: aware.
    links: addresses of some of these that a browser can open. receipts: what the sinks have got. overrides: keys of the
    pipeline file that this run set anew.
    explanation: what moves the forecasts; None where nothing is said of it.
    change: what is different from `previous`, and why; None, with a note, where that cannot be told.
    """

    pipeline: Pipeline
    key: RunKey
    panel: Panel
    quality: dict[str, Any]
    panel_ref: PanelRef
    windows_ref: WindowsRef | None
    model_ref: ModelRef | None
    card: dict[str, Any] | None
    history: pa.Table | None
    scores: pa.Table | None
    verdict: Verdict
    forecasts: pa.Table
    previous: pa.Table | None
    locations: dict[str, str]
    written_at: datetime
    change: Change | None = None
    change_note: str = ""
    explanation: Told | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    receipts: tuple[Receipt, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def pictures(self) -> Pictures:
        """The pictures, drawn when they are first asked for."""
        return draw_pictures(
            self.panel,
            self.forecasts,
            self.pipeline.quantile_levels,
            history=self.history,
            scores=self.scores,
            previous=self.previous,
        )

    @cached_property
    def change_picture(self) -> bytes | None:
        """The picture of what changed most since the publication before."""
        if self.change is None or self.previous is None:
            return None
        return change_picture(self.change, self.panel, self.previous, self.forecasts)
