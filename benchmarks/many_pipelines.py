"""`make bench-pipelines`: an hour of many pipelines' forecasts on one machine, with one Prefect server and one worker.

Run as `python -m benchmarks.many_pipelines`. The hour may be made shorter: the pipelines are due in the minutes that
follow from their names, and `--minutes` says into how many the hour is pressed. One of them has lost its table.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Scheduled

from benchmarks.child import ROOT, THREADS
from benchmarks.resident import Resident, cpu_of, resident_of
from benchmarks.running_server import RunningServer
from benchmarks.table import MEGABYTE, machine, markdown, paste
from flows.deployment.deployments import deployments_of
from flows.schedule import FORECAST, cron_of
from lstm.config import load_pipeline
from lstm.storage.store.database import store_url, upgrade_store

MARKER = "bench-pipelines"
PACKAGES = ("prefect", "torch", "pandas", "sqlalchemy")
POOL = "nightcast"
SERIES, HOURS = 6, 14 * 24
MINUTES = 60
SECONDS_BETWEEN_LOOKS = 5.0
SECONDS_TO_END = 3600
PIPELINE = """
name = "{name}"
horizon = 24
frequency = "h"

[source]
path = "observations.csv"
series = ["id"]
time = "hour"
targets = ["y"]

[schedule]
retrain = "15 {far} * * *"
forecast = "30 {far} * * *"
monitor = "45 {far} * * *"
"""
Row = tuple[str, str]


def pipelines(folder: Path, count: int) -> list[Path]:
    """Files of pipelines whose tables end with the last hour, each with a store of its own, in which nothing is yet.

    Their own schedules are half a day away: the server plans them, and nothing runs by them.
    """
    now = datetime.now(UTC)
    last = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    hours = pd.date_range(end=last, periods=HOURS, freq="h")
    rng = np.random.default_rng(0)
    tables = [pd.DataFrame({"id": f"S{one}", "hour": hours, "y": 50 + rng.normal(size=HOURS)}) for one in range(SERIES)]
    table = pd.concat(tables).to_csv(index=False)
    files = []
    for number in range(count):
        file = folder / f"p{number:03}" / "pipeline.toml"
        file.parent.mkdir(parents=True)
        (file.parent / "observations.csv").write_text(table, encoding="utf-8")
        file.write_text(PIPELINE.format(name=file.parent.name, far=(now.hour + 12) % 24), encoding="utf-8")
        url = store_url(load_pipeline(file).store, file.parent)
        if number == 0:
            upgrade_store(url)
            first = Path(url.removeprefix("sqlite:///"))
        else:
            (file.parent / "store").mkdir(exist_ok=True)
            Path(url.removeprefix("sqlite:///")).write_bytes(first.read_bytes())
        files.append(file)
    return files


def plan(client: SyncPrefectClient, files: Sequence[Path], begin: datetime, minutes: int) -> None:
    """A forecast of each pipeline, due as its name says within an hour of so many minutes."""
    for deployment in (one for one in deployments_of(files) if one.flow == "forecast"):
        silent = load_pipeline(Path(deployment.parameters["pipeline"]))
        silent = silent.model_copy(update={"schedule": silent.schedule.model_copy(update={"forecast": None})})
        minute = int(str(cron_of(silent, "forecast")).split()[0]) - FORECAST.start
        due = begin + timedelta(minutes=minute * minutes / MINUTES)
        identity = client.read_deployment_by_name(deployment.full_name).id
        client.create_flow_run_from_deployment(identity, state=Scheduled(scheduled_time=due))


def ended(client: SyncPrefectClient, count: int) -> list[FlowRun] | None:
    """The forecasts that were planned, once all have ended."""
    pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
    runs: list[FlowRun] = []
    while page := client.read_flow_runs(work_pool_filter=pool, limit=200, offset=len(runs)):
        runs += page
    ours = [run for run in runs if not run.auto_scheduled]
    over = [run for run in ours if run.state is not None and run.state.is_final()]
    return ours if len(over) == count else None


def serve(files: Sequence[Path], log: Path, url: str) -> subprocess.Popen[bytes]:
    """`nightcast serve` of all pipelines."""
    environment = os.environ | {
        **dict.fromkeys(THREADS, "1"), "PREFECT_API_URL": url, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    with log.open("wb") as words:
        command = [sys.executable, "-m", "flows.cli", "serve", *map(str, files), "--work-pool", POOL]
        return subprocess.Popen(command, stdout=words, stderr=words, env=environment, cwd=ROOT)


def _wait(for_what: str, log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_END
    while for_what not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(log.read_text(errors="replace")[-2000:])
        time.sleep(0.5)


def measured(folder: Path, count: int, minutes: int) -> list[Row]:
    """The lines of the table."""
    files = pipelines(folder / "pipelines", count)
    with ExitStack() as stack:
        server_log, log = folder / "server.log", folder / "serve.log"
        server = stack.enter_context(RunningServer(folder / "prefect", server_log))
        idle = resident_of(server.pid)
        # A server with SQLite answers 503 to some of many requests at once.
        stack.enter_context(temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 20}))
        client = stack.enter_context(SyncPrefectClient(server.url))
        began = time.monotonic()
        worker = serve(files, log, server.url)
        stack.callback(_stop, worker)
        _wait("started!", log, worker)
        deployed, deploying = time.monotonic() - began, cpu_of(worker.pid)
        (files[0].parent / "observations.csv").unlink()
        begin = datetime.now(UTC) + timedelta(seconds=60)
        plan(client, files, begin, minutes)
        asked, before = _answers(server_log), _used(server, worker)
        with Resident(server.pid, worker.pid) as resident:
            while (runs := ended(client, count)) is None:
                time.sleep(SECONDS_BETWEEN_LOOKS)
        answers = _answers(server_log) - asked
        used = tuple(after - earlier for after, earlier in zip(_used(server, worker), before, strict=True))
        began = time.monotonic()
        client.read_flow_runs(limit=200)
        listing = time.monotonic() - began
    return [
        *_ends(runs, minutes),
        *_costs(count, resident, answers, used),
        ("`nightcast serve` until its worker has begun", f"{deployed:.0f} s, {deploying:.0f} CPU s"),
        ("the server's memory before anything is deployed", f"{idle / MEGABYTE:.0f} MB"),
        ("200 runs listed by the server", f"{listing:.2f} s"),
    ]


def _used(server: RunningServer, worker: subprocess.Popen[bytes]) -> tuple[float, float, float]:
    """CPU seconds so far of the server, of the worker, and of the runs that it has ended."""
    return server.cpu(), cpu_of(worker.pid), cpu_of(worker.pid, children=True)


def _ends(runs: list[FlowRun], minutes: int) -> list[Row]:
    names = Counter(str(run.state and run.state.name) for run in runs)
    timed = [(run.expected_start_time, run.start_time, run.end_time) for run in runs]
    times = [
        (due, start, end) for due, start, end in timed if due is not None and start is not None and end is not None
    ]
    late = sorted((start - due).total_seconds() for due, start, _ in times)
    took = median((end - start).total_seconds() for _, start, end in times)
    whole = max(end for _, _, end in times) - min(due for due, _, _ in times)
    in_words = f"{median(late):.0f}, {late[int(0.95 * (len(late) - 1))]:.0f}, {late[-1]:.0f} s"
    ends = ", ".join(f"{number} {name}" for name, number in names.most_common())
    return [
        (f"{len(runs)} forecasts, an hour pressed into {minutes} minutes", ends),
        ("of them begun more than once", str(sum(run.run_count > 1 for run in runs))),
        ("from the first that is due to the end of the last", f"{whole.total_seconds() / 60:.1f} minutes"),
        ("how late a run begins: median, 95 %, most", in_words),
        ("how long a run takes: median", f"{took:.1f} s"),
    ]


def _costs(count: int, resident: Resident, answers: Counter[str], used: Sequence[float]) -> list[Row]:
    server, worker, flows = used
    return [
        ("the process of a run", f"{flows / count:.2f} CPU s, {resident.largest / MEGABYTE:.0f} MB at most"),
        ("memory of all runs at once", f"{resident.flows / MEGABYTE:.0f} MB at most"),
        ("the worker", f"{worker / count:.2f} CPU s a run, {resident.worker / MEGABYTE:.0f} MB at most"),
        ("the server", f"{server / count:.2f} CPU s a run, {resident.server / MEGABYTE:.0f} MB at most"),
        ("requests to the server", f"{answers.total() / count:.0f} a run, {answers['503']} answers of 503 in all"),
    ]


def _answers(log: Path) -> Counter[str]:
    """Answers of the server so far, by their status."""
    lines = log.read_text(errors="replace").splitlines()
    return Counter(line.split('HTTP/1.1" ')[1][:3] for line in lines if 'HTTP/1.1" ' in line)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait()


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints the table; `--paste` writes it into the README as well."""
    parser = argparse.ArgumentParser(description="Runs many pipelines, with one Prefect server and one worker.")
    parser.add_argument("--pipelines", type=int, default=200)
    parser.add_argument("--minutes", type=int, default=60, help="into which the hour is pressed")
    parser.add_argument("--folder", type=Path, help="kept afterwards")
    parser.add_argument("--paste", action="store_true", help="write the table into the README as well")
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="nightcast-bench-") as folder:
        rows = measured(chosen.folder or Path(folder), chosen.pipelines, chosen.minutes)
    content = f"Measured on {machine(PACKAGES)}\n\n{markdown(('what', 'measured'), list(rows))}"
    print(content)
    if chosen.paste:
        paste(MARKER, content)


if __name__ == "__main__":
    main()
