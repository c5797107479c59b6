"""Runs by hand: what the flow refuses, overrides, and dry runs that leave all as it is."""

from typing import Any

import pytest
from present import present
from sqlalchemy import MetaData, create_engine, select

from flows.ad_hoc import ad_hoc
from flows.runs.ending import outcome_of
from lstm.references import Outcome
from lstm.storage.store.database import store_url
from runs import Stored, run


def by_hand(**parameters: object) -> tuple[str, Outcome]:
    """(name of the state, outcome) of an ad-hoc run."""
    state = ad_hoc(**parameters, return_state=True)
    outcome = outcome_of(state)
    return str(state.name), outcome


def test_a_dry_run_leaves_every_table_and_sink_as_it_was(small):
    """Law: it trains, judges, forecasts and reports under an id of its own; only the run itself is on record."""
    small.write_text(small.read_text() + '\n[[sinks]]\nname = "file"\npath = "out.csv"\n')
    first = run(small, "2024-04-29")
    before, delivered = _tables(small), (small.parent / "out.csv").read_bytes()
    name, outcome = by_hand(
        pipeline="small", files={"small": str(small)}, as_of="2024-04-30", dry_run=True, overrides={"training.seed": 7}
    )
    assert (name, outcome.exit_code) == ("Completed", 0)
    assert outcome.sentence.startswith("Dry run, nothing was published. In a real run: ")
    assert outcome.run_id == "small.dry-retrain.20240430T000000Z"
    after = _tables(small)
    assert after.pop("runs") != before.pop("runs")
    assert after == before
    assert (small.parent / "out.csv").read_bytes() == delivered
    folder = small.parent / "store" / "runs" / outcome.run_id
    assert (folder / "forecast.parquet").exists()
    page = (folder / "report.html").read_text()
    assert "Dry run, nothing was published" in page
    assert "training.seed = 7" in page
    assert "rows forecast" in page
    assert Stored(small).ledger.newest_run("small") == first.run_id
    real = run(small, "2024-04-30")
    assert Stored(small).verdict(real).challenger_version == 2  # the number that the dry run spoke of is still free


def test_a_dry_run_before_the_first_night_makes_no_table(small):
    name, outcome = by_hand(pipeline=str(small), kind="forecast", as_of="2024-04-30", dry_run=True)
    assert (name, outcome.exit_code) == ("Completed", 0), outcome.sentence
    assert "forecasts" not in _tables(small)


def test_a_run_by_hand_is_the_run_of_its_kind_with_the_keys_that_were_set(small):
    """It publishes as `nightcast run` does, and its model was trained for as many epochs as asked for."""
    name, outcome = by_hand(pipeline=str(small), as_of=" 2024-04-30 ", overrides={"training.max_epochs": 1})
    assert (name, outcome.exit_code) == ("Completed", 0), outcome.sentence
    stored = Stored(small)
    assert outcome.run_id == "small.retrain.20240430T000000Z"
    assert present(stored.registry.lineage("small", 1)).settings["training"]["max_epochs"] == 1
    assert len(stored.ledger.run_rows(outcome.run_id)) == 42


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"as_of": "2024-02-31"}, "as_of '2024-02-31'"),
        ({"overrides": {"training.max_epoch": 3}}, "did you mean training.max_epochs"),
        ({"overrides": {"name": "other"}}, "override name"),
        ({"overrides": {"model.kind": "textbook", "model.loss": "quantile"}}, "overrides (model.kind, model.loss)"),
        ({"pipeline": "absent.toml"}, "pipeline file absent.toml cannot be read"),
        ({"kind": "monitor", "overrides": {"monitor.days": 0}}, "monitor.days"),
    ],
)
def test_the_flow_itself_refuses_in_words_what_no_schema_can_tell(small, parameters, words):
    """Also for whoever starts the flow without the server's check. Nothing has been made then."""
    name, outcome = by_hand(**({"pipeline": str(small)} | parameters))
    assert (name, outcome.exit_code) == ("Failed", 2)
    assert words in outcome.sentence
    assert not (small.parent / "store").exists()


def test_a_run_that_comes_to_nothing_has_a_page_that_says_what_stands(small):
    """The table is gone: the page has the reason, whose forecasts stay, and what to do. So has a refused one."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    first = run(small, "2024-04-29")
    (small.parent / "observations.csv").unlink()
    states = [
        ad_hoc(pipeline=str(small), as_of=as_of, return_state=True, overrides={"training.seed": 7})
        for as_of in ("2024-04-30", "30 April")
    ]
    with get_client(sync_client=True) as client:
        pages = [
            client.read_artifacts(
                artifact_filter=ArtifactFilter(
                    flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id])
                )
            )
            for state in states
        ]
    assert [[page.key for page in left] for left in pages] == [["nightcast-small"], ["nightcast-small"]]
    failed, refused = (str(left[0].data) for left in pages)
    for words in (
        "Nothing came of this run",
        "observations.csv",
        f"stay as they are, those of {first.run_id}",
        "Retry",
    ):
        assert words in failed, words
    assert "corrected by hand" in refused
    assert "30 April" in refused


def _tables(small) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the store, row by row."""
    engine = create_engine(store_url(Stored(small).settings.store, small.parent))
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        return {name: [tuple(row) for row in connection.execute(select(table))] for name, table in found.tables.items()}
