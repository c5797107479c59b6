"""The identity of a run."""

from lstm.references import Outcome, RunKey


def test_the_id_sorts_by_time_and_is_safe_as_a_folder_name():
    """No colons, which some file systems refuse, and the time last within a pipeline and kind."""
    night, next_night = (RunKey(pipeline="nyc", kind="retrain", as_of=f"2013-12-{day}T05:00:00Z") for day in (30, 31))
    assert night.run_id == "nyc.retrain.20131230T050000Z"
    assert night.run_id < next_night.run_id
    assert RunKey(pipeline="nyc", kind="forecast", as_of="1200").run_id == "nyc.forecast.1200"


def test_a_dry_run_is_told_by_its_kind():
    """Three kinds have a dry twin."""
    assert RunKey(pipeline="nyc", kind="dry-retrain", as_of="7").dry
    assert not RunKey(pipeline="nyc", kind="retrain", as_of="7").dry


def test_outcomes_do_not_share_their_summary():
    """Each has a dictionary of its own."""
    first, second = (Outcome(run_id="r", exit_code=0, sentence="") for _ in range(2))
    first.summary["rows"] = 7
    assert second.summary == {}
