"""Small nights to publish: hand-made forecast rows, verdicts and models; and processes that race or are killed."""

import os
import shutil
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Engine, event

from lstm.errors import ChampionChangedError, ModelError
from lstm.references import Contract, GateOutcome, ModelRef, Publication, RunKey, RunKind, Verdict
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.ledger.transaction import Submission, publish
from lstm.storage.registry.champions import Check
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.promotions import promote
from lstm.storage.registry.prune import prune
from lstm.storage.registry.registry import RegisteredModel, Registry
from lstm.storage.registry.verdicts import keep_verdict
from lstm.storage.sql import bulk
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.fence import OPEN, Fence
from lstm.storage.store.database import open_store, write_transaction

NOW = datetime(2024, 5, 1, 6, 0, tzinfo=UTC)
CONTRACT = Contract(targets=("y",), series=("id",), horizon=2, frequency="D", quantile_levels=(0.1, 0.5, 0.9))


def forecast_rows(
    cutoff: date = date(2024, 4, 30),
    *,
    ids: Sequence[object] = ("A", "B"),
    level: float = 100.0,
    horizon: int = 2,
    key: str = "id",
    method: str = "champion",
) -> pa.Table:
    """Rows of each id: `level` plus the step, one below and one above as quantiles."""
    steps = list(range(1, horizon + 1)) * len(ids)
    values = [None if method == "failed" else level + step for step in steps]
    return pa.table(
        {
            key: pa.array([name for name in ids for _ in range(horizon)]),
            "target": pa.array(["y"] * len(steps)),
            "cutoff": pa.array([cutoff] * len(steps), pa.date32()),
            "time": pa.array([cutoff + timedelta(days=step) for step in steps], pa.date32()),
            "step": pa.array(steps, pa.int32()),
            "forecast": pa.array(values, pa.float64()),
            "q10": pa.array([None if value is None else value - 1 for value in values], pa.float64()),
            "q50": pa.array(values, pa.float64()),
            "q90": pa.array([None if value is None else value + 1 for value in values], pa.float64()),
            "method": pa.array([method] * len(steps)),
            "reason": pa.array([None] * len(steps), pa.string()),
            "model_version": pa.array([1] * len(steps), pa.int32()),
        }
    )


def run_key(cutoff: date = date(2024, 4, 30), kind: RunKind = "retrain") -> RunKey:
    """The run of the morning after the cutoff."""
    return RunKey(pipeline="small", kind=kind, as_of=f"{cutoff + timedelta(days=1)}T00:00:00Z")


def gate_of(name: str, *, passed: bool | None = True, observed: float | None = 0.5, segment: str = "") -> GateOutcome:
    """What a gate found."""
    return GateOutcome(
        name=name, metric="mase", segment=segment, passed=passed, observed=observed, reference=0.75, low=0.25,
        high=0.5, threshold="better by 2 %", reason=f"{name} says so",
    )  # fmt: skip


def verdict_of(
    run_id: str, *, promote: bool = False, challenger: int | None = None, gates: Sequence[GateOutcome] = ()
) -> Verdict:
    """A verdict, by default without gates."""
    return Verdict(
        run_id=run_id,
        promote=promote,
        serve="challenger" if promote else "champion",
        challenger_version=challenger,
        champion_version=None,
        best_baseline=None,
        gates=tuple(gates),
        scores=(),
        origins=0,
        sentence="v2 is better" if promote else "the champion stays",
    )


def model_ref(fingerprint: str) -> ModelRef:
    """A model whose folder does not matter."""
    return ModelRef(
        uri=f"runs/{fingerprint}/model",
        fingerprint=fingerprint,
        trained_through="2024-04-01",
        served_through="2024-04-30",
        epochs=3,
        best_epoch=2,
        validation_loss=0.5,
        seconds=1.0,
        stopped="early",
    )


def register(engine: Engine, name: str, run_id: str | None = None) -> int:
    """Registers a model called `name`, by default by a run of that name."""
    return Registry(engine).register_model("small", run_id or name, model_ref(name), CONTRACT, {"name": name}, NOW)


def publish_night(
    engine: Engine,
    rows: pa.Table,
    *,
    key: RunKey | None = None,
    judged: int | None = None,
    challenger: int | None = None,
    now: datetime = NOW,
    sinks: Sequence[str] = (),
    gates: Sequence[GateOutcome] = (),
    check: Check | None = None,
    fence: Fence = OPEN,
) -> Publication:
    """Publishes rows; with a challenger, promotes it over the champion `judged`."""
    cutoff = rows["cutoff"][0].as_py()
    key = key or run_key(cutoff)
    verdict = verdict_of(key.run_id, promote=challenger is not None, challenger=challenger, gates=gates)
    verdict = verdict.model_copy(update={"champion_seen": judged})
    return publish(
        Ledger(engine), Submission(key, verdict, CONTRACT, str(cutoff), rows, tuple(sinks), fence), who="test", now=now,
        check=check,
    )  # fmt: skip


def keep(engine: Engine, verdict: Verdict) -> None:
    """Keeps a verdict as publishing does, without anything else."""
    with transaction(engine, write=True) as connection:
        keep_verdict(connection, verdict, NOW)


def promote_by(engine: Engine, version: int, run_id: str | None, now: datetime = NOW) -> None:
    """Makes a version champion as publishing does, without anything else; without a run, as a person does."""
    with write_transaction(engine, "small") as connection:
        promote(connection, "small", version, run_id=run_id, who="test", why="test", now=now)


def race(url: str, name: str, nights: int) -> None:
    """In a process of its own: publishes and promotes night after night, judging again whenever another came first."""
    engine = open_store(url)
    for night in range(nights):
        key = RunKey(pipeline="small", kind="retrain", as_of=f"{name}{night}")
        version = register(engine, key.run_id)
        while True:
            champion = Registry(engine).champion("small")
            judged = champion.version if champion is not None else None
            try:
                publish_night(engine, forecast_rows(level=float(version)), key=key, judged=judged, challenger=version)
                break
            except ChampionChangedError:
                continue


def promote_by_hand(url: str, versions: Sequence[int], times: int) -> None:
    """In a process of its own: makes one version after the other champion, again and again."""
    registry = Registry(open_store(url))
    for turn in range(times):
        registry.set_champion("small", versions[turn % len(versions)], who="a person", why="test", now=NOW)


def a_night(engine: Engine) -> None:
    """The run of `run_key` publishes rows at 200 with gates and a sink, and promotes v2 over v1."""
    gates = [gate_of("first"), gate_of("second", segment="target y")]
    publish_night(engine, forecast_rows(level=200.0), judged=1, challenger=2, gates=gates, sinks=("file",))


def a_first_night(engine: Engine) -> None:
    """The same without a champion before."""
    gates = [gate_of("first"), gate_of("second", segment="target y")]
    publish_night(engine, forecast_rows(level=200.0), challenger=2, gates=gates, sinks=("file",))


def other_rows(engine: Engine) -> None:
    """The run of `run_key` publishes other rows than before; v1 stays champion."""
    publish_night(engine, forecast_rows(level=200.0), judged=1, gates=[gate_of("first", passed=False)], sinks=("file",))


def by_hand(engine: Engine) -> None:
    """A person promotes v2."""
    Registry(engine).set_champion("small", 2, who="a person", why="test", now=NOW)


def a_baseline(engine: Engine) -> None:
    """A person promotes a baseline, which is registered for it."""
    registry = Registry(engine)
    version = registry.register_baseline("small", "naive", CONTRACT, NOW)
    registry.set_champion("small", version, who="a person", why="test", now=NOW)


def a_rollback(engine: Engine) -> None:
    """A rollback run publishes rows at 200 by v2, and makes it champion."""
    publish_night(engine, forecast_rows(level=200.0), key=run_key(kind="rollback"), judged=1, challenger=2)


def do_and_die(url: str, tick: int, act: Callable[[Engine], None]) -> None:
    """In a process of its own: acts, and kills itself at the `tick`-th statement, batch of rows or commit."""
    engine = open_store(url)
    left = [tick]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    bulk.BATCH_ROWS = 2
    batches = bulk._tuples

    def counted(batch: pa.RecordBatch) -> object:
        count()
        return batches(batch)

    bulk._tuples = counted  # type: ignore[assignment]
    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    act(engine)


def promote_what_is_there(url: str, folder: str, versions: Sequence[int]) -> None:
    """In a process of its own: promotes version after version of which a folder is left, asked under the lock."""
    registry = Registry(open_store(url))

    def check(model: RegisteredModel) -> None:
        if not (Path(folder) / model.run_id).exists():
            raise ModelError("gone")

    for version in versions:
        with suppress(ModelError):
            registry.set_champion("small", version, who="a person", why="test", now=NOW, check=check)


def prune_again_and_again(url: str, folder: str, times: int) -> None:
    """In a process of its own: removes what may go, keeping one run."""
    engine = open_store(url)

    def remove(run_id: str) -> bool:
        place = Path(folder) / run_id
        existed = place.exists()
        shutil.rmtree(place, ignore_errors=True)
        return existed

    for _ in range(times):
        prune(engine, "small", 1, remove)


def hold_lease_and_die(url: str) -> None:
    """In a process of its own: is killed while it owns the run."""
    with lease(open_store(url), run_key(), owner=this_process(), now=lambda: NOW):
        os.kill(os.getpid(), signal.SIGKILL)
