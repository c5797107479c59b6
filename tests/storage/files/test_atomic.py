"""Files are there whole or not at all, and what a killed process had begun goes with the next writing."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

from lstm.storage.files.atomic import atomic_write, atomic_write_bytes


def dead_pid() -> int:
    """Of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_writing_that_fails_leaves_the_file_as_it_was(tmp_path):
    """And nothing beside it."""
    path = tmp_path / "a.txt"
    atomic_write_bytes(path, b"old")
    with suppress(ZeroDivisionError), atomic_write(path) as part:
        part.write_bytes(b"ne")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_had_begun_is_removed_by_the_next_writing(tmp_path):
    """Parts of a process that lives, those of another machine on the same volume, and what only looks alike stay."""
    here, dead = f"@{socket.gethostname()}.part", dead_pid()
    killed = tmp_path / f"[a].txt.{dead}{here}"
    names = (f"[a].txt.{os.getppid()}{here}", f"[a].txt.{dead}@elsewhere.part", f"[a].txt.mine{here}", "a.txt.1.part")
    others = [tmp_path / name for name in names]
    for path in (killed, *others):
        path.write_bytes(b"begun")
    atomic_write_bytes(tmp_path / "[a].txt", b"new")
    assert not killed.exists()
    assert all(path.exists() for path in others)


def test_a_process_killed_while_it_writes_leaves_the_old_file_and_its_successor_the_new(tmp_path):
    """SIGKILL between the writing and the renaming."""
    path = tmp_path / "a.txt"
    atomic_write_bytes(path, b"old")
    begin = "import os, signal, sys; from pathlib import Path; from lstm.storage.files.atomic import atomic_write\n"
    end = "with atomic_write(Path(sys.argv[1])) as p: p.write_bytes(b'ne'); os.kill(os.getpid(), signal.SIGKILL)"
    killed = subprocess.run([sys.executable, "-c", begin + end, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    atomic_write_bytes(path, b"new")
    assert [found.read_bytes() for found in tmp_path.iterdir()] == [b"new"]
