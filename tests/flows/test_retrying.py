"""Faults of the machine within a night: what passes is tried again, what does not is told without a traceback."""

import errno

import pytest
import torch

from lstm.errors import StoreError
from lstm.model.fitting.fit import fit
from lstm.storage.registry.registry import Registry
from runs import Stored, run


@pytest.fixture
def failing(monkeypatch):
    """Lets the fits that follow fail, each with the next of some errors; answers how often one was tried."""
    attempts: list[int] = []

    def fail_with(*errors):
        waiting = list(errors)

        def broken(*arguments, **options):
            attempts.append(len(attempts))
            if waiting:
                raise waiting.pop(0)
            return fit(*arguments, **options)

        monkeypatch.setattr("lstm.steps.train.fit", broken)
        return attempts

    return fail_with


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    ],
    ids=["connection lost", "the GPU is full"],
)
def test_what_passes_costs_a_second_attempt_and_nothing_else(small, failing, caplog, error):
    """A good night, though its training had to begin twice."""
    attempts = failing(error)
    outcome = run(small)
    assert outcome.exit_code == 0, outcome.sentence
    assert len(attempts) == 2
    assert "it is tried again" in caplog.text
    assert Stored(small).champion() == 1


def test_a_full_disk_in_training_has_one_attempt_and_no_traceback(small, failing, caplog):
    """The night goes on with a baseline; the log says what is the matter in a line."""
    attempts = failing(OSError(errno.ENOSPC, "No space left on device"))
    outcome = run(small)
    assert (outcome.exit_code, len(attempts)) == (3, 1)
    assert "No space left on device" in outcome.sentence
    ours = [record for record in caplog.records if record.name == "lstm.steps.champions.contenders"]
    assert [record.exc_info for record in ours] == [None]


def test_a_store_that_goes_away_after_the_publication_takes_nothing_back(small, monkeypatch):
    """Law: nobody is told that nothing was published when it was; how the run ended is what is missing."""

    def away(*_):
        raise StoreError("the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "finish_run", away)
        outcome = run(small)
    assert (outcome.exit_code, Stored(small).champion()) == (3, 1)
    assert outcome.sentence.startswith("Promoted v1")
    assert outcome.sentence.endswith("Degraded: it is not recorded how the run ended: the store is away.")
    assert len(Stored(small).current()) == 6 * 7
    assert run(small).exit_code == 0
