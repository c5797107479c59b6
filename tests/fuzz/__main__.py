"""`make fuzz`: tables and pipeline files that are changed by chance go through `init`, `check` and a short run.

`python -m fuzz [--start N] [--cases N] [--keep FOLDER]`. Each case is either done or refused in words; what `init` says
of a table `check` says; nothing else ever comes out. A case is made of its number alone, so that it can be made again
(`--start N --cases 1`); the exit code is 1 where one is not as it must be, and its files are kept.
"""

import argparse
import os
import random
import re
import shlex
import shutil
import sys
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from typer.testing import CliRunner, Result

from flows.cli.app import app
from flows.runs.secret_block import secret_block
from fuzz.tables import changed_settings, damaged, table
from lstm.errors import ForecastError
from lstm.steps.champions.contenders import CONTENDERS
from lstm.steps.job import RunRequest, open_job
from lstm.steps.night import carry_out

NIGHT_EVERY = 8  # a run takes seconds, a table is read in some milliseconds
SHORT = "[training]\nmax_epochs = 1\n[model]\nmembers = 1\n"


def case(number: int) -> str:
    """One table in the current folder: `refused`, `not ready`, `read` or `run`.

    Raises whatever is no refusal, and AssertionError where `check` disagrees.
    """
    dice = random.Random(number)
    content = table(dice)
    Path("t.csv").write_bytes(damaged(content, dice) if dice.random() < 0.3 else content)
    looked = command("init", "t.csv")
    pipeline_file = Path("pipeline.toml")
    if not pipeline_file.exists():
        assert looked.exit_code != 0, looked.output
        return "refused"
    how = "not ready"
    if looked.exit_code == 0:
        how = "read"
        as_of = options_of(looked.output)
        checked = command("check", "pipeline.toml", *as_of)
        assert checked.exit_code == 0, f"init could use the table, and check could not: {checked.exception}"
        said = checked.output.partition("Store and sinks")[0]
        assert said in looked.output, f"init: {looked.output}\ncheck: {checked.output}"
        if number % NIGHT_EVERY == 0:
            night(pipeline_file, as_of[-1] if as_of else None)
            how = "run"
    pipeline_file.write_text(changed_settings(pipeline_file.read_text("utf-8"), dice), "utf-8")
    command("check", "pipeline.toml", "--as-of", "2024-03-01")
    return how


def command(*arguments: str) -> Result:
    """What a command says. Raises what is no refusal in words."""
    ended = CliRunner().invoke(app, list(arguments))
    if ended.exception is not None and not isinstance(ended.exception, (ForecastError, SystemExit)):
        raise ended.exception
    if isinstance(ended.exception, ForecastError):
        assert len(str(ended.exception)) > 20, f"that says nothing: {ended.exception}"
    return ended


def options_of(output: str) -> list[str]:
    """The options of the `check` that `init` names, over all lines that the name of a file is folded to."""
    typed = re.search(r"nightcast check (.*?)nightcast run", output, re.DOTALL)
    assert typed is not None, output
    return shlex.split(typed[1])[1:]


def night(pipeline_file: Path, as_of: str | None) -> None:
    """A run without Prefect. Raises what ended it, unless that is a refusal in words."""
    pipeline_file.write_text(f"{pipeline_file.read_text('utf-8')}\n{SHORT}", "utf-8")
    request = RunRequest(str(pipeline_file), "retrain", as_of, {}, False)
    outcome, ending = carry_out(open_job(request, now=datetime.now(UTC), blocks=secret_block), CONTENDERS["retrain"])
    if ending.error is not None and not isinstance(ending.error, ForecastError):
        raise ending.error
    assert "there is no report" not in outcome.sentence, outcome.sentence


def main() -> int:
    """Answers 1 where a case is not as it must be."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"))
    options = parser.parse_args()
    keep, ways = options.keep.absolute(), Counter[str]()
    for number in range(options.start, options.start + options.cases):
        with TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                ways[case(number)] += 1
            except Exception:  # noqa: BLE001 - whatever it is, it is told with its case
                ways["wrong"] += 1
                shutil.copytree(folder, keep / str(number), dirs_exist_ok=True)
                print(f"case {number}, kept in {keep / str(number)}:\n{traceback.format_exc()}", flush=True)
            os.chdir(keep.parent)
    print(f"cases from {options.start}: {', '.join(f'{count} {how}' for how, count in ways.most_common())}")
    return int(ways["wrong"] > 0)


if __name__ == "__main__":
    sys.exit(main())
