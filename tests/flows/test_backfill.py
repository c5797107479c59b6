"""Past days replayed on a small table: by whom, with what they could know, once each, and never as today's."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from nights import promote_by
from present import present
from sqlalchemy import select

from flows.runs.ending import outcome_of
from lstm.config import load_pipeline
from lstm.references import Contract, Outcome, RunKey
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.lease import lease
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import open_store, store_url
from lstm.storage.store.schema import deliveries, publications

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def small(small: Path) -> Path:
    """The small pipeline, whose first model is promoted on any day: who serves when is the question here."""
    small.write_text(small.read_text() + '\n[[gates]]\nname = "beats the baselines"\nenabled = false\n')
    return small


def backfill(pipeline: Path, start: str, end: str, **options: object) -> Outcome:
    from flows.backfill import backfill as flow

    state = flow(pipeline=str(pipeline), start=start, end=end, **options, return_state=True)
    outcome = outcome_of(state)
    assert state.name == {0: "Completed", 3: "Degraded", 1: "Failed", 2: "Failed"}[outcome.exit_code]
    return outcome


def night(pipeline: Path, as_of: str, kind: str = "retrain") -> Outcome:
    from flows.forecast import forecast
    from flows.retrain import retrain

    state = {"retrain": retrain, "forecast": forecast}[kind](pipeline=str(pipeline), as_of=as_of, return_state=True)
    outcome = outcome_of(state)
    assert outcome.exit_code in (0, 3), outcome.sentence
    return outcome


class Stored:
    """What the store of a pipeline holds."""

    def __init__(self, pipeline: Path) -> None:
        self.settings = load_pipeline(pipeline)
        self.engine = open_store(store_url(self.settings.store, pipeline.parent))
        self.registry = Registry(self.engine)
        self.ledger = Ledger(self.engine)

    def rows(self, day: str, kind: str = "backfill") -> pa.Table:
        """Rows of the run of a day of 2024, but for when they were written."""
        rows = self.ledger.run_rows(f"small.{kind}.2024{day}T000000Z")
        return rows.drop_columns(["written_at"])

    def servers(self, day: str) -> set[tuple[str, int | None]]:
        rows = self.rows(day)
        return set(zip(rows["method"].to_pylist(), rows["model_version"].to_pylist(), strict=True))

    def column(self, column) -> list[object]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(column)))


def test_each_day_is_served_by_its_champion_as_that_night_was_and_nothing_of_it_is_current(small):
    """v1 was promoted by the run of 20 April, v2 by that of 23 April: the days before 20 April have a baseline.

    Law: a replayed day has the rows that `nightcast forecast` made of that day when its champion served.
    """
    small.write_text(small.read_text() + '\n[[sinks]]\nname = "file"\npath = "out.csv"\n')
    night(small, "2024-04-20")
    real = night(small, "2024-04-21", "forecast")
    night(small, "2024-04-23")
    stored = Stored(small)
    if present(stored.registry.champion("small")).version == 1:
        promote_by(stored.engine, 2, "small.retrain.20240423T000000Z", datetime.now(UTC))
    current, newest = stored.ledger.current("small"), stored.ledger.newest_run("small")
    delivered = (small.parent / "out.csv").read_bytes()

    outcome = backfill(small, "2024-04-18", "2024-04-24")

    assert outcome.exit_code == 0, outcome.sentence
    assert "7 of 7 days are in the ledger" in outcome.sentence
    assert "names no known_at: what was corrected or arrived after a day is visible" in outcome.sentence
    assert [row[0] for row in outcome.summary["rows"]] == [f"2024-04-{day}T00:00:00Z" for day in range(18, 25)]
    versions = [{version for _, version in stored.servers(f"04{day}")} for day in range(18, 25)]
    assert versions == [{None}, {None}, {1}, {1}, {1}, {2}, {2}]
    assert all(method.startswith("baseline:") for method, _ in stored.servers("0418"))
    assert stored.rows("0421").equals(stored.ledger.run_rows(real.run_id).drop_columns(["written_at"]))
    assert [str(day) for day in stored.rows("0418")["time"].to_pylist()[:1]] == ["2024-04-18"]

    assert stored.column(publications.c.kind).count("backfill") == 7
    assert stored.ledger.current("small").equals(current)
    assert stored.ledger.newest_run("small") == newest
    assert not any("backfill" in str(run_id) for run_id in stored.column(deliveries.c.run_id))
    assert (small.parent / "out.csv").read_bytes() == delivered
    assert present(stored.registry.champion("small")).version == 2
    assert len(stored.registry.promotions("small")) == 2


def test_a_day_that_is_done_is_not_read_again_unless_asked(small):
    """Law: a second backfill answers from memory, though the table is gone; with `again` it needs the table."""
    assert backfill(small, "2024-04-18", "2024-04-20", every="2D").exit_code == 0
    stored = Stored(small)
    before, observations = stored.rows("0418"), small.parent / "observations.csv"
    folder = small.parent / "store" / "runs" / "small.backfill.20240418T000000Z"
    assert not (folder / "panel.parquet").exists()
    text = observations.read_text()
    observations.unlink()
    outcome = backfill(small, "2024-04-18", "2024-04-20", every="2D")
    assert outcome.exit_code == 0, outcome.sentence
    assert "2 of 2 days are in the ledger; 2 of them were done before" in outcome.sentence

    asked = backfill(small, "2024-04-18", "2024-04-20", every="2D", again=True)
    assert asked.exit_code == 1
    assert "observations.csv" in asked.sentence
    assert stored.rows("0418").equals(before)

    observations.write_text(text)
    assert backfill(small, "2024-04-18", "2024-04-20", every="2D").exit_code == 0
    assert stored.rows("0418").equals(before)


@pytest.mark.slow
def test_a_day_is_done_anew_when_its_champion_or_the_pipeline_has_changed(small):
    """Law: what a day depends on is its table, the settings that make forecasts, and who served it."""
    backfill(small, "2024-04-20", "2024-04-20")
    stored = Stored(small)
    assert {version for _, version in stored.servers("0420")} == {None}
    night(small, "2024-04-20")
    assert "done before" not in backfill(small, "2024-04-20", "2024-04-20").sentence
    assert stored.servers("0420") == {("champion", 1)}
    small.write_text(small.read_text() + '\n[quality]\nexclude = ["007"]\n')
    assert backfill(small, "2024-04-20", "2024-04-20").exit_code == 0
    assert len(stored.rows("0420")) == 5 * 7


@pytest.mark.slow
def test_a_model_that_has_read_the_day_s_future_does_not_serve_it(small):
    """A person may say that v1 served from early on; it was trained through 28 April all the same."""
    night(small, "2024-04-29")
    stored = Stored(small)
    key = RunKey(pipeline="small", kind="rollback", as_of="2024-04-10T00:00:00Z")
    with lease(stored.engine, key, owner="host:1:1", now=lambda: datetime.now(UTC)):
        stored.registry.set_champion("small", 1, who="test", why="test", now=datetime.now(UTC))
    with stored.engine.begin() as connection:
        connection.exec_driver_sql(f"update promotions set run_id = '{key.run_id}'")
    outcome = backfill(small, "2024-04-20", "2024-04-20")
    assert {version for _, version in stored.servers("0420")} == {None}
    assert "v1, cannot be used: it was trained through 2024-04-28, later than" in outcome.summary["rows"][0][1]


def test_a_baseline_that_was_champion_on_a_day_serves_it_as_itself(small):
    """Law: its rows name the baseline and its version, as they did in that night."""
    stored = Stored(small)
    contract = Contract(
        targets=("y",), series=("id",), horizon=7, frequency="D", quantile_levels=stored.settings.quantile_levels
    )
    version = stored.registry.register_baseline("small", "naive", contract, NOW)
    key = RunKey(pipeline="small", kind="retrain", as_of="2024-04-19T00:00:00Z")
    with lease(stored.engine, key, owner="host:1:1", now=lambda: NOW):
        promote_by(stored.engine, version, key.run_id, NOW)
    assert backfill(small, "2024-04-20", "2024-04-20").exit_code == 0
    assert stored.servers("0420") == {("baseline:naive", version)}


def test_a_day_that_fails_is_told_and_the_rest_goes_on(small):
    """The table begins on 2024-01-01: a day before that has nothing to read."""
    outcome = backfill(small, "2023-12-31", "2024-01-31", every="31D")
    assert outcome.exit_code == 3
    assert "1 of 2 days are in the ledger" in outcome.sentence
    assert "Failed (1): 2023-12-31T00:00:00Z: Nothing was published: there is no row at or before" in outcome.sentence
    assert present(Stored(small).registry.run("small.backfill.20231231T000000Z")).status == "refused"
    nothing = backfill(small, "2023-12-30", "2023-12-31")
    assert nothing.exit_code == 1
    assert "0 of 2 days" in nothing.sentence


def test_a_backfill_leaves_no_more_folders_than_are_kept(small):
    """Law: nothing grows by itself; of three days one folder stays, and all three are in the ledger."""
    small.write_text(small.read_text().replace("[model]", "[store]\nkeep_runs = 1\n\n[model]"))
    assert backfill(small, "2024-04-20", "2024-04-22").exit_code == 0
    last = "small.backfill.20240422T000000Z"
    assert [folder.name for folder in (small.parent / "store" / "runs").iterdir()] == [last]
    assert len(Stored(small).column(publications.c.run_id)) == 3


def test_a_day_that_another_process_works_on_is_left_to_it(small):
    """Law: the lease refuses the second, says who has it, and the other days are done."""
    backfill(small, "2024-04-17", "2024-04-17")
    stored = Stored(small)
    key = RunKey(pipeline="small", kind="backfill", as_of="2024-04-18T00:00:00Z")
    with lease(stored.engine, key, owner="elsewhere:1:1", now=lambda: datetime.now(UTC)):
        outcome = backfill(small, "2024-04-18", "2024-04-19")
    assert outcome.exit_code == 3
    assert "20240418T000000Z is owned by elsewhere:1:1 until" in outcome.sentence
    assert len(stored.rows("0418")) == 0
    assert len(stored.rows("0419")) == 6 * 7
    assert backfill(small, "2024-04-18", "2024-04-19").exit_code == 0


def test_nonsense_is_a_user_s_mistake(small):
    """Its page in the Prefect UI says what to correct."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    outcome = backfill(small, "2024-04-19", "2024-04-18")
    assert outcome.exit_code == 2
    with get_client(sync_client=True) as client:
        key = ArtifactFilter(key=ArtifactFilterKey(any_=["nightcast-small"]))
        pages = [str(page.data) for page in client.read_artifacts(artifact_filter=key)]
    assert any("❌ **Something has to be corrected" in page and "--to 2024-04-18" in page for page in pages)
    assert "later than --to" in outcome.sentence


KNOWN = """
name = "small"
horizon = 7
frequency = "D"

[source]
path = "observations.csv"
series = ["id"]
time = "day"
targets = ["y"]
past_covariates = ["past"]
future_covariates = ["plan"]
known_at = "known"

[quality]
freshness = 5

[model]
look_back = 14
members = 1

[training]
max_epochs = 2
epoch_steps = 5
batch_size = 32
threads = 1

[evaluation]
origins = 3
"""
REPLAYED = pd.Timestamp("2024-04-20", tz="UTC")


def versions() -> pd.DataFrame:
    """Six series of 130 days; each row is known at its day's end, the plan a month ahead.

    Of series `a`, the values of 18 April are corrected on the 22nd, the row of 17 April came on the 21st, and the plan
    for 23 April was another until the 21st.
    """
    rng = np.random.default_rng(1)
    days = pd.date_range("2024-01-01", periods=130, tz="UTC")
    plan = rng.normal(size=130)
    frames = []
    for name, level in (("a", 10.0), ("b", 20.0), ("c", 30.0), ("d", 40.0), ("e", 50.0), ("f", 60.0)):
        y = level + 2 * plan + rng.normal(size=130) / 4
        frame = {"id": name, "day": days, "y": y, "past": y + rng.normal(size=130), "plan": plan}
        planned = pd.DataFrame(frame | {"y": np.nan, "past": np.nan, "known": days - pd.Timedelta("30D")})
        frames += [planned, pd.DataFrame(frame | {"known": days + pd.Timedelta("1D")})]
    table = pd.concat(frames, ignore_index=True)
    of_a, measured = table["id"] == "a", table["y"].notna()
    corrected = table[of_a & measured & (table["day"] == "2024-04-18")].assign(
        y=60.0, past=60.0, known="2024-04-22T12:00Z"
    )
    replanned = table[of_a & ~measured & (table["day"] == "2024-04-23")].assign(plan=9.0, known="2024-04-21T00:00Z")
    table.loc[of_a & measured & (table["day"] == "2024-04-17"), "known"] = pd.Timestamp("2024-04-21", tz="UTC")
    for more in (corrected, replanned):
        table = pd.concat([table, more.assign(known=pd.to_datetime(more["known"]))], ignore_index=True)
    return table


@pytest.mark.slow
def test_with_known_at_a_replayed_day_reads_only_what_was_known_then(tmp_path, prefect_server):
    """Law: the replay of a day has the rows of a replay on a table from which all that came later was struck out.

    The model is the same; targets, past and future covariates are each changed after the day.
    """
    table, folders = versions(), {name: tmp_path / name for name in ("whole", "then")}
    for folder in folders.values():
        folder.mkdir()
        (folder / "pipeline.toml").write_text(KNOWN)
    table.to_csv(folders["whole"] / "observations.csv", index=False)
    table[table["known"] <= REPLAYED].to_csv(folders["then"] / "observations.csv", index=False)
    stores = {}
    for name, folder in folders.items():
        night(folder / "pipeline.toml", "2024-04-10")
        stores[name] = Stored(folder / "pipeline.toml")
        # Whatever the gates said: v1 serves from 10 April on.
        promote_by(stores[name].engine, 1, "small.retrain.20240410T000000Z", datetime.now(UTC))
        outcome = backfill(folder / "pipeline.toml", "2024-04-20", "2024-04-20")
        assert outcome.exit_code == 0, outcome.sentence
        assert "Each day read only what was known then." in outcome.sentence
    whole, then = (store.rows("0420") for store in stores.values())
    assert set(whole["model_version"].to_pylist()) == {1}
    assert whole.equals(then)
    later = backfill(folders["whole"] / "pipeline.toml", "2024-04-20", "2024-04-24", every="4D")
    assert later.exit_code == 0, later.sentence
    hidden = {
        day: json.loads((folders["whole"] / f"store/runs/small.backfill.2024{day}T000000Z/quality.json").read_text())[
            "rows_not_known_yet"
        ]
        for day in ("0420", "0424")
    }
    # Besides the row that came late (the correction and the new plan are rows too), what each day had yet to see.
    assert hidden["0420"] > hidden["0424"] > 0
    seen = stores["whole"].rows("0424").to_pandas()
    # 60 in place of about 10 moves series a, and no other.
    assert (seen[seen["id"] == "a"]["q90"] > 20).any()
    assert (then.to_pandas().query("id == 'a'")["q90"] < 20).all()


def start(pipeline: Path, server: str, *arguments: str) -> subprocess.Popen[str]:
    """`nightcast backfill` in a process group of its own, on the session's server."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PREFECT_API_URL": server}
    command = [sys.executable, "-m", "flows.cli", "backfill", str(pipeline), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)


@pytest.mark.slow
def test_a_backfill_that_is_killed_goes_on_at_the_day_where_it_stopped(small, prefect_server):
    """Law: after SIGKILL, the days that were done are not touched, and the rest is done."""
    span = ("--from", "2024-03-01", "--to", "2024-03-12")
    killed = start(small, prefect_server, *span)
    for line in present(killed.stdout):
        if line.startswith("2024-03-03T00:00:00Z"):
            break
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    runs = small.parent / "store" / "runs"
    done = sorted(path.parent.parent.name for path in runs.glob("*/manifests/backfill.json"))
    assert done[:3] == [f"small.backfill.2024030{day}T000000Z" for day in (1, 2, 3)]
    assert len(done) < 12
    before = {path: path.stat().st_mtime_ns for name in done for path in (runs / name).rglob("*") if path.is_file()}

    resumed = start(small, prefect_server, *span)
    output, _ = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, output
    assert f"12 of 12 days are in the ledger; {len(done)} of them were done before" in output
    assert {path: path.stat().st_mtime_ns for path in before} == before
    stored = Stored(small)
    assert all(len(stored.rows(f"03{day:02}")) == 6 * 7 for day in range(1, 13))


@pytest.mark.slow
def test_two_backfills_at_once_leave_each_day_whole(small, prefect_server):
    """Law: whoever has a day's lease does it; together they do every day, and a third finds nothing to do."""
    span = ("--from", "2024-03-01", "--to", "2024-03-08")
    both = [start(small, prefect_server, *span) for _ in range(2)]
    for one in both:
        output, _ = one.communicate(timeout=300)
        assert one.returncode in (0, 3), output
    third = start(small, prefect_server, *span)
    output, _ = third.communicate(timeout=300)
    assert third.returncode == 0, output
    stored = Stored(small)
    assert all(len(stored.rows(f"03{day:02}")) == 6 * 7 for day in range(1, 9))
    assert stored.column(publications.c.kind) == ["backfill"] * 8
