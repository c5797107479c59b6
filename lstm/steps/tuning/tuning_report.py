"""Report: `tuning.html` and `trials.png` in the run's folder, and the story that they tell."""

from datetime import UTC, datetime

from lstm.references import Search, TuningVerdict
from lstm.report.tuning.tuning_page import tuning_page
from lstm.report.tuning.tuning_story import TuningStory
from lstm.steps.job import Job
from lstm.steps.run_report import links
from lstm.steps.tuning.search import database_of
from lstm.steps.tuning.tuned_file import lines_to_paste

PAGE, PICTURE = "tuning.html", "trials.png"


def report_tuning(job: Job, search: Search, verdict: TuningVerdict, written: str) -> TuningStory:
    """Writes the report and answers the story that it tells. written: what became of --write, empty without."""
    store = job.run_store()
    story = TuningStory(
        pipeline=job.pipeline,
        key=job.key,
        search=search,
        verdict=verdict,
        lines=lines_to_paste(verdict),
        written=written,
        locations={
            "trials": str(database_of(job)),
            "picture": f"{store.uri}/{PICTURE}",
            "report": f"{store.uri}/{PAGE}",
            "run folder": store.uri,
        },
        written_at=datetime.now(UTC),
        links=links(job, PAGE),
    )
    store.write_bytes("tuning.json", verdict.model_dump_json(indent=2).encode())
    store.write_bytes(PICTURE, story.picture)
    store.write_bytes(PAGE, tuning_page(story).encode())
    return story
