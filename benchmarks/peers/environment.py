"""The peers' environment: made from `requirements.txt` when it is missing or older than that file."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
FOLDER = Path(__file__).parent / ".venv"


def python(requirements: Path = REQUIREMENTS, folder: Path = FOLDER) -> Path:
    """The interpreter that has the peers installed; git ignores the folder that it lives in.

    Raises RuntimeError with what pip said where it could not install them.
    """
    interpreter, stamp = folder / "bin" / "python", folder / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    # The stamp comes last: an installation that broke off is done again.
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return interpreter
    print(f"installing {requirements} into {folder}", file=sys.stderr)
    venv.create(folder, clear=True, with_pip=True)
    command = [str(interpreter), "-m", "pip", "install", "--quiet", "-r", str(requirements)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"the peers could not be installed: {ended.stderr[-2000:]}")
    stamp.write_text(wanted, encoding="utf-8")
    return interpreter
