"""A measurement of speed, as a JSON line and as a row of the table."""

from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.table import MEGABYTE, markdown

HEADER = ("what", "threads", "ours", "against", "ratio", "target", "peak memory")


@dataclass(frozen=True)
class Speed:
    """One measurement. ratio: of ours to what it is held against, in the sense of the target, such as `>= 0.95`.

    unit: of ours and against. peak: bytes beyond what was resident before, where it was measured.
    """

    what: str
    threads: int
    ours: float
    unit: str
    against: float | None = None
    ratio: float | None = None
    target: str = ""
    peak: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """What is known, rounded to four digits."""
        known = {key: value for key, value in asdict(self).items() if value not in (None, "")}
        return {key: float(f"{value:.4g}") if isinstance(value, float) else value for key, value in known.items()}


def table(lines: list[Speed]) -> str:
    """All measurements as Markdown."""
    return markdown(HEADER, [_row(line) for line in lines])


def _row(line: Speed) -> tuple[str, ...]:
    return (
        line.what,
        str(line.threads),
        f"{_shown(line.ours)} {line.unit}",
        "" if line.against is None else f"{_shown(line.against)} {line.unit}",
        "" if line.ratio is None else f"{line.ratio:.2f}",
        line.target,
        "" if line.peak is None else f"{line.peak / MEGABYTE:,.0f} MiB",
    )


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
