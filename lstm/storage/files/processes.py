"""Which machine this is, what memory it has left, and which of its processes live."""

import hashlib
import os
import socket
from pathlib import Path

KIBIBYTE = 1024


def host_name() -> str:
    """Host name, and a mark of kernel and process namespace: containers may share a name and have their own pids."""
    try:
        kernel = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        mark = hashlib.sha256(f"{kernel} {os.readlink('/proc/self/ns/pid')}".encode()).hexdigest()[:8]
    except OSError:
        mark = "0"
    return f"{socket.gethostname()}@{mark}"


def free_memory() -> int | None:
    """Bytes that can be had without swapping, within the limit of the control group; None where that is not known."""
    free = _number_after("MemAvailable:", Path("/proc/meminfo"))
    if free is None:
        return None
    group = Path("/sys/fs/cgroup")
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            free_of_group = int((group / limit).read_text()) - int((group / used).read_text())
        except (OSError, ValueError):  # no such group, or "max"
            continue
        return max(min(free * KIBIBYTE, free_of_group), 0)
    return free * KIBIBYTE


def _number_after(name: str, file: Path) -> int | None:
    try:
        return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name))
    except (OSError, StopIteration):
        return None


def started(pid: int) -> int | None:
    """Ticks after boot at which a living process began; 0 where that is not known; None when it has ended."""
    if not Path("/proc/self/stat").exists():
        return 0 if _answers(pid) else None
    try:
        # The name in parentheses may hold anything; the fields after it are state, parent, …
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _answers(pid: int) -> bool:
    if os.name == "nt":
        return True  # there, signal 0 would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
