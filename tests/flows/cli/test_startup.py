"""What a command sets up before it imports Prefect and torch."""

import gc
import os

from flows.cli.startup import DEFAULTS, permanent_imports, prepare


def test_what_the_user_has_set_stays(monkeypatch):
    """Law: a default fills a gap and changes no choice."""
    monkeypatch.setattr(os, "environ", {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "DEBUG"})
    prepare()
    assert os.environ == DEFAULTS | {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "DEBUG"}


def test_imports_that_stay_are_not_searched_for_garbage_and_later_objects_are():
    """What is made in the body counts as permanent; the collection goes on after it."""
    frozen = gc.get_freeze_count()
    try:
        with permanent_imports():
            assert not gc.isenabled()
            kept: list[list[int]] = [[] for _ in range(100)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= frozen + len(kept)
    finally:
        gc.unfreeze()
