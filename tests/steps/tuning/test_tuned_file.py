"""The lines of a tuned setting, pasted or written."""

from tunings import small_file

from lstm.references import TuningVerdict
from lstm.steps.tuning.tuned_file import lines_to_paste, written

CHANGES = {"model": {"hidden": 32}, "tuning": {"through": "2024-03-18"}}
PROPOSED = TuningVerdict(proposed=True, sentence="better", called="the file's setting", changes=CHANGES)
KEPT = TuningVerdict(proposed=False, sentence="not better", called="the file's setting")


def test_what_is_proposed_has_lines_and_is_written_when_asked(tmp_path):
    """Law: what is not proposed has none, and the file stays as it is."""
    file = small_file(tmp_path)
    seen = file.read_bytes()
    assert lines_to_paste(KEPT) == ()
    assert written(KEPT, str(file), seen) == ("nothing: the pipeline file stays as it is", "")
    assert file.read_bytes() == seen
    assert lines_to_paste(PROPOSED) == ("[model]", "hidden = 32", "", "[tuning]", 'through = "2024-03-18"')
    what, fault = written(PROPOSED, str(file), seen)
    assert (what.startswith("the lines are in"), fault) == (True, "")
    assert b"hidden = 32  # few" in file.read_bytes()


def test_a_file_that_changed_meanwhile_is_a_fault_of_the_run(tmp_path):
    """Law: the tuning is not lost for it: what was found is told with the reason."""
    file = small_file(tmp_path)
    what, fault = written(PROPOSED, str(file), b"as it was")
    assert "has changed since it was read" in what
    assert fault.startswith("the setting was not written: ")
