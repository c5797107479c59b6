"""A real Prefect server, a real worker, the deployment of a pipeline, and runs of it that are held at chosen points."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from faults.ground import NIGHT, Ground
from faults.holding import Holds
from faults.processes import free_port, kill_session, start, until
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed, Scheduled

from flows.deployment.deployments import deployments_of
from flows.deployment.register import register
from pages import ROOT

POOL = "faults"
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
INSIDE = (Path(__file__).parent / "inside", ROOT / "tests", ROOT)


def environment(home: Path, api: str | None) -> dict[str, str]:
    """For server, worker and command: a home of their own, nothing sent anywhere, and the folder that can hold them."""
    settings = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "INFO",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "0.5",
        "PYTHONPATH": os.pathsep.join(map(str, INSIDE)),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }
    kept = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    return kept | settings | ({"PREFECT_API_URL": api} if api is not None else {})


@dataclass
class Server:
    """A Prefect server of our own, which can be killed and started again on the same database."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def api(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}/api"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        arguments = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = start(arguments, self.home / "server.log", environment(self.home, self.api))
        with SyncPrefectClient(self.api) as client:
            until(lambda: client.api_healthcheck() is None, "the server's first answer")

    def kill(self) -> None:
        """SIGKILL to it and its children."""
        if self.process is not None:
            kill_session(self.process)


@contextmanager
def server(home: Path) -> Iterator[Server]:
    """A fresh server, killed at the end."""
    prefect = Server(home, free_port())
    try:
        prefect.start()
        yield prefect
    finally:
        prefect.kill()


@dataclass
class Scene:
    """A server's API, a worker, and the folder in which things happen."""

    api: str
    folder: Path
    worker: subprocess.Popen[bytes] | None = None

    def start_worker(self) -> None:
        """The worker of `nightcast serve`."""
        arguments = ["-m", "flows.deployment.serving_worker", POOL, "4"]
        home = self.folder / "worker"
        home.mkdir(exist_ok=True)
        self.worker = start(arguments, home / "worker.log", environment(home, self.api))

    def kill_worker(self) -> None:
        """SIGKILL to the worker alone; the flow processes are children of its session and live on."""
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()

    @property
    def client(self) -> SyncPrefectClient:
        """A client of the server."""
        return SyncPrefectClient(self.api)

    def deploy(self, ground: Ground) -> UUID:
        """Registers the pipeline as `nightcast deploy` does; answers the id of its retrain."""
        with self.client as client:
            register(client, deployments_of([ground.pipeline], work_pool=POOL))
            return client.read_deployment_by_name(f"retrain/{ground.name}").id

    def start_run(self, deployment: UUID, holds: Holds | None = None, **parameters: Any) -> UUID:
        """A run as a schedule makes it: its time is that of its scheduled start, the morning of the night."""
        due = datetime.fromisoformat(f"{NIGHT}T02:30:00").replace(tzinfo=UTC)
        variables = {"env": holds.environment()} if holds is not None else {}
        with self.client as client:
            run = client.create_flow_run_from_deployment(
                deployment, parameters=parameters, state=Scheduled(scheduled_time=due), job_variables=variables
            )
        return run.id

    def run(self, run_id: UUID) -> FlowRun:
        """How a run is now."""
        with self.client as client:
            return client.read_flow_run(run_id)

    def ended(self, run_id: UUID, count: int = 1) -> FlowRun:
        """Waits for the end of a run's `count`-th attempt."""

        def end() -> FlowRun | None:
            run = self.run(run_id)
            over = run.state is not None and run.state.type.value in ENDED and run.run_count >= count
            return run if over else None

        return until(end, f"the end of flow run {run_id}")

    def ending(self, run_id: UUID, count: int = 1) -> str:
        """Waits for the end of a run's `count`-th attempt, and answers the name of the state that it ended in."""
        state = self.ended(run_id, count).state
        return str(state and state.name)

    def states(self, run_id: UUID) -> list[str]:
        """Names of the states that a run has had."""
        with self.client as client:
            return [str(state.name) for state in client.read_flow_run_states(run_id)]

    def log_lines(self, run_id: UUID) -> list[str]:
        """What the processes of a run have told the server, without what its tasks said."""
        with self.client as client:
            only = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
            return [line.message for line in client.read_logs(only, limit=200) if line.task_run_id is None]

    def reached(self, holds: Holds, index: int) -> int:
        """Waits until a point is reached; the pid of who waits there."""
        return until(lambda: holds.pid(index), f"point {index}, {holds.points[index]}")

    def mark_crashed(self, run_id: UUID) -> None:
        """As the zombie rule does with a run without heartbeats, which would keep the pipeline's place for ever."""
        with self.client as client:
            client.set_flow_run_state(run_id, Crashed(message="no heartbeat"), force=True)

    def retry(self, run_id: UUID) -> None:
        """`prefect flow-run retry`."""
        arguments = ["-m", "prefect", "flow-run", "retry", str(run_id)]
        log = self.folder / "retry.log"
        retried = start(arguments, log, environment(self.folder / "worker", self.api))
        if retried.wait(120):
            raise RuntimeError(log.read_text())

    def command(self, ground: Ground, *arguments: str, holds: Holds | None = None) -> subprocess.Popen[bytes]:
        """Starts `nightcast …` on the pipeline."""
        surroundings = environment(self.folder / "worker", self.api)
        surroundings |= holds.environment() if holds is not None else {}
        verb, *rest = arguments
        words = ["-m", "flows.cli", verb, str(ground.pipeline), *rest]
        return start(words, self._log(ground), surroundings)

    def words(self, ground: Ground) -> str:
        """What `nightcast` said of the pipeline."""
        return self._log(ground).read_text()

    def _log(self, ground: Ground) -> Path:
        return self.folder / f"{ground.folder.name}.log"


@contextmanager
def scene(api: str, folder: Path) -> Iterator[Scene]:
    """A scene with a worker, which is killed at the end with all flow processes that it started."""
    stage = Scene(api, folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield stage
    finally:
        if stage.worker is not None:
            kill_session(stage.worker)
