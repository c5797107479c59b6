"""The page of cases, from the names and docstrings of the tests in `tests/cases`."""

import ast
from collections.abc import Iterator
from pathlib import Path

from docs.generator.markdown import sentence, table

FOLDER = Path(__file__).parents[2] / "tests" / "cases"
NAMES = {"csv": "CSV", "excel": "Excel", "february": "February", "german": "German", "june": "June", "mase": "MASE"}
NAMES |= {"nan": "NaN", "parquet": "Parquet", "smape": "sMAPE", "sql": "SQL", "utc": "UTC"}

INTRODUCTION = """
# Cases

What goes wrong with tables, clocks, values, trainings, databases and runs, mostly as somebody has met it before, and
what Nightcast does about it. Each row is a test: a whole night, or the part of it that the case is about, on the
smallest table that has the fault. [Crash safety](crash-safety.md) has the kills and the full disks.
"""


def _rows(tests: ast.Module) -> Iterator[tuple[str, str]]:
    """Fault and right outcome of each test, and what it looks like: the first paragraph of its docstring."""
    for test in tests.body:
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            words = [NAMES.get(word, word) for word in test.name.removeprefix("test_").split("_")]
            detail = (ast.get_docstring(test) or "").partition("\n\n")[0]
            text = " ".join(words)
            yield f"{text[0].upper()}{text[1:]}", sentence(detail)


def _section(file: Path) -> str:
    tests = ast.parse(file.read_text(encoding="utf-8"))
    title, _, subjects = sentence((ast.get_docstring(tests) or "").partition("\n\n")[0]).partition(": ")
    link = f"[tests/cases/{file.name}](../../tests/cases/{file.name})"
    rows = table(("fault and right outcome", "here"), _rows(tests))
    return f"## {title}\n\n{subjects[0].upper()}{subjects[1:]} {link}\n\n{rows}"


def page() -> str:
    """The page: a section a module, in the order of their titles."""
    sections = sorted(_section(file) for file in FOLDER.glob("test_*.py"))
    return "\n\n".join([INTRODUCTION.strip(), *sections])
