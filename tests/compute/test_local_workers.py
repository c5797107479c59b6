"""Workers of this machine do what one process does: the same results, errors and log, and a lost one costs nothing."""

import logging
import os
import resource
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import worked
from lstm.compute.executor import InOrder
from lstm.compute.local_workers import Processes
from lstm.errors import DataError, WorkerLostError
from lstm.storage.files.processes import started

NUMBERS = {"numbers": np.arange(1000, dtype=np.float64), "name": "a"}


def test_results_come_in_the_order_of_the_items():
    with Processes(2) as processes:
        assert processes.map(worked.total, NUMBERS, [3, 1, 5, 2]) == [3.0, 0.0, 10.0, 1.0]
        assert InOrder().map(worked.total, NUMBERS, [3, 1, 5, 2]) == [3.0, 0.0, 10.0, 1.0]


def test_workers_share_the_arrays_of_one_file_and_are_kept_for_the_next_map():
    with Processes(2) as processes:
        first = processes.map(worked.process_of, NUMBERS, range(4))
        second = processes.map(worked.process_of, NUMBERS, range(4))
    assert not any(owns for _, owns in first)
    assert len({process for process, _ in first}) <= 2
    assert {process for process, _ in second} <= {process for process, _ in first}


def test_what_a_worker_writes_into_shared_arrays_stays_with_it():
    numbers = {"numbers": np.ones(3)}
    with Processes(2) as processes:
        assert processes.map(worked.changes, numbers, range(2)) == [-3.0, -3.0]
    assert numbers["numbers"].sum() == 3.0


def test_work_calls_home():
    home = worked.Home()
    with Processes(2) as processes:
        assert processes.map(worked.told_home, None, range(5), home) == [0, 2, 4, 6, 8]
    assert sorted(home.heard) == [0, 1, 2, 3, 4]


def test_log_records_of_workers_are_logged_here(caplog):
    with caplog.at_level(logging.INFO, "lstm"), Processes(2) as processes:
        processes.map(worked.logged, None, range(2))
    assert sorted(record.getMessage() for record in caplog.records) == [f"item {item} of {object}" for item in (0, 1)]


def test_an_error_of_the_work_is_raised_with_all_that_it_says_and_the_workers_can_be_used_again():
    with Processes(2) as processes:
        with pytest.raises(DataError, match="a value is wrong") as refusal:
            processes.map(worked.refused, None, range(4))
        assert (refusal.value.series, refusal.value.line) == ("a", 7)
        assert processes.map(worked.total, NUMBERS, [3, 1]) == [3.0, 0.0]


def test_the_work_of_a_worker_that_was_killed_is_done_again(tmp_path, caplog):
    with Processes(2) as processes:
        assert processes.map(worked.killed_once, tmp_path, range(3)) == [0, 1, 2]
    assert caplog.text.count("killed by signal 9; its work is done again") == 3


def test_work_that_kills_every_worker_ends_the_map():
    with Processes(2) as processes, pytest.raises(WorkerLostError, match=r"signal 9, 3 times .* lower compute.workers"):
        processes.map(worked.killed, None, range(2))


def test_ranks_work_at_the_same_time_however_few_workers_there_are_to_be():
    with Processes(1) as processes:
        assert processes.together(worked.meets, 2, 3) == [0, 2, 4]


def test_a_rank_that_was_killed_ends_the_others():
    with Processes(2) as processes:
        with pytest.raises(WorkerLostError, match=r"a rank .* killed by signal 9, .* lower training.ranks"):
            processes.together(worked.last_rank_dies, None, 2)
        assert not processes._busy


def test_no_process_is_begun_for_one_item_or_one_worker():
    with Processes(2) as processes:
        ((alone, _),) = processes.map(worked.process_of, NUMBERS, [0])
    with Processes(1) as processes:
        others = processes.map(worked.process_of, NUMBERS, [0, 1])
    assert {alone, *(process for process, _ in others)} == {os.getpid()}


def test_without_room_for_what_workers_share_one_process_does_the_work(caplog):
    """A disk that is full: a file of this process may be no larger than some bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with Processes(2) as processes:
            assert processes.map(worked.total, NUMBERS, [3, 1]) == [3.0, 0.0]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot hold what workers share ([Errno 27] File too large)" in caplog.text


def test_workers_end_in_the_middle_of_their_work_when_whoever_began_them_is_killed(tmp_path):
    """And what they shared, as large as the panel, is gone."""
    code = f"""
        import sys
        sys.path[:] = {sys.path!r}
        from pathlib import Path
        import worked
        from lstm.compute.local_workers import Processes
        Processes(2).map(worked.waits_for_its_end, Path({str(tmp_path)!r}), range(2))
    """
    surroundings = os.environ | {"TMPDIR": str(tmp_path)}
    began = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=surroundings)
    marks = [tmp_path / "0.pid", tmp_path / "1.pid"]
    _until(lambda: all(mark.exists() for mark in marks))
    assert list(tmp_path.glob("nightcast-*/shared"))
    began.kill()
    began.wait()
    _until(lambda: all(started(int(mark.read_text())) is None for mark in marks))
    assert not list(tmp_path.glob("nightcast-*"))


def test_a_script_without_a_guard_of_its_main_module_may_map(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys\nsys.path[:] = {sys.path!r}\nimport worked\nfrom lstm.compute.local_workers import Processes\n"
        "print(Processes(2).map(worked.told_home, None, range(3), worked.Home()))\n"
    )
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=120)
    assert ended.stdout == "[0, 2, 4]\n"


def _until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
