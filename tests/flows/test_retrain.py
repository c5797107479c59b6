"""The nightly run on a small table: what is published, by whom, and what happens when a step fails."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sql_tables import fill

from flows.runs.ending import outcome_of
from lstm.references import Outcome
from runs import Stored, edited, gates, run


def test_the_first_good_model_is_promoted_and_the_next_night_has_a_champion_to_beat(small):
    """Without a champion its gate is not applicable; every series has its seven rows from the day after the cutoff."""
    first = run(small, "2024-04-29")
    assert first.exit_code == 0, first.sentence
    stored = Stored(small)
    assert gates(stored.verdict(first))["better than the champion"] is None
    assert stored.champion() == 1
    rows = stored.ledger.run_rows(first.run_id)
    assert len(rows) == 6 * 7
    assert set(rows["id"].to_pylist()) == {"007", "NA", "a", "b", "c", "d"}
    assert [str(day) for day in rows["time"].to_pylist()[:7]] == [f"2024-04-{day}" for day in (29, 30)] + [
        f"2024-05-0{day}" for day in range(1, 6)
    ]
    second = run(small, "2024-04-30")
    assert gates(stored.verdict(second))["better than the champion"] in (True, False)
    assert stored.methods(second) == {"champion"}


def test_running_a_run_again_leaves_equal_rows_and_repeats_no_step(small):
    """Law: a second start of a finished run reads its source, finds the same panel, and changes nothing."""
    first = run(small)
    stored = Stored(small)
    rows = stored.ledger.run_rows(first.run_id).drop_columns(["written_at"])
    manifests = small.parent / "store" / "runs" / first.run_id / "manifests"
    before = {path.name: path.stat().st_mtime_ns for path in manifests.iterdir() if path.name != "ingest.json"}
    again = run(small)
    assert again == first.model_copy(update={"summary": again.summary})
    assert stored.ledger.run_rows(first.run_id).drop_columns(["written_at"]).equals(rows)
    after = {path.name: path.stat().st_mtime_ns for path in manifests.iterdir() if path.name != "ingest.json"}
    assert after == before
    assert stored.champion() == 1


def test_a_run_again_with_a_corrected_table_does_the_rest_anew(small):
    """The panel's content hash has changed, so its forecasts do."""
    first = run(small)
    stored = Stored(small)
    before = stored.ledger.run_rows(first.run_id)["forecast"]
    observations = small.parent / "observations.csv"
    lines = observations.read_text().splitlines()
    lines[120] = lines[120].rsplit(",", 1)[0] + ",140.0"  # series 007 on the last day
    observations.write_text("\n".join(lines) + "\n")
    run(small)
    assert stored.ledger.run_rows(first.run_id)["forecast"] != before


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("learning_rate = 1e9\nclip = 1e9", "train failed"),
        ("deadline = 1e-9", "the deadline passed"),
    ],
)
def test_a_training_that_fails_still_publishes_a_baseline(small, setting, reason):
    """A NaN loss or a deadline before the first epoch is a failed gate, not a failed night: exit code 3."""
    edited(small, "[training]", f"[training]\n{setting}")
    outcome = run(small)
    assert outcome.exit_code == 3
    assert reason in outcome.sentence + str(Stored(small).verdict(outcome).gates)
    assert Stored(small).methods(outcome) == {"baseline:seasonal_naive"}
    assert Stored(small).champion() is None


def test_a_training_that_fails_leaves_the_champion_serving(small, monkeypatch):
    """An exception of any kind inside training: the champion of the night before forecasts, and is still champion."""
    run(small, "2024-04-29")

    def broken(*args, **kwargs):
        raise ZeroDivisionError("out of order")

    monkeypatch.setattr("lstm.steps.train.fit", broken)
    outcome = run(small, "2024-04-30")
    stored = Stored(small)
    assert outcome.exit_code == 3
    assert "ZeroDivisionError: out of order" in outcome.sentence
    assert stored.methods(outcome) == {"champion"}
    assert set(stored.ledger.run_rows(outcome.run_id)["model_version"].to_pylist()) == {1}
    assert stored.champion() == 1


def test_a_changed_horizon_makes_the_champion_not_applicable_with_the_reason(small):
    """The old model promised seven steps; it can neither be compared nor serve, and the new one replaces it."""
    run(small, "2024-04-29")
    edited(small, "horizon = 7", "horizon = 5")
    outcome = run(small, "2024-04-30")
    verdict = Stored(small).verdict(outcome)
    gate = next(gate for gate in verdict.gates if gate.name == "better than the champion")
    assert gate.passed is None
    assert "horizon was 7, is 5" in gate.reason
    assert verdict.promote
    assert Stored(small).champion() == 2


def test_a_gate_that_nothing_can_pass_keeps_the_champion_without_an_alarm(small):
    """A refused challenger is a normal night: exit code 0, and the champion forecasts."""
    run(small, "2024-04-29")
    small.write_text(
        small.read_text() + '\n[[gates]]\nname = "perfect"\nmetric = "smape"\nat_most = 0.0\n',
        encoding="utf-8",
    )
    outcome = run(small, "2024-04-30")
    assert outcome.exit_code == 0
    assert Stored(small).champion() == 1
    assert Stored(small).methods(outcome) == {"champion"}


def test_refused_data_publish_nothing_and_leave_the_last_forecasts_current(small):
    """Two rows of one day contradict each other: exit code 1, and yesterday's rows stay as they are."""
    run(small, "2024-04-29")
    before = Stored(small).current()
    observations = small.parent / "observations.csv"
    observations.write_text(observations.read_text() + "007,2024-04-29,1.0\n")
    outcome = run(small, "2024-04-30")
    assert outcome.exit_code == 1
    assert "007" in outcome.sentence
    assert "2024-04-29" in outcome.sentence
    assert Stored(small).current().equals(before)


def test_a_series_that_vanished_gets_failed_rows_and_holds_nobody_up(small):
    """Expected is what was forecast within `expected_for` days: it is listed with the keys, and is no failed forecast.

    One of six is more than the tenth that may fail. Where most have left, the table is in doubt.
    """
    edited(small, "[model]", "[quality]\nmax_failed_share = 0.1\n\n[model]")
    run(small, "2024-04-29")
    observations = small.parent / "observations.csv"
    lines = observations.read_text().splitlines()
    observations.write_text("\n".join(line for line in lines if not line.startswith("NA")) + "\n")
    outcome = run(small, "2024-04-30")
    assert outcome.exit_code == 3
    assert "1 series left the table and cannot be forecast: 'NA'; they are expected for 30 days" in outcome.sentence
    assert "quality.exclude" in outcome.sentence
    rows = Stored(small).ledger.run_rows(outcome.run_id).to_pylist()
    gone = [row for row in rows if row["id"] == "NA"]
    assert len(gone) == 7
    assert {row["method"] for row in gone} == {"failed"}
    assert all(row["forecast"] is None and "absent from the table" in row["reason"] for row in gone)
    observations.write_text("\n".join([lines[0], *(line for line in lines if line.startswith("007"))]) + "\n")
    refused = run(small, "2024-05-01")
    assert refused.exit_code == 1
    assert "most of what was forecast is not in the table" in refused.sentence


def test_a_series_without_values_fails_and_a_short_one_is_served_by_a_baseline(small):
    """An all-missing series has a failed row with the reason; one of six days a seasonal naive with its reason."""
    edited(small, "[model]", "[quality]\nmax_failed_share = 0.5\n\n[model]")
    observations = small.parent / "observations.csv"
    extra = [f"empty,2024-04-{day},\n" for day in range(10, 30)]
    extra += [f"young,2024-04-{day},5.0\n" for day in range(24, 30)]
    observations.write_text(observations.read_text() + "".join(extra))
    outcome = run(small)
    assert outcome.exit_code == 3
    by_series = {row["id"]: row for row in Stored(small).ledger.run_rows(outcome.run_id).to_pylist()}
    assert (by_series["empty"]["method"], by_series["empty"]["forecast"]) == ("failed", None)
    assert by_series["young"]["method"] == "baseline:seasonal_naive"
    assert by_series["young"]["reason"] == "6 steps, 7 are needed (half of the shortest look-back)"
    assert by_series["young"]["forecast"] == 5.0
    assert by_series["007"]["method"] == "champion"


def any_champion(pipeline: Path) -> None:
    """Few days and few steps: by chance ridge may be the better, which is not what the test is about."""
    gate = '[[gates]]\nname = "not worse than ridge"\nmetric = "mase"\nagainst = "ridge"\nnot_worse_by = 1.0\n\n'
    edited(pipeline, "[model]", f"{gate}[model]")


def test_where_no_model_passes_and_ridge_is_the_best_baseline_it_serves(small):
    """What has never moved and what is too short is served by the seasonal naive, as under a champion; twice is once.

    The night after is a forecast alone: without a challenger there is no ridge.
    """
    gate = '[[gates]]\nname = "impossible"\nmetric = "mase"\nat_most = 1e-9\n\n'
    edited(small, "[model]", f"{gate}[model]")
    observations = small.parent / "observations.csv"
    extra = [f"still,2024-04-{day:02},5.0\n" for day in range(1, 30)]
    extra += [f"young,2024-04-{day},{day}.0\n" for day in range(24, 30)]
    observations.write_text(observations.read_text() + "".join(extra))
    outcome = run(small)
    stored = Stored(small)
    assert (stored.verdict(outcome).serve, stored.champion()) == ("baseline:ridge", None)
    rows = stored.ledger.run_rows(outcome.run_id)
    methods = {row["id"]: (row["method"], row["reason"]) for row in rows.to_pylist()}
    assert methods["a"] == ("baseline:ridge", "no model has passed its gates")
    assert methods["still"] == ("baseline:seasonal_naive", "constant so far")
    assert methods["young"] == ("baseline:seasonal_naive", "6 steps, 7 are needed (half of the shortest look-back)")
    by_id = {row["id"]: row["forecast"] for row in rows.to_pylist()}
    assert by_id["007"] == pytest.approx(100, abs=2)
    assert run(small).run_id == outcome.run_id
    assert stored.ledger.run_rows(outcome.run_id).equals(rows)
    alone = run(small, "2024-05-01", "forecast")
    assert "baseline:ridge" not in stored.methods(alone)


def test_a_published_night_keeps_the_newest_runs_and_those_whose_model_was_promoted(small):
    """A training and two forecasts: with one run to keep, the older forecast's folder goes, the model's stays.

    A night that fails removes none that worked; `nightcast prune` finds nothing left to do.
    """
    from typer.testing import CliRunner

    from flows.cli.app import app

    edited(small, "[model]", "[store]\nkeep_runs = 1\n\n[model]")
    any_champion(small)
    promoted = run(small, "2024-04-27")
    old = run(small, "2024-04-28", "forecast")
    runs = small.parent / "store" / "runs"
    assert run(small, "2024-08-01", "forecast").exit_code == 1  # the table is three months old
    assert old.run_id in {folder.name for folder in runs.iterdir()}
    new = run(small, "2024-04-29", "forecast")
    assert new.exit_code in (0, 3)
    assert {promoted.run_id, new.run_id} <= {folder.name for folder in runs.iterdir()}
    assert old.run_id not in {folder.name for folder in runs.iterdir()}
    before = Stored(small).current()
    shown = CliRunner().invoke(app, ["prune", str(small)])
    assert shown.exit_code == 0, shown.output
    assert "0 run folders removed" in shown.output
    assert Stored(small).current().equals(before)


def test_a_champion_does_not_forecast_what_it_was_trained_on(small):
    """A run of an older day is not served by a model that has read that day's future."""
    run(small, "2024-04-30")
    early = run(small, "2024-04-20", "forecast")
    assert early.exit_code == 3
    assert "trained through 2024-04-29, later than this run's cutoff" in Stored(small).verdict(early).sentence
    assert not Stored(small).methods(early) & {"champion"}


def test_an_older_night_never_replaces_a_newer_champion(small):
    """Replaying a past day trains and judges, and leaves the model that has seen more where it is."""
    run(small, "2024-04-30")
    before = Stored(small).champion()
    outcome = run(small, "2024-04-20")
    assert (Stored(small).champion(), outcome.exit_code) == (before, 3)
    verdict = Stored(small).verdict(outcome)
    assert not verdict.promote
    assert gates(verdict)["no newer champion"] is False
    assert "champion" not in Stored(small).methods(outcome)


def test_a_model_that_can_serve_no_series_is_not_promoted(small):
    """With half of a look-back longer than the history every series falls back, and is scored as it would be served."""
    edited(small, "look_back = 14", "look_back = 300")
    run(small)
    assert Stored(small).champion() is None


def test_a_rollback_does_not_forecast_what_the_model_was_trained_on(small):
    """v1 was trained through 2024-04-29; a run of an older day is refused."""
    from flows.forecast import rollback

    run(small, "2024-04-30")
    state = rollback(pipeline=str(small), version=1, why="test", as_of="2024-04-20", return_state=True)
    outcome = outcome_of(state)
    assert outcome.exit_code == 1
    assert "v1 cannot serve this run: it was trained through 2024-04-29" in outcome.sentence


def test_keys_of_another_type_are_refused_in_words(small):
    """The nights before had text ids; integers need a table of their own."""
    run(small, "2024-04-29")
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    table = pa_csv.read_csv(small.parent / "observations.csv")
    numbered = table.set_column(0, "id", pa.array([index // 120 for index in range(len(table))], pa.int64()))
    pq.write_table(numbered, small.parent / "observations.parquet")
    edited(small, "observations.csv", "observations.parquet")
    outcome = run(small, "2024-04-30", "forecast")
    assert outcome.exit_code == 1
    assert "store.forecasts_table" in outcome.sentence


def test_a_model_whose_folder_is_gone_is_not_promoted_by_hand(small):
    """The command refuses."""
    import shutil

    from typer.testing import CliRunner

    from flows.cli.app import app

    edited(small, "[model]", '[[gates]]\nname = "impossible"\nmetric = "mase"\nat_most = 1e-9\n\n[model]')
    run(small, "2024-04-29")
    shutil.rmtree(small.parent / "store" / "runs")
    shown = CliRunner().invoke(app, ["models", "promote", str(small), "1", "--why", "test"])
    assert shown.exit_code != 0
    assert "is missing or incomplete" in str(shown.exception)


def test_a_store_in_memory_is_refused(small):
    """It would keep nothing, and every night would look good."""
    edited(small, "[model]", '[store]\nurl = "sqlite://"\n\n[model]')
    outcome = run(small)
    assert outcome.exit_code == 2
    assert "keeps nothing" in outcome.sentence


def test_a_store_that_was_moved_keeps_its_champion(small, tmp_path_factory):
    """Model folders are named below the store, so the pipeline's folder can be renamed or mounted elsewhere."""
    import shutil

    run(small, "2024-04-29")
    moved = tmp_path_factory.mktemp("elsewhere") / "new"
    shutil.copytree(small.parent, moved)
    shutil.rmtree(small.parent / "store" / "runs")
    outcome = run(moved / small.name, "2024-04-30", "forecast")
    assert outcome.exit_code == 0, outcome.sentence
    assert Stored(moved / small.name).methods(outcome) == {"champion"}


def test_a_series_that_was_never_observed_fails_however_long_it_is(small):
    """120 rows without a value: the network's answer would be finite, and mean nothing."""
    edited(small, "[model]", "[quality]\nmax_failed_share = 0.5\n\n[model]")
    observations = small.parent / "observations.csv"
    days = {line.split(",")[1] for line in observations.read_text().splitlines()[1:]}
    observations.write_text(observations.read_text() + "".join(f"empty,{day},\n" for day in sorted(days)))
    outcome = run(small)
    by_series = {row["id"]: row for row in Stored(small).ledger.run_rows(outcome.run_id).to_pylist()}
    assert (by_series["empty"]["method"], by_series["empty"]["forecast"]) == ("failed", None)
    assert by_series["007"]["method"] == "champion"


def test_the_forecast_flow_uses_the_champion_and_a_baseline_before_there_is_one(small):
    """No training in either run."""
    early = run(small, "2024-04-28", "forecast")
    stored = Stored(small)
    assert stored.methods(early) == {"baseline:seasonal_naive"}
    run(small, "2024-04-29")
    late = run(small, "2024-04-30", "forecast")
    assert late.exit_code == 0
    assert stored.methods(late) == {"champion"}
    assert not (small.parent / "store" / "runs" / late.run_id / "model").exists()


def test_a_rollback_forecasts_afresh_with_the_champion_before(small):
    """v2 replaces v1 by a person's word, then the rollback brings v1 back and publishes its forecasts as a new run."""
    from flows.forecast import rollback

    run(small, "2024-04-28")
    run(small, "2024-04-29")
    stored = Stored(small)
    if stored.champion() == 1:
        stored.registry.set_champion("small", 2, who="test", why="to have one to roll back", now=datetime.now(UTC))
    state = rollback(pipeline=str(small), version=1, why="v2 is too wide", as_of="2024-04-30", return_state=True)
    outcome = outcome_of(state)
    assert outcome.exit_code == 0
    assert stored.champion() == 1
    rows = stored.ledger.run_rows(outcome.run_id)
    assert set(rows["model_version"].to_pylist()) == {1}
    assert stored.current()["time"].to_pylist()[-1].isoformat() == "2024-05-06"
    last = stored.registry.promotions("small")[0]
    assert "v2 is too wide" in last.why


def test_a_run_leaves_a_report_and_an_artifact(small):
    """The page is in the run's folder; the artifact has the verdict's sentence and a picture."""
    from prefect.client.orchestration import get_client

    outcome = run(small)
    page = small.parent / "store" / "runs" / outcome.run_id / "report.html"
    verdict = Stored(small).verdict(outcome)
    assert verdict.sentence.split(":")[0] in page.read_text(encoding="utf-8")
    with get_client(sync_client=True) as client:
        response = client._client.post(
            "/artifacts/latest/filter", json={"artifacts": {"key": {"any_": ["nightcast-small"]}}}
        )
    markdown = response.json()[0]["data"]
    assert verdict.sentence.split(",")[0] in markdown
    assert "data:image/png;base64," in markdown


def test_a_mistake_in_the_pipeline_file_is_exit_code_two(small):
    """A key that does not exist names itself."""
    edited(small, "[training]", "[training]\npatiense = 3")
    outcome = run(small)
    assert outcome.exit_code == 2
    assert "training.patiense" in outcome.sentence


def test_sinks_get_the_current_rows_and_one_that_fails_degrades_the_run(small):
    """A CSV is written whole; a table that refuses its first row is reported, and the forecasts are out."""
    needs = "CREATE TABLE plan (id TEXT, time DATE, forecast REAL CHECK (forecast < -1e9), PRIMARY KEY (id, time))"
    fill(f"sqlite:///{small.parent / 'gone.db'}", needs)
    sinks = (
        '\n[[sinks]]\nname = "csv"\npath = "out.csv"\n\n'
        '[[sinks]]\nname = "gone"\nurl = "sqlite:///gone.db"\ntable = "plan"\n'
    )
    small.write_text(small.read_text() + sinks, encoding="utf-8")
    outcome = run(small)
    assert outcome.exit_code == 3
    assert "sink gone got nothing" in outcome.sentence
    assert len((small.parent / "out.csv").read_text().splitlines()) == 1 + 42


def card_of(pipeline: Path, outcome: Outcome) -> Any:
    """`model.json` that a run left."""
    return json.loads((pipeline.parent / "store" / "runs" / outcome.run_id / "model" / "model.json").read_text())


def test_a_warm_start_begins_from_the_champion_of_the_night_before(small):
    """The first night has none, the second says whose weights it began from; a wider network cannot, and says why."""
    edited(small, "[training]", "[training]\nwarm_start = true")
    any_champion(small)
    first = run(small, "2024-04-27")
    assert card_of(small, first)["warm_start"] == "not from the champion: there is none"
    champion = card_of(small, first)["trained_through"]
    second = run(small, "2024-04-28")
    assert card_of(small, second)["warm_start"] == f"from the champion trained through {champion}"
    edited(small, "members = 1", "members = 1\nhidden = 32")
    third = run(small, "2024-04-29")
    assert card_of(small, third)["warm_start"] == "not from the champion: its hidden is 64, not 32"
    assert {first.exit_code, second.exit_code, third.exit_code} == {0}


def test_a_replayed_night_does_not_begin_from_a_champion_that_has_read_its_future(small):
    """The champion of the 30th has read what is held out on the 20th, so that training begins anew there."""
    edited(small, "[training]", "[training]\nwarm_start = true")
    run(small, "2024-04-30")
    older = run(small, "2024-04-20")
    assert card_of(small, older)["warm_start"].startswith("not from the champion: ")


def test_a_series_that_the_champion_is_worse_at_is_served_by_the_seasonal_naive(small):
    """A week that repeats exactly: the seasonal naive makes no error on it, the network does.

    The night after is a forecast alone, and asks the backtest that judged its champion; without that nobody falls back.
    """
    edited(small, "[model]", "[serving]\nfallback_origins = 3\nfallback_margin = 0.5\n\n[model]")
    observations = small.parent / "observations.csv"
    days = sorted({line.split(",")[1] for line in observations.read_text().splitlines()[1:]})
    week = [3.0, 80.0, 5.0, 90.0, 2.0, 70.0, 60.0]
    extra = [f"weekly,{day},{week[index % 7]}\n" for index, day in enumerate(days)]
    observations.write_text(observations.read_text() + "".join(extra))
    stored = Stored(small)

    def who(outcome: Outcome) -> dict[str, tuple[str, str | None, int | None]]:
        rows = stored.ledger.run_rows(outcome.run_id).to_pylist()
        return {row["id"]: (row["method"], row["reason"], row["model_version"]) for row in rows}

    first = run(small, "2024-04-29")
    safe = ("baseline:seasonal_naive", "the model was worse than the seasonal naive over 3 origins", None)
    assert who(first)["weekly"] == safe
    # Whether its gates let it through is not what this is about.
    stored.registry.set_champion("small", 1, who="test", why="to serve", now=datetime.now(UTC))
    second = who(run(small, "2024-04-30", "forecast"))
    assert (second["weekly"], second["a"]) == (safe, ("champion", None, 1))
    (small.parent / "store" / "runs" / first.run_id / "scores.parquet").unlink()
    pruned = run(small, "2024-05-01", "forecast")
    assert (pruned.exit_code, who(pruned)["weekly"][0]) == (0, "champion")


def test_origins_are_replayed_with_what_was_known_then_and_scored_by_what_is_known_now(small):
    """Series b, about 20, was first published as 2000 on every day of April, and corrected on the 29th.

    Its forecast of then was off by some 2000; the last forecasts, and the truth, are of 20.
    """
    import pyarrow.parquet as pq

    edited(small, 'time = "day"', 'time = "day"\nknown_at = "known"')
    observations = small.parent / "observations.csv"
    lines = observations.read_text().splitlines()[1:]
    known = [f"{line},{line.split(',')[1]}T23:59:59Z" for line in lines]
    revised = [line.split(",") for line in lines if line.startswith("b,2024-04")]
    first = [f"{key},{day},2000.0,{day}T12:00:00Z" for key, day, _ in revised if day < "2024-04-29"]
    corrected = {f"{key},{day}": value for key, day, value in revised}
    known = [
        f"{line.rsplit(',', 1)[0]},2024-04-29T12:00:00Z" if line.rsplit(",", 2)[0] in corrected else line
        for line in known
    ]
    observations.write_text("\n".join(["id,day,y,known", *known, *first]) + "\n")
    outcome = run(small)
    stored = Stored(small)
    assert stored.verdict(outcome).vintages == "known"
    scores = pq.read_table(small.parent / "store" / "runs" / outcome.run_id / "scores.parquet").to_pylist()
    errors = {row["id"]: row["mae"] for row in scores if (row["scope"], row["method"]) == ("series", "baseline:naive")}
    assert errors["b"] == pytest.approx(1980, abs=5)
    assert errors["a"] < 5
    tonight = [row for row in stored.ledger.run_rows(outcome.run_id).to_pylist() if row["id"] == "b"]
    assert all(abs(row["forecast"] - 20) < 10 for row in tonight)
