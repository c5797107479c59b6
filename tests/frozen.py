"""A process that owns a run and freezes at a chosen moment, until another has taken the run over."""

import os
import signal
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from nights import CONTRACT, NOW, forecast_rows, model_ref, publish_night, run_key
from sqlalchemy import Connection

from lstm.errors import TakenOverError
from lstm.references import Receipt
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.registry import Registry
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.sql.fence import Fence
from lstm.storage.store.database import open_store

SECONDS = 0.5
CUTOFF = date(2024, 4, 30)
PATIENCE = 30.0


def await_stop(pid: int) -> None:
    """Waits until a child stands still. Raises AssertionError where it ends instead."""
    state = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert state is not None
    assert state.si_code == os.CLD_STOPPED


@dataclass
class Freezing(Fence):
    """Lets through whom the lease lets through, and freezes the process right then: the worst moment there is."""

    held: Fence

    def check(self) -> None:
        """Asks, and stands still."""
        self.held.check()
        os.kill(os.getpid(), signal.SIGSTOP)

    def inside(self, connection: Connection) -> None:
        """Asks in a transaction, which nobody else can enter."""
        self.held.inside(connection)


def freeze(url: str, root: str, act: str, told: str, cutoff: date = CUTOFF) -> None:
    """In a process of its own: owns the run, freezes in one act, and leaves what it is told when it goes on.

    root: of all runs, a folder or an object store. told: the folder in which it leaves that. cutoff: of the run.
    """
    engine, key = open_store(url), run_key(cutoff)
    with lease(engine, key, owner=this_process(), seconds=SECONDS) as held:
        fence = Freezing(held)
        store, registry = RunStore(root, key.run_id, fence), Registry(engine, fence)
        receipt = Receipt(sink="file", rows=1, delivered=True, message="")
        acts = {
            "table": lambda: store.write_table("panel.parquet", pa.table({"a": [0]})),
            "file": lambda: store.write_bytes("model/weights.safetensors", b"old"),
            "register": lambda: registry.register_model("small", "r", model_ref("old"), CONTRACT, {}, NOW),
            "publish": lambda: publish_night(engine, forecast_rows(cutoff, level=100.0), fence=fence),
            "receipt": lambda: registry.record_delivery(key.run_id, receipt, NOW),
            "end": lambda: registry.finish_run(key.run_id, "failed", 1, "old", NOW),
        }
        if act not in ("file", "table"):
            os.kill(os.getpid(), signal.SIGSTOP)
        try:
            acts[act]()
        except TakenOverError as error:
            (Path(told) / "told.txt").write_text(str(error))
