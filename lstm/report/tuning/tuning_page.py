"""`tuning.html` and its summary for the Prefect UI."""

from lstm.evaluation.wording import local_minute
from lstm.report.markup.html import render
from lstm.report.markup.markdown import listed, part, picture, places, plain, table
from lstm.report.tuning.tuning_story import GATE_COLUMNS, SCORE_COLUMNS, TRIAL_COLUMNS, TuningStory

ABOUT_TRIALS = (
    "WQL and MASE in the targets' units, the same windows for every trial; better by: of both, against the file's "
    "setting; ridge WQL: of the regression that the network began from. Trials have one network, and no refit."
)


def tuning_page(story: TuningStory) -> str:
    """The whole report of a tuning as HTML."""
    name, (tone, state) = story.pipeline.name, story.state
    return render(
        "tuning.html.j2",
        title=f"{name}, tuning as of {story.as_of}",
        heading=name,
        subtitle=f"tuning as of {story.as_of}, written {local_minute(story.written_at, story.pipeline.time_zone)}",
        tone=tone,
        state=state,
        sentence=story.verdict.sentence,
        summary=story.facts(),
        picture_of_trials=story.picture,
        trial_columns=TRIAL_COLUMNS,
        trials=story.trials(),
        about_trials=ABOUT_TRIALS,
        failures=story.failures(),
        score_columns=SCORE_COLUMNS,
        scores=story.scores(),
        gate_columns=GATE_COLUMNS,
        gates=story.gates(),
        lines="\n".join(story.lines),
        written=story.written,
        locations=story.locations.items(),
    )


def tuning_summary(story: TuningStory) -> str:
    """The report as markdown."""
    lines = "```toml\n" + "\n".join(story.lines) + "\n```\n" if story.lines else ""
    return "\n\n".join(
        text
        for text in (
            plain(story.verdict.sentence),
            part("Lines for the pipeline file", lines + (plain(story.written) if story.written else "")),
            listed(story.facts()),
            picture(story.picture, "trials over time, and the importance of each key"),
            part("Trials", table(TRIAL_COLUMNS, story.trials())),
            part("Backtest", table(SCORE_COLUMNS, story.scores())),
            part("Gates", table(GATE_COLUMNS, story.gates())),
            part("Where everything is", places(story.locations, story.links)),
        )
        if text
    )
