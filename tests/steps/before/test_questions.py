"""What a run would be refused for hours later is refused before anything is read, and asking changes nothing."""

import pytest
from sql_tables import fill

from lstm.config import Pipeline
from lstm.errors import ConfigError, SinkError, SourceError, StoreError
from lstm.references import RunKey
from lstm.steps.before.questions import ask
from lstm.steps.job import Job
from lstm.steps.night import night

SINK = {"name": "warehouse", "url": "env:WAREHOUSE", "table": "plan", "columns": {"forecast": "menge"}}
FILE = """
name = "small"
horizon = 2
frequency = "D"
[source]
path = "t.csv"
series = ["id"]
time = "day"
targets = ["y"]
[[sinks]]
name = "warehouse"
url = "env:WAREHOUSE"
table = "plan"
columns = {forecast = "menge"}
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A job with a source, and with a sink whose column is of whole numbers."""
    url = f"sqlite:///{tmp_path / 'warehouse.db'}"
    monkeypatch.setenv("WAREHOUSE", url)
    fill(url, "CREATE TABLE plan (id TEXT, target TEXT, time DATE, menge INTEGER, PRIMARY KEY (id, target, time))")
    (tmp_path / "t.csv").write_text("id,day,y\nA,2024-04-29,1\n")
    return job_of(tmp_path, sinks=[SINK])


def job_of(home, *, source=None, **settings):
    columns = {"path": "t.csv", "series": ["id"], "time": "day", "targets": ["y"]} | (source or {})
    pipeline = Pipeline.model_validate({"name": "small", "horizon": 2, "frequency": "D", "source": columns} | settings)
    return Job(pipeline=pipeline, home=str(home), key=RunKey(pipeline="small", kind="retrain", as_of="2024-04-30"))


def test_a_sink_that_would_refuse_is_found_before_anything_is_read_or_made(job, tmp_path):
    """Fault: `menge INTEGER` was found after training, promotion and publication. `round = 0` fills it."""
    with pytest.raises(SinkError, match="its column menge is INTEGER, which would round forecasts"):
        ask(job)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "warehouse.db"]
    ask(job_of(tmp_path, sinks=[SINK | {"round": 0}]))
    ask(job_of(tmp_path, sinks=[SINK | {"table": "new"}]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "warehouse.db"]
    ask(job_of(tmp_path, sinks=[SINK | {"url": "sqlite:///new.db"}]))
    with pytest.raises(SinkError, match="cannot be made: there is no folder"):
        ask(job_of(tmp_path, sinks=[SINK | {"url": "sqlite:///no/folder.db"}]))
    assert not (tmp_path / "new.db").exists()
    with pytest.raises(SinkError, match="no column menge2"):
        ask(job_of(tmp_path, sinks=[SINK | {"columns": {"forecast": "menge2"}}]))


def test_a_night_asks_before_it_reads(job, tmp_path):
    """Nothing is published, promoted or trained, and the sentence says which column."""
    (tmp_path / "pipeline.toml").write_text(FILE)
    outcome = night(str(tmp_path / "pipeline.toml"), "2024-04-30")
    assert outcome.exit_code == 1
    assert "its column menge is INTEGER" in outcome.sentence
    assert not list((tmp_path / "store" / "runs").rglob("panel.parquet"))


def test_a_sink_that_is_away_may_be_back_when_the_forecasts_are_there(job, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("WAREHOUSE", "postgresql://127.0.0.1:1/sales")
    ask(job)
    assert "sink warehouse is away" in caplog.text


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"source": {"path": "gone.csv"}}, SourceError, "no file matches path = 'gone.csv'"),
        ({"source": {"path": None, "url": "env:NOT_SET", "table": "t"}}, ConfigError, "variable NOT_SET is not set"),
        ({"source": {"path": None, "url": "sqlite:///warehouse.db", "table": "t"}}, SourceError, "there is no table t"),
        ({"store": {"url": "env:NOT_SET"}}, ConfigError, "variable NOT_SET is not set"),
        ({"store": {"url": "block:nobody"}}, ConfigError, "block:nobody"),
        ({"store": {"folder": "t.csv"}}, StoreError, "t.csv cannot be written"),
        ({"sinks": [SINK | {"url": "env:NOT_SET"}]}, ConfigError, "variable NOT_SET is not set"),
        ({"sinks": [{"name": "file", "path": "t.csv/out.csv"}]}, SinkError, "out.csv cannot be written, because of"),
    ],
)
@pytest.mark.usefixtures("job")
def test_whatever_is_missing_is_named(tmp_path, settings, error, match):
    """Source, environment, blocks, store and sinks, each in the words of the run that would have found it."""
    with pytest.raises(error, match=match):
        ask(job_of(tmp_path, **settings))
