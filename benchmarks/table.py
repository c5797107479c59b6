"""The table of a benchmark: printed, and pasted into the README between its markers."""

import os
import platform
import sys
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.child import Measured

README = Path(__file__).parent / "README.md"
PACKAGES = ("numpy", "pandas", "pyarrow", "sqlalchemy", "psycopg")
HEADER = ("what", "ours", "floor", "ratio", "target", "peak memory", "target")
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Line:
    """A row of the table, as text. A cell is empty where there is no such number."""

    what: str
    ours: str
    floor: str = ""
    ratio: str = ""
    target: str = ""
    memory: str = ""
    memory_target: str = ""


def against(
    what: str, ours: Measured, floor: float, arrow_bytes: int, *, target: float | None = None, bounded: bool = True
) -> Line:
    """Wall time against a floor's seconds, and peak memory against the size of the rows in Arrow.

    target: largest ratio of the times. bounded: at most 3 times the rows is the target of the memory.
    """
    return Line(
        what,
        f"{ours.seconds:.2f} s",
        f"{floor:.2f} s",
        f"{ours.seconds / floor:.2f}",
        "" if target is None else f"≤ {target:g}",
        f"{ours.peak / arrow_bytes:.2f} × rows ({ours.peak / MEGABYTE:,.0f} MiB)",
        "≤ 3 × rows" if bounded else "",
    )


def as_markdown(lines: list[Line]) -> str:
    """The table with its header."""
    return markdown(HEADER, [astuple(line) for line in lines])


def markdown(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table of text cells."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows))


def machine(names: tuple[str, ...] = PACKAGES) -> str:
    """What the numbers were measured on. names: of the packages that matter."""
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{os.cpu_count()} cores ({_processor()}), {platform.system()}, Python {sys.version.split()[0]}, {packages}."


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def paste(marker: str, content: str, readme: Path = README) -> None:
    """Replaces what stands between `<!-- marker -->` and `<!-- end of marker -->` in a file that has both."""
    begin, end = f"<!-- {marker} -->", f"<!-- end of {marker} -->"
    before, _, rest = readme.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    readme.write_text(f"{before}{begin}\n{content}\n{end}{after}", encoding="utf-8")
