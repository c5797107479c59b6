"""The diary of the test parts: every reading of one is a line, so that the tables stay honest."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

LOOKS = Path(__file__).parent / "looks.md"


def record(name: str, why: str, numbers: Mapping[str, object] | str, looks: Path = LOOKS) -> None:
    """Adds a line: the day, the data set, why it was looked at, and what was seen."""
    seen = (
        numbers if isinstance(numbers, str) else ", ".join(f"{key} {_shown(value)}" for key, value in numbers.items())
    )
    cells = (datetime.now(UTC).date().isoformat(), name, why, seen)
    with looks.open("a", encoding="utf-8") as file:
        file.write(f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in cells)} |\n")


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
