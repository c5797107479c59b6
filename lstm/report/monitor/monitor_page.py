"""`monitor.html`: one file that needs nothing else."""

from lstm.evaluation.wording import local_minute
from lstm.report.markup.html import render
from lstm.report.monitor.monitor_story import CHECK_COLUMNS, DRIFT_COLUMNS, MODEL_COLUMNS, SERIES_COLUMNS, MonitorStory


def monitor_page(story: MonitorStory) -> str:
    """The whole report of a run of the monitor as HTML."""
    name, (tone, state) = story.pipeline.name, story.state
    written = local_minute(story.written_at, story.pipeline.time_zone)
    return render(
        "monitor.html.j2",
        title=f"{name}, monitor as of {story.as_of}",
        heading=name,
        subtitle=f"monitor as of {story.as_of}, written {written}",
        tone=tone,
        state=state,
        sentence=story.accuracy.sentence,
        summary=story.facts(),
        pictures=story.pictures,
        check_columns=CHECK_COLUMNS,
        checks=story.checks(),
        model_columns=MODEL_COLUMNS,
        models=story.models(),
        series_columns=SERIES_COLUMNS,
        worst_series=story.worst_series(),
        drift_columns=DRIFT_COLUMNS,
        drift=story.drift(),
        locations=story.locations.items(),
    )
