"""The report of the monitor: `monitor.html` in the run's folder, and a markdown artifact in the Prefect UI."""

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact

from lstm.data.frequency.grid import Frequency
from lstm.references import Accuracy
from lstm.report.monitor.monitor_page import monitor_page
from lstm.report.monitor.monitor_story import MonitorStory
from lstm.report.monitor.monitor_summary import monitor_summary
from tasks.job import Job
from tasks.monitor import read_scores
from tasks.report import artifact_key, links, locations, told_as
from tasks.retrying import RETRYING, asking_once


@task(name="report-accuracy", task_run_name="report-accuracy", **RETRYING)
def report_accuracy(job: Job, accuracy: Accuracy, retrain: str) -> MonitorStory:
    """Writes the report and answers the story that it tells. retrain: what becomes of asking for one, in words."""
    store = job.run_store()
    story = MonitorStory(
        pipeline=job.pipeline,
        key=job.key,
        accuracy=accuracy,
        frequency=Frequency(**accuracy.grid),
        scores=read_scores(store),
        retrain=retrain,
        locations=locations(job) | {"report": f"{store.uri}/monitor.html"},
        written_at=datetime.now(UTC),
        links=links(job, "monitor.html"),
    )
    store.write_bytes("monitor.html", monitor_page(story).encode())
    with asking_once():
        create_markdown_artifact(
            key=monitor_key(job.key.pipeline),
            markdown=monitor_summary(story),
            description=f"{story.state[1]} · {told_as(job)}",
        )
    return story


def monitor_key(pipeline: str) -> str:
    """Key of a pipeline's artifact on accuracy; Prefect keeps its versions."""
    return f"{artifact_key(pipeline)}-accuracy"
