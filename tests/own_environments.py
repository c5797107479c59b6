"""Environments that hold some packages and what these need, and nothing else: links to what is installed here."""

import os
import re
import subprocess
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?[^;]*(?:;(?P<marker>.*))?$")


def with_needs(names: list[str]) -> set[str]:
    """These distributions and those that they require here, by their own metadata; extras are not."""
    known: set[str] = set()
    left = list(names)
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        if name in known:
            continue
        try:
            requirements = distribution(name).requires or []
        except PackageNotFoundError:  # of another platform
            continue
        known.add(name)
        matches = (REQUIREMENT.match(requirement) for requirement in requirements)
        left += [match[1] for match in matches if match and "extra ==" not in (match["marker"] or "")]
    return known


def own_environment(folder: Path, names: list[str]) -> Path:
    """Python of an environment with these packages in the versions of this one, without a copy and without a network.

    A link a file or folder at the top of each distribution: a second torch would take a gigabyte.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in with_needs(names):
        installed = distribution(name)
        tops = {file.parts[0] for file in installed.files or [] if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            if not (packages / top).exists():
                os.symlink(Path(str(installed.locate_file(top))), packages / top)
    return folder / "bin" / "python"


def run_in(python: Path, script: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A script in an environment, without the variables of this process."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    variables = {**kept, "OMP_NUM_THREADS": "1", **variables}
    return subprocess.run([python, script], env=variables, capture_output=True, text=True, check=False, timeout=300)
