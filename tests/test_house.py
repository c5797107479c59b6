"""Laws of the tree: what lies where, and that each module has a test of its own."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from pages import ROOT

PACKAGES = ("lstm", "tasks", "flows")
WIDEST = 14


def modules(package: str) -> list[Path]:
    """Every module of a package, below its root, without the `__init__` of folders and without migrations."""
    files = [file.relative_to(ROOT) for file in (ROOT / package).rglob("*.py")]
    return sorted(file for file in files if not file.name.startswith("__") and "migrations" not in file.parts)


def mirrored(module: Path) -> Path:
    """Where the tests of a module lie: in the same folder of `tests/`; the packages of `lstm` lie at its top."""
    parts = module.parts[1:] if module.parts[0] == "lstm" else module.parts
    return Path("tests", *parts[:-1], f"test_{parts[-1]}")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_is_wider_than_a_reader_can_take_in(package: str) -> None:
    """Law: at most 14 modules a folder."""
    width = Counter(module.parent.as_posix() for module in modules(package))
    assert {folder: count for folder, count in width.items() if count > WIDEST} == {}


def test_a_module_name_is_used_once_within_lstm() -> None:
    """Law: who says `windows.py` means one file."""
    names = Counter(module.name for module in modules("lstm"))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_module_has_a_test_file_of_its_own_or_is_a_known_debt() -> None:
    """The debt may only shrink: a module that is new comes with its tests, one that got them leaves the list."""
    debt = {line for line in (ROOT / "tests" / "untested_modules.txt").read_text("utf-8").splitlines() if line}
    bare = {
        module.as_posix()
        for package in PACKAGES
        for module in modules(package)
        if not (ROOT / mirrored(module)).exists()
    }
    assert bare - debt == set(), "a module without a test file of its own"
    assert debt - bare == set(), "has a test file by now, or is gone: take it off the list"


def test_tests_lie_in_folders_that_the_packages_have() -> None:
    """Law: a folder of tests below `data`, `model`, … is a folder of the packages."""
    packages = ("config", "data", "evaluation", "frames", "model", "report", "steps", "storage", "tasks", "flows")
    folders = {file.parent for name in packages for file in (ROOT / "tests" / name).rglob("test_*.py")}
    own = {(ROOT / mirrored(module)).parent for package in PACKAGES for module in modules(package)}
    of_packages = own | {folder.parent for folder in own}
    assert folders - of_packages == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is(package: str) -> None:
    """Law: the first line of each module is its description."""
    files = [file for file in (ROOT / package).rglob("*.py") if "versions" not in file.parts]
    assert [file for file in files if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))] == []


PRONOUNS = frozenset(
    ["found", "one", "own", "told", "there", "mine", "theirs", "about", "made", "wanted", "result", "tmp", "df"]
)
SHORT_LIVED = 3  # lines


def lives(function: ast.AST) -> dict[str, int]:
    """Lines from the first binding of each pronoun in a function to the last line that speaks of it."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in PRONOUNS:
            first[node.id] = min(first.get(node.id, node.lineno), node.lineno)
            last[node.id] = max(last.get(node.id, 0), node.lineno)
    return {name: last[name] - line + 1 for name, line in first.items()}


def test_no_name_is_a_pronoun() -> None:
    """Law: a name says what a thing is; `found` says only that it was looked for. Three lines are forgiven."""
    spoken = []
    for module in (module for package in PACKAGES for module in modules(package)):
        tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
        bindings: list[ast.stmt] = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        spoken += [f"{module}: {name}" for name in lives(ast.Module(bindings, []))]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                spoken += [
                    f"{module}:{node.lineno} {node.name}: {name}"
                    for name, length in lives(node).items()
                    if length > SHORT_LIVED
                ]
    assert spoken == []
