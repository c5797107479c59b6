"""Published forecasts explained again, from the folder of their run: other series and steps than the report shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from lstm.data.scenario.future_changes import parse_conditions, series_where
from lstm.errors import ConfigError, DataError
from lstm.evaluation.explanation.summaries import Example, examples_of, furthest_from_usual
from lstm.report.charts.contributions import waterfall_picture
from lstm.report.run.explanation_words import (
    ExplanationText,
    describe_explanation,
    example_sentence,
    examples_table,
)
from lstm.steps.after.explain import drawn_of, explained, sampled
from lstm.steps.after.published_run import published_night
from lstm.steps.job import Job

PICTURED, SAID = 3, 5


@dataclass(frozen=True)
class Again:
    """What is said of the forecasts that were asked for, and a picture (PNG) of some of them."""

    text: ExplanationText
    picture: bytes | None


def explain_again(jobs: list[Job], where: Sequence[str], steps: Sequence[int]) -> tuple[str, Again]:
    """(run, what it published explained) of the first run that is there; nothing is trained, written or published.

    jobs: see `published_jobs`. where: `COLUMN=VALUE` texts, see `series_where`; a sample of all series without any.
    steps: from 1; all without any. Raises ConfigError for a series or step that is not there, or a run whose folder is
    gone.
    """
    job, whole, verdict = published_night(jobs)
    absent = [step for step in steps if not 1 <= step <= whole.horizon]
    if absent:
        raise ConfigError(f"--steps: there is no step {absent[0]}; the forecasts have the steps 1 to {whole.horizon}")
    torch.set_num_threads(job.pipeline.training.threads or 1)  # as that night, to the last bits
    panel = sampled(job, whole, np.flatnonzero(series_where(whole, parse_conditions(where))))
    rows = job.run_store().read_tables("forecast.parquet")
    # What is usual is what the night's report calls so, whichever series are asked for.
    night = sampled(job, whole, np.arange(whole.series))
    explanation = explained(job, panel, rows, verdict.challenger_version, night)
    text = describe_explanation(panel, explanation, drawn_of(job, panel, whole) if not where else "")
    if text.failure or not (where or steps):
        picture = waterfall_picture(panel, furthest_from_usual(panel, explanation, PICTURED))
        return job.key.run_id, Again(text, picture)
    examples = examples_of(panel, explanation, {step - 1 for step in steps} or None)
    if not examples:
        raise DataError("no forecast of these series and steps could be explained; look at the notes of the report")
    sentences = [example_sentence(panel, explanation, example) for example in _spread(examples, SAID)]
    text = replace(text, sentences=sentences, series=examples_table(panel, examples))
    return job.key.run_id, Again(text, waterfall_picture(panel, _spread(examples, PICTURED)))


def _spread(examples: Sequence[Example], count: int) -> list[Example]:
    """The first forecast of some series and targets, else the first ones."""
    firsts = list({(example.series, example.target): example for example in reversed(examples)}.values())[::-1]
    return firsts[:count] if len(firsts) > 1 else list(examples[:count])
