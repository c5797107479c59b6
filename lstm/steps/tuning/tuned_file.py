"""The lines of a tuned setting: to be pasted, or written into the pipeline file."""

from pathlib import Path

from lstm.errors import ForecastError
from lstm.references import TuningVerdict
from lstm.storage.files.pipeline_text import lines_of, write_changes


def lines_to_paste(verdict: TuningVerdict) -> tuple[str, ...]:
    """The lines, none where nothing is proposed."""
    return tuple(lines_of(verdict.changes)) if verdict.proposed else ()


def written(verdict: TuningVerdict, pipeline_file: str, seen: bytes) -> tuple[str, str]:
    """(what became of writing, a fault or ""). seen: the file's content when it was read."""
    if not verdict.proposed:
        return "nothing: the pipeline file stays as it is", ""
    try:
        write_changes(Path(pipeline_file).expanduser(), seen, verdict.changes)
    except (ForecastError, OSError, ValueError) as error:
        return f"nothing: {error}", f"the setting was not written: {error}"
    return f"the lines are in {pipeline_file}; the next retrain trains with them", ""
