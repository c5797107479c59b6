"""Whether Python finds our packages, or somebody else's of the same names. Needs nothing but Python itself.

It is read before anything of ours can be trusted: `nightcast_command` loads it by its path, and `flows` imports it
first, in the processes of workers too.
"""

import os
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("flows", "tasks", "lstm")


def refuse_shadows(folder: Path) -> None:
    """Raises ImportError, in words for a person, where Python would import another package of the name of one of ours.

    folder: where ours lie. Nothing is imported.
    """
    for name in PACKAGES:
        ours, place = os.path.realpath(folder / name), _place_of(name)
        if place != ours:
            raise ImportError(
                f"{place} hides a part of Nightcast: Python imports it in place of {ours}, which has the same name. "
                f"{_remedy(os.path.dirname(place))}"
            )


def _place_of(name: str) -> str:
    """The folder of the package, or the file of the module, that `import NAME` would read; "" where there is none."""
    spec = find_spec(name)
    if spec is None:
        return ""
    folders = list(spec.submodule_search_locations or ())
    return os.path.realpath(folders[0] if folders else str(spec.origin))


def _remedy(folder: str) -> str:
    """What helps against something in a folder that Python searches before ours."""
    entries = os.environ.get("PYTHONPATH")
    if entries and folder in [os.path.realpath(entry) for entry in entries.split(os.pathsep)]:
        return f"Rename it, or take {folder} out of PYTHONPATH."
    if folder == os.getcwd():
        return "Rename it, or use the command `nightcast`, which does not look into the current folder."
    return "Rename it, or remove what brought it."
