"""How the command ends: with its own code, whatever threads it leaves behind."""

import signal
import subprocess
import sys

import pytest

# Arrow reads ahead in a thread of its own, by way of Python, and is in the middle of it when the process ends.
READING_AHEAD = """
import sys, time
import pyarrow.csv as csv
import nightcast_command

class File:
    closed, blocks = False, 0
    def readable(self): return True
    def seekable(self): return False
    def writable(self): return False
    def close(self): pass
    def read(self, size=-1):
        self.blocks += 1
        if self.blocks > 2:
            time.sleep(0.3)
        return b"1,2\\n" * 20_000 if self.blocks < 30 else b""

end = nightcast_command.PlainEnd()
reader = csv.open_csv(File(), read_options=csv.ReadOptions(block_size=1 << 16, column_names=["a", "b"]))
print("said", flush=False)
"""


def ends(code: str) -> tuple[int, str]:
    """(exit code, what was printed) of a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def test_a_refusal_ends_with_its_code_though_a_reader_is_still_at_work():
    """The same end by `sys.exit` is one by a signal, which shows that the thread is there."""
    assert ends(READING_AHEAD + "sys.exit(2)")[0] == -signal.SIGABRT
    assert ends(READING_AHEAD + "end.exit(2)") == (2, "said\n")


@pytest.mark.parametrize(("code", "expected"), [("None", 0), ("0", 0), ("4", 4), ("'why'", 1)])
def test_the_code_is_that_of_sys_exit_and_what_waits_for_the_end_is_done_first(code, expected):
    begin = "import atexit, nightcast_command; end = nightcast_command.PlainEnd(); "
    script = f"{begin}atexit.register(print, 'done'); end.exit({code})"
    assert ends(script) == (expected, "done\n")
