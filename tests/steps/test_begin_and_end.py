"""How a run begins and ends, whatever it does in between."""

from pathlib import Path

import pyarrow as pa
import pytest
from nights import CONTRACT, NOW, model_ref, run_key
from present import present

from lstm.config import Pipeline
from lstm.errors import ConfigError, DataError, RunBusyError, StoreError, TakenOverError
from lstm.references import Outcome, Receipt, RunKey
from lstm.steps.begin_and_end import code_of, ended, finish, reason_of, run_to_end, status_of, stopped
from lstm.steps.job import Job
from lstm.storage.sql.connections import transaction
from lstm.storage.store.schema import runs


def job_of(home: Path) -> Job:
    source = {"path": "x.csv", "time": "ds", "targets": ["y"]}
    pipeline = Pipeline.model_validate({"name": "small", "horizon": 2, "source": source})
    return Job(pipeline=pipeline, home=str(home), key=run_key())


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("retrain", ["published", "refused", "failed", "degraded"]),
        ("dry-retrain", ["dry", "refused", "failed", "dry"]),
    ],
)
def test_the_store_keeps_how_a_run_ended(kind, statuses):
    """A dry run that comes to its end has published nothing, whatever it found."""
    key = RunKey(pipeline="small", kind=kind, as_of="2024-04-30T00:00:00Z")
    assert [status_of(key, Outcome(run_id="r", exit_code=code, sentence="s")) for code in range(4)] == statuses


def test_a_run_says_what_went_wrong_on_the_way_and_is_degraded_then(tmp_path):
    """The same words and codes for every kind of run."""
    job = job_of(tmp_path)
    assert ended(job, "v1 serves.", [], {}).exit_code == 0
    bad = ended(job, "v1 serves.", ["a sink got nothing", "2 of 9 series failed"], {"rows": []})
    assert (bad.exit_code, bad.summary) == (3, {"rows": []})
    assert bad.sentence == "v1 serves. Degraded: a sink got nothing; 2 of 9 series failed."
    assert ended(job, "Worse than promised.", [], {}, degraded=True).exit_code == 3


@pytest.mark.parametrize(
    ("error", "code", "traceback"),
    [
        (ConfigError("typo"), 2, False),
        (DataError("late"), 1, False),
        (OSError("full"), 1, False),
        (ValueError("?"), 1, True),
    ],
)
def test_an_error_that_stops_a_run_is_told_and_only_a_bug_has_a_traceback(tmp_path, caplog, error, code, traceback):
    """Ours and the machine's say all there is to say in a line."""
    outcome = stopped(job_of(tmp_path), error, "scored")
    assert (outcome.exit_code, outcome.sentence) == (code, f"Nothing was scored: {reason_of(error)}")
    assert any(record.exc_info for record in caplog.records) is traceback


def test_an_error_of_ours_is_complete_and_another_has_its_kind():
    assert [code_of(error) for error in (ConfigError("typo"), DataError("twice"), ValueError("a bug"))] == [2, 1, 1]
    assert [reason_of(error) for error in (DataError("twice"), ValueError("a bug"))] == ["twice", "ValueError: a bug"]


def test_a_run_that_another_process_owns_is_left_alone(tmp_path):
    """Law: its body does not begin, and the owner's end is not overwritten."""
    job = job_of(tmp_path)

    def body(owned):
        inner, error = run_to_end(job, lambda _: pytest.fail("begun twice"), [])
        assert isinstance(error, RunBusyError)
        return inner

    outcome, error = run_to_end(job, body, [])
    assert error is None
    assert (outcome.exit_code, present(job.registry().run(job.key.run_id)).exit_code) == (1, 1)


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit])
def test_a_run_that_a_signal_ends_is_cancelled_and_given_back(tmp_path, signal):
    """Fault: the store said `running` of it for ever. Another start may follow at once."""
    job = job_of(tmp_path)

    def body(owned):
        raise signal

    with pytest.raises(signal):
        run_to_end(job, body, [])
    record = present(job.registry().run(job.key.run_id))
    assert (record.status, record.exit_code, record.owner) == ("cancelled", 1, None)
    good = Outcome(run_id="r", exit_code=0, sentence="Promoted v1.")
    assert run_to_end(job, lambda owned: good, [])[0] == good


def test_a_run_that_was_taken_over_writes_nothing_more_and_says_so(tmp_path):
    """Law: not into its folder, no version, no receipt, no end; all that is the other process's."""
    job, errors = job_of(tmp_path), []

    def body(owned):
        owned.run_store().write_bytes("before.txt", b"mine")
        with transaction(job.engine(), write=True) as connection:
            connection.execute(runs.update().values(owner="elsewhere:1:1"))
        receipt = Receipt(sink="file", rows=1, delivered=True, message="")
        for act in (
            lambda: owned.run_store().write_bytes("after.txt", b"mine"),
            lambda: owned.run_store().write_table("after.parquet", pa.table({"a": [1]})),
            lambda: owned.run_store().forget("before"),
            lambda: owned.run_store().remove("before.txt"),
            lambda: owned.registry().register_model("small", "r", model_ref("m"), CONTRACT, {}, NOW),
            lambda: owned.registry().record_delivery(job.key.run_id, receipt, NOW),
        ):
            with pytest.raises(TakenOverError) as caught:
                act()
            errors.append(str(caught.value))
        return Outcome(run_id="r", exit_code=0, sentence="Promoted v1.")

    outcome, error = run_to_end(job, body, [])
    assert isinstance(error, TakenOverError)
    assert len(errors) == 6
    assert "Nothing was recorded by this process" in outcome.sentence
    assert "was taken over by elsewhere:1:1" in outcome.sentence
    assert [path.name for path in Path(job.run_store().uri).rglob("*") if path.is_file()] == ["before.txt"]
    assert job.registry().models("small") == []
    record = present(job.registry().run(job.key.run_id))
    assert (record.status, record.owner) == ("running", "elsewhere:1:1")


def test_what_was_published_stays_so_where_its_end_cannot_be_kept(tmp_path):
    """Then it is degraded, with the reason; a run that came to nothing keeps its own reason."""
    good = Outcome(run_id="r", exit_code=0, sentence="Promoted v1.")
    bad = Outcome(run_id="r", exit_code=1, sentence="Nothing was published: late")

    def away(job, status, outcome):
        raise StoreError("the store is away")

    outcome, _ = run_to_end(job_of(tmp_path), lambda _: good, [], finish=away)
    assert (outcome.exit_code, outcome.sentence) == (
        3, "Promoted v1. Degraded: it is not recorded how the run ended: the store is away."
    )  # fmt: skip
    assert run_to_end(job_of(tmp_path), lambda _: bad, [], finish=away)[0] == bad


def test_what_comes_after_a_run_is_done_while_it_is_owned_and_recorded(tmp_path):
    job, seen = job_of(tmp_path), []

    def after(owned, outcome):
        seen.append((outcome.exit_code, present(job.registry().run(job.key.run_id)).status))

    run_to_end(job, lambda _: Outcome(run_id="r", exit_code=3, sentence="s"), [], finish=finish, after=after)
    assert seen == [(3, "degraded")]
