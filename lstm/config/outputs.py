"""[store], [[sinks]], [tracking] and [explain]: where runs, models and forecasts go, and what is said of these."""

from collections.abc import Iterable
from typing import Self

from pydantic import Field, field_validator, model_validator

from lstm.config.secrets import refuse_password
from lstm.config.settings import PositiveInt, Settings

# Columns of forecast rows between the series key and the quantiles, and after those.
BEFORE_LEVELS = ("target", "cutoff", "time", "step", "forecast")
AFTER_LEVELS = ("method", "reason", "model_version", "written_at")


class Store(Settings):
    """Where runs, models and forecasts are kept."""

    folder: str = Field(
        "store",
        description="Folder of runs and models: a path relative to the pipeline file, or a URL of an "
        "object store, such as `s3://…` (`pip install 'nightcast[s3]'`).",
    )
    url: str | None = Field(
        None,
        description="Database for models and forecasts: `env:NAME`, `block:NAME` or a URL. When left out,"
        " an SQLite file in `folder`.",
    )
    forecasts_table: str = Field(
        "forecasts",
        description="Name of the table that keeps the published forecasts (the ledger).",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,50}$",
    )
    keep_runs: PositiveInt = Field(
        14,
        description="How many run folders of each kind are kept, and as many of runs that failed, after each run "
        "and by `nightcast prune`: the newest, and those of models that were champion in any case.",
    )
    link: str | None = Field(
        None,
        description="Web address under which a browser finds `folder`, such as that of a file server. The"
        " Prefect UI then links to the report.",
        pattern=r"^https?://[^\s()<>]+$",
    )

    @field_validator("url", "link")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        return refuse_password(url)


class Explain(Settings):
    """What moves the forecasts, in the report, in the run's folder and in the store."""

    enabled: bool = Field(True, description="Explain the forecasts of each run after they are published.")
    windows: PositiveInt = Field(
        1000,
        description="How many series are explained, drawn by `training.seed` where there are more.",
    )


class Sink(Settings):
    """A place outside the store that gets the forecasts of every run."""

    name: str = Field(min_length=1, description="What messages and receipts call this sink.")
    path: str | None = Field(
        None, description="File to write, `.csv`, `.csv.gz` or `.parquet`. It is replaced each time."
    )
    url: str | None = Field(
        None, description="Database to write to: `env:NAME`, `block:NAME` or a URL without a password."
    )
    table: str | None = Field(
        None,
        description="Table of the database, `schema.table` where it has a schema. A forecast replaces the"
        " older one of the same series, target and time.",
    )
    columns: dict[str, str] = Field(
        default={},
        description='Your names for our columns, such as `time = "ds"`, `forecast = "y_hat"`, `q10 = '
        '"lo"`; `""` leaves a column out.',
    )

    round: int | None = Field(
        None,
        ge=0,
        le=15,
        description="Decimals to which forecasts and quantiles are rounded before they are written, halves away from "
        "zero; 0 for columns of whole numbers. The ledger keeps them unrounded.",
    )

    @field_validator("url")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        return refuse_password(url)

    @model_validator(mode="after")
    def _a_file_or_a_table(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError(f"sink {self.name!r}: give either path (a file) or url and table (a database)")
        if (self.url is None) != (self.table is None):
            raise ValueError(f"sink {self.name!r}: url and table go together")
        if self.path is not None and not self.path.endswith((".csv", ".csv.gz", ".parquet")):
            raise ValueError(f"sink {self.name!r}: path must end in .csv, .csv.gz or .parquet")
        return self

    @model_validator(mode="after")
    def _needed_columns_have_names(self) -> Self:
        for name in ("time", "forecast"):
            if self.columns.get(name) == "":
                raise ValueError(f"sink {self.name!r}: columns.{name} cannot be left out, every forecast has one")
        for name, column in self.columns.items():
            if column != column.strip() or not column.isprintable():
                raise ValueError(
                    f"sink {self.name!r}: columns.{name} = {column!r} has blanks around it or characters that do not "
                    'print; give the name as the table has it, or "" to leave the column out'
                )
        return self

    def names(self, ledger_columns: Iterable[str]) -> dict[str, str]:
        """The sink's own name of each column of the forecasts, without columns that it leaves out.

        Raises ValueError for a name that is not ours, and where two columns would have one name.
        """
        names = list(ledger_columns)
        for name in self.columns:
            if name not in names:
                raise ValueError(
                    f"sink {self.name!r}: columns.{name} is no column of the forecasts, which are: {', '.join(names)}"
                )
        columns = {name: self.columns.get(name, name) for name in names}
        by_folded: dict[str, str] = {}
        for name, column in columns.items():
            other = by_folded.setdefault(column.casefold(), name) if column else name
            if other != name:
                raise ValueError(f"sink {self.name!r}: {other} and {name} would both be the column {column!r}")
        return {name: column for name, column in columns.items() if column}


class Tracking(Settings):
    """Who else is told of finished runs. A failure to tell is a warning, and costs no run."""

    mlflow: str | None = Field(
        None,
        description="Where MLflow keeps runs: the URL of a server, of a database such as `sqlite:///mlflow.db` (never "
        "the store's), `env:NAME` or `block:NAME` (`pip install 'nightcast[mlflow]'`).",
    )
    experiment: str | None = Field(
        None, min_length=1, description="Experiment of MLflow. When left out, the pipeline's name."
    )
    openlineage: str | None = Field(
        None,
        description="Where events of OpenLineage go: the URL of a server, a file that ends in `.jsonl`, `env:NAME` or "
        "`block:NAME` (`pip install 'nightcast[openlineage]'`).",
    )

    @field_validator("mlflow", "openlineage")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        return refuse_password(url)
