"""What a tuning leaves in its folder."""

from tunings import search_of, tried, tuning_job

from lstm.references import TuningVerdict
from lstm.steps.tuning.tuning_report import report_tuning


def test_page_picture_and_verdict_lie_in_the_run_folder(tmp_path):
    """Law: and the story names where they are; no line where nothing is proposed."""
    job, _, _ = tuning_job(tmp_path)
    verdict = TuningVerdict(proposed=False, sentence="Nothing is proposed.", called="the automatic setting")
    story = report_tuning(job, search_of(tried(0, 0.0), tried(1, -0.1)), verdict, "")
    store = job.run_store()
    assert (store.read_bytes("trials.png") or b"").startswith(b"\x89PNG")
    assert b"Nothing is proposed." in (store.read_bytes("tuning.html") or b"")
    assert TuningVerdict.model_validate_json(store.read_bytes("tuning.json") or b"") == verdict
    assert story.lines == ()
    assert set(story.locations) == {"trials", "picture", "report", "run folder"}
