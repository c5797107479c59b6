"""Which pages there are, and what should stand in them."""

from collections.abc import Callable
from pathlib import Path

from docs.generator import cases, commands, errors, pipeline_file, store

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "pipeline-file.md": pipeline_file.page,
    "commands.md": commands.page,
    "store.md": store.page,
    "errors.md": errors.page,
    "../explanation/cases.md": cases.page,
}
NOTE = "<!-- Written by `make docs` from the code; a change here is lost. -->"


def generated_pages() -> dict[Path, str]:
    """The text of each page, by its place."""
    return {(FOLDER / name).resolve(): f"{NOTE}\n\n{page().strip()}\n" for name, page in PAGES.items()}
