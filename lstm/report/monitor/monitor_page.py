"""`monitor.html`: one file that needs nothing else."""

from lstm.report.markup import html
from lstm.report.monitor.monitor_story import CHECK_COLUMNS, DRIFT_COLUMNS, MODEL_COLUMNS, SERIES_COLUMNS, MonitorStory
from lstm.report.run import words

UNITS = (
    "MASE and bias are in units of the mean change from season to season, as in the backtest; bias is forecast less "
    "actual. The seasonal naive is scored on the same times."
)
DRIFT = (
    "index: population stability index over tenths of training; shift: of the mean, in standard deviations. "
    "usual: the largest of any stretch of equal length within training."
)


def monitor_page(story: MonitorStory) -> str:
    """The whole report: the verdict first, then what led to it. All text is escaped."""
    pictures, (tone, state) = story.pictures, story.state
    sections = (
        html.verdict(tone, state, story.accuracy.sentence),
        html.section("What came true", html.facts(story.facts())),
        html.section("Checks", html.table(CHECK_COLUMNS, story.checks())),
        html.section(
            "Realised against promised",
            html.picture(pictures.over_time, "Realised error by forecast")
            + html.table(MODEL_COLUMNS, story.models(), "numbers")
            + (html.note(UNITS) if story.accuracy.models else ""),
        ),
        html.section("Errors by step", html.picture(pictures.by_step, "Distribution of errors by step")),
        html.section("Coverage", html.picture(pictures.coverage, "Coverage of each interval by target")),
        html.section("Series with the largest error", html.table(SERIES_COLUMNS, story.worst_series())),
        html.section(
            "Inputs",
            html.picture(pictures.drift, "Drift of the inputs")
            + html.table(DRIFT_COLUMNS, story.drift())
            + (html.note(DRIFT) if story.accuracy.drift else ""),
        ),
        html.section("Where everything is", html.facts(story.locations.items(), tag="code")),
    )
    name = story.pipeline.name
    under = f"monitor as of {story.as_of}, written {words.local(story.written_at, story.pipeline.time_zone)}"
    return html.whole_page(f"{name}, monitor as of {story.as_of}", name, under, sections)
