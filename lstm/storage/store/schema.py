"""Tables of the store database, as the newest migration leaves them. The ledger's own table is in `layout`.

`row` and `doc` say what a row and a column are; docs/reference/store.md is made of them.
"""

from typing import get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
)

from lstm.references import RunKind
from lstm.storage.sql.column_types import KeyText, LongText, UtcDateTime

PIPELINE_LENGTH = 63
RUN_LENGTH = 128

metadata = MetaData()
_SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up INTEGER columns only


def _pipeline(**options: object) -> Column[str]:
    reference = ForeignKey("pipelines.name")
    return Column("pipeline", KeyText(PIPELINE_LENGTH), reference, nullable=False, doc="Its name.", **options)  # type: ignore[arg-type]


def _run(doc: str, **options: object) -> Column[str]:
    return Column("run_id", KeyText(RUN_LENGTH), doc=doc, **options)  # type: ignore[arg-type]


pipelines = Table(
    "pipelines",
    metadata,
    Column("name", KeyText(PIPELINE_LENGTH), primary_key=True, doc="As in the pipeline file."),
    Column("champion_version", Integer, doc="Version that serves now; NULL without a champion."),
    Column(
        "contract", LongText, doc="JSON: targets, series keys, horizon, frequency and levels that were published last."
    ),
    info={"row": "A pipeline, and who serves it now."},
    mysql_engine="InnoDB",
)

runs = Table(
    "runs",
    metadata,
    _run("`PIPELINE.KIND.AS_OF`; also the name of the run's folder.", primary_key=True),
    Column("pipeline", KeyText(PIPELINE_LENGTH), nullable=False, doc="Its name."),
    Column("kind", KeyText(16), nullable=False, doc=f"One of {', '.join(get_args(RunKind))}."),
    Column(
        "as_of", KeyText(64), nullable=False, doc="The moment that the run pretends it is: ISO 8601 in UTC, or a step."
    ),
    Column(
        "status",
        KeyText(16),
        nullable=False,
        doc="`running`, `published`, `degraded`, `refused`, `failed` or `dry`; `cancelled` by a signal; `crashed` "
        "where its lease ran out, as the next run of the pipeline finds.",
    ),
    Column("started_at", UtcDateTime, nullable=False, doc="When it was last started."),
    Column(
        "finished_at",
        UtcDateTime,
        doc="When it last came to an end; it stays while the run is started again, or cancelled.",
    ),
    Column(
        "owner",
        KeyText(255),
        doc="Process that works on it: host, process id and start, and for which flow run; NULL when none does.",
    ),
    Column("lease_until", UtcDateTime, doc="Until when the owner keeps it without a sign of life."),
    Column("exit_code", Integer, doc="0, 1, 2 or 3, as on the command line."),
    Column("sentence", LongText, doc="The last line: the verdict, and what went wrong."),
    Index("ix_runs_pipeline", "pipeline", "started_at"),
    info={"row": "A run: a pipeline, a kind and a moment. Started again, it is the same row."},
    mysql_engine="InnoDB",
)

# The columns of a version's lineage are empty for a baseline and for a model that an older Nightcast registered.
models = Table(
    "models",
    metadata,
    _pipeline(primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, doc="Counts from 1 in each pipeline."),
    _run("The run that trained it; empty for a baseline.", nullable=False),
    Column("uri", LongText, nullable=False, doc="Its folder, below that of all runs; or `baseline:NAME`."),
    Column(
        "fingerprint", KeyText(128), nullable=False, doc="SHA-256 of card and weights; a damaged model is found out."
    ),
    Column("contract", LongText, nullable=False, doc="JSON: what it was made for; it serves nothing else."),
    Column("trained_through", KeyText(64), nullable=False, doc="Newest target that its judged weights have read."),
    Column("served_through", KeyText(64), nullable=False, doc="Newest target that its serving weights have read."),
    Column("card", LongText, nullable=False, doc="JSON: architecture, choices with their reasons, calibration."),
    Column("registered_at", UtcDateTime, nullable=False, doc="When it got its version."),
    Column("panel_fingerprint", KeyText(128), doc="Hash of the panel that it was trained on."),
    Column("windows_fingerprint", KeyText(128), doc="Hash of its windows."),
    Column("settings", LongText, doc="The pipeline file as JSON, without secrets."),
    Column("code_version", KeyText(64), doc="Version of Nightcast."),
    Column("packages", LongText, doc="JSON: versions of the packages that matter."),
    Column("parent_version", Integer, doc="Champion when it was trained."),
    info={
        "row": "A version: a trained model, or a baseline. The lineage is NULL for baselines and models before 0002."
    },
    mysql_engine="InnoDB",
)

verdicts = Table(
    "verdicts",
    metadata,
    _run("The run that was judged.", primary_key=True),
    Column("verdict", LongText, nullable=False, doc="JSON with every score, gate and the sentence."),
    Column("recorded_at", UtcDateTime, nullable=False, doc="When it was published."),
    info={"row": "What the gates of a run decided, and why."},
    mysql_engine="InnoDB",
)

gate_scores = Table(
    "gate_scores",
    metadata,
    _run("The run that was judged.", primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False, doc="Order of the gates in the verdict."),
    Column("gate", LongText, nullable=False, doc="Name of the gate."),
    Column("segment", LongText, nullable=False, doc="Target, region or the like; empty for everything."),
    Column("metric", LongText, nullable=False, doc="What was measured."),
    Column("passed", Boolean, doc="NULL where the gate does not apply."),
    Column("observed", Double, doc="The challenger's number; NULL where it is undefined or infinite."),
    Column("reference", Double, doc="The rival's."),
    Column("low", Double, doc="Lower end of the interval of the improvement."),
    Column("high", Double, doc="Upper end."),
    Column("threshold", LongText, nullable=False, doc="What was asked for, in words."),
    Column("reason", LongText, nullable=False, doc="Why it passed, failed or does not apply."),
    info={"row": "What one gate found in one segment."},
    mysql_engine="InnoDB",
)

promotions = Table(
    "promotions",
    metadata,
    Column("id", _SEQUENCE, primary_key=True, autoincrement=True, doc="Order of the changes."),
    _pipeline(),
    Column("version", Integer, doc="Who serves since; NULL where the pipeline is left without a champion."),
    Column("previous_version", Integer, doc="Who served before; NULL for the first."),
    _run("The run that promoted; NULL when a person did."),
    Column("who", LongText, nullable=False, doc="User of the machine who ran it."),
    Column("why", LongText, nullable=False, doc="The verdict's sentence, or the person's reason."),
    Column("promoted_at", UtcDateTime, nullable=False, doc="Since when."),
    ForeignKeyConstraint(["pipeline", "version"], ["models.pipeline", "models.version"]),
    info={"row": "A change of champion; never changed and never removed."},
    sqlite_autoincrement=True,
    mysql_engine="InnoDB",
)

publications = Table(
    "publications",
    metadata,
    Column(
        "id",
        _SEQUENCE,
        primary_key=True,
        autoincrement=True,
        doc="Order of publications; a run that is published anew with other rows moves to the end.",
    ),
    _pipeline(),
    _run("The run.", nullable=False, unique=True),
    Column("kind", KeyText(16), nullable=False, doc="The run's kind."),
    Column("cutoff", KeyText(64), nullable=False, doc="Newest complete period that its forecasts may have read."),
    Column("rows", BigInteger, nullable=False, doc="How many forecasts."),
    Column("fingerprint", KeyText(128), nullable=False, doc="SHA-256 of the rows."),
    Column("champion_version", Integer, doc="Champion after it."),
    Column("published_at", UtcDateTime, nullable=False, doc="When."),
    info={"row": "A run whose forecasts are in the ledger."},
    sqlite_autoincrement=True,
    mysql_engine="InnoDB",
)

deliveries = Table(
    "deliveries",
    metadata,
    _run("The run.", primary_key=True),
    Column("sink", KeyText(255), primary_key=True, doc="Name of the sink."),
    Column("rows", BigInteger, nullable=False, doc="How many rows it got."),
    Column("delivered", Boolean, nullable=False, doc="False while the sink still waits for them."),
    Column("message", LongText, nullable=False, doc="What came of it: rounded decimals, the error, a late delivery."),
    Column("delivered_at", UtcDateTime, doc="When it was last tried; NULL before that."),
    info={"row": "A sink's receipt for a run."},
    mysql_engine="InnoDB",
)

explanations = Table(
    "explanations",
    metadata,
    _run("The run whose forecasts these are.", primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False, doc="Order: by series, target, step, group."),
    Column("series", LongText, nullable=False, doc="The series, its key columns joined by `/`."),
    Column("target", LongText, nullable=False, doc="Column that is forecast."),
    Column("time", KeyText(64), nullable=False, doc="Period that is forecast, as text."),
    Column("step", Integer, nullable=False, doc="1 for the first period after the cutoff."),
    Column("group_name", LongText, nullable=False, doc="Group of inputs: `level`, `weekly pattern`, a covariate."),
    Column("kind", KeyText(16), nullable=False, doc="What kind of group; a covariate may be called `level`, too."),
    Column("contribution", Double, nullable=False, doc="What the group adds to what is usual, in the target's unit."),
    Column("usual", Double, nullable=False, doc="The forecast from earlier windows at the same place in the season."),
    Column("forecast", Double, nullable=False, doc="The published median: usual plus the contributions."),
    info={"row": "What one group of inputs adds to one forecast. Goes when the run's folder is pruned."},
    mysql_engine="InnoDB",
)
