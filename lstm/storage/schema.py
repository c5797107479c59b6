"""Tables of the store database, as the newest migration leaves them. The ledger's own table is in `layout`."""

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

from lstm.storage.column_types import KeyText, LongText, UtcDateTime

PIPELINE_LENGTH = 63
RUN_LENGTH = 128

metadata = MetaData()
_SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up INTEGER columns only


def _pipeline(**options: object) -> Column[str]:
    return Column("pipeline", KeyText(PIPELINE_LENGTH), ForeignKey("pipelines.name"), nullable=False, **options)  # type: ignore[arg-type]


pipelines = Table(
    "pipelines",
    metadata,
    Column("name", KeyText(PIPELINE_LENGTH), primary_key=True),
    Column("champion_version", Integer),
    Column("contract", LongText),
    mysql_engine="InnoDB",
)

# finished_at: when the run last came to an end; it stays while the run is started again.
runs = Table(
    "runs",
    metadata,
    Column("run_id", KeyText(RUN_LENGTH), primary_key=True),
    Column("pipeline", KeyText(PIPELINE_LENGTH), nullable=False),
    Column("kind", KeyText(16), nullable=False),
    Column("as_of", KeyText(64), nullable=False),
    Column("status", KeyText(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("owner", KeyText(255)),
    Column("lease_until", UtcDateTime),
    Column("exit_code", Integer),
    Column("sentence", LongText),
    Index("ix_runs_pipeline", "pipeline", "started_at"),
    mysql_engine="InnoDB",
)

# A version is a trained model or a baseline (uri `baseline:NAME`, run_id and times empty). The columns of its lineage
# are empty for a baseline and for a model that an older Nightcast registered.
models = Table(
    "models",
    metadata,
    _pipeline(primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("run_id", KeyText(RUN_LENGTH), nullable=False),
    Column("uri", LongText, nullable=False),
    Column("fingerprint", KeyText(128), nullable=False),
    Column("contract", LongText, nullable=False),
    Column("trained_through", KeyText(64), nullable=False),
    Column("served_through", KeyText(64), nullable=False),
    Column("card", LongText, nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("panel_fingerprint", KeyText(128)),
    Column("windows_fingerprint", KeyText(128)),
    Column("settings", LongText),
    Column("code_version", KeyText(64)),
    Column("packages", LongText),
    Column("parent_version", Integer),
    mysql_engine="InnoDB",
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("run_id", KeyText(RUN_LENGTH), primary_key=True),
    Column("verdict", LongText, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    mysql_engine="InnoDB",
)

# What each gate found, in the order of the verdict; NULL where it is undefined or infinite, as the reason then says.
# segment: empty for everything.
gate_scores = Table(
    "gate_scores",
    metadata,
    Column("run_id", KeyText(RUN_LENGTH), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("gate", LongText, nullable=False),
    Column("segment", LongText, nullable=False),
    Column("metric", LongText, nullable=False),
    Column("passed", Boolean),
    Column("observed", Double),
    Column("reference", Double),
    Column("low", Double),
    Column("high", Double),
    Column("threshold", LongText, nullable=False),
    Column("reason", LongText, nullable=False),
    mysql_engine="InnoDB",
)

# version: None where the pipeline is left without a champion.
promotions = Table(
    "promotions",
    metadata,
    Column("id", _SEQUENCE, primary_key=True, autoincrement=True),
    _pipeline(),
    Column("version", Integer),
    Column("previous_version", Integer),
    Column("run_id", KeyText(RUN_LENGTH)),
    Column("who", LongText, nullable=False),
    Column("why", LongText, nullable=False),
    Column("promoted_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["pipeline", "version"], ["models.pipeline", "models.version"]),
    sqlite_autoincrement=True,
    mysql_engine="InnoDB",
)

# id: the order of publications; a run that is published anew with other rows moves to the end.
# fingerprint: SHA-256 of the rows.
publications = Table(
    "publications",
    metadata,
    Column("id", _SEQUENCE, primary_key=True, autoincrement=True),
    _pipeline(),
    Column("run_id", KeyText(RUN_LENGTH), nullable=False, unique=True),
    Column("kind", KeyText(16), nullable=False),
    Column("cutoff", KeyText(64), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("fingerprint", KeyText(128), nullable=False),
    Column("champion_version", Integer),
    Column("published_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
    mysql_engine="InnoDB",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("run_id", KeyText(RUN_LENGTH), primary_key=True),
    Column("sink", KeyText(255), primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("delivered", Boolean, nullable=False),
    Column("message", LongText, nullable=False),
    Column("delivered_at", UtcDateTime),
    mysql_engine="InnoDB",
)
