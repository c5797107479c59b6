"""The report of the monitor in short: markdown for the Prefect UI, with its pictures inside, below 400 kB."""

from lstm.report.markup import markdown
from lstm.report.monitor.monitor_story import CHECK_COLUMNS, DRIFT_COLUMNS, MODEL_COLUMNS, SERIES_COLUMNS, MonitorStory

MOST_LINES = 15


def monitor_summary(story: MonitorStory) -> str:
    """The report of the monitor as markdown, as the Prefect UI shows it."""
    pictures, (tone, state) = story.pictures, story.state
    mark = {"good": "✅", "kept": "➖", "bad": "⚠️"}[tone]
    parts = [
        f"# {markdown.plain(story.pipeline.name)}\n",
        f"{mark} **{state[:1].upper()}{state[1:]}.** {markdown.plain(story.accuracy.sentence)}\n",
        markdown.table(("", ""), story.facts()),
        markdown.part("Checks", markdown.table(CHECK_COLUMNS, story.checks()[:MOST_LINES])),
        markdown.part(
            "Realised against promised",
            markdown.picture(pictures.over_time, "realised error by forecast")
            + markdown.table(MODEL_COLUMNS, story.models()[:MOST_LINES]),
        ),
        markdown.part("Errors by step", markdown.picture(pictures.by_step, "distribution of errors by step")),
        markdown.part("Coverage", markdown.picture(pictures.coverage, "coverage by target")),
        markdown.part("Series with the largest error", markdown.table(SERIES_COLUMNS, story.worst_series())),
        markdown.part(
            "Inputs",
            markdown.picture(pictures.drift, "drift of the inputs")
            + markdown.table(DRIFT_COLUMNS, story.drift()[:MOST_LINES]),
        ),
        markdown.part("Where everything is", markdown.places(story.locations, story.links)),
    ]
    return "\n".join(part for part in parts if part)
