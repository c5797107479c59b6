"""Many pipelines whose forecasts are due at one minute, on a Prefect server with SQLite, run by `nightcast serve`."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from faults.ground import PIPELINE, observations
from faults.processes import kill_session, start, until
from faults.scene import ENDED, environment
from faults.stage import Stage, Tried
from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import FlowRun
from receivers import receiving

from lstm.steps.night import night

POOL, MANY = "crowd", 29
MINUTES_TO_DEPLOY = 6
SECONDS = 1800


def many_at_one_minute(stage: Stage) -> Iterator[Tried]:
    """Nobody crashes, nobody is told of anything, and each pipeline has its forecasts."""
    files = [_pipeline(stage.folder / POOL / f"p{number:02}") for number in range(MANY)]
    due = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=MINUTES_TO_DEPLOY)
    for file in files:
        file.write_text(file.read_text().replace('forecast = "off"', f'forecast = "{due.minute} * * * *"'))
    with receiving() as receiver:
        surroundings = environment(stage.folder / "worker", stage.scene.api) | {"CROWD": receiver.url}
        words = ["-m", "flows.cli", "serve", *map(str, files), "--work-pool", POOL, "--notify", "env:CROWD"]
        serving = start(words, stage.folder / "crowd.log", surroundings)
        try:
            runs = until(lambda: _ended(stage, due), "the end of all forecasts", SECONDS)
        finally:
            kill_session(serving)
        told = [body["text"] for body in receiver.bodies]
    busy = (stage.server.home / "server.log").read_text().count(" 503")
    names = Counter(str(run.state and run.state.name) for run in runs)
    restarted = [run.name for run in runs if run.run_count > 1]
    minutes = max(run.end_time for run in runs if run.end_time is not None) - due
    problems = [f"told: {text}" for text in told] + [f"{name} began twice" for name in restarted]
    problems += [] if names == {"Completed": MANY} else [json.dumps(names)]
    then = f"all Completed within {minutes.total_seconds() / 60:.0f} minutes, {busy} answers of 503"
    yield Tried(f"{MANY} forecasts due at one minute, SQLite server, `nightcast serve`", then, "nobody", problems)


def _pipeline(folder: Path) -> Path:
    """A pipeline with a champion, over a table that ends yesterday."""
    folder.mkdir(parents=True)
    table, today = observations(), datetime.now(UTC).date()
    days = pd.to_datetime(table["day"])
    table["day"] = (days + (pd.Timestamp(today - timedelta(days=1)) - days.max())).dt.strftime("%Y-%m-%d")
    table.to_csv(folder / "observations.csv", index=False)
    file = folder / "pipeline.toml"
    text = PIPELINE.format(top="", source='path = "observations.csv"', store="", sink="sqlite:///warehouse.db")
    file.write_text(text.replace('"small"', f'"{folder.name}"'), encoding="utf-8")
    outcome = night(str(file), today.isoformat())
    if outcome.exit_code:
        raise RuntimeError(outcome.sentence)
    return file


def _ended(stage: Stage, due: datetime) -> list[FlowRun] | None:
    pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
    with stage.scene.client as client:
        runs = [run for run in client.read_flow_runs(work_pool_filter=pool) if run.expected_start_time == due]
    over = all(run.state is not None and run.state.type.value in ENDED for run in runs)
    return runs if len(runs) == MANY and over else None


FAULTS = (many_at_one_minute,)
