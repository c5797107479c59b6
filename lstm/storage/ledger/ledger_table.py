"""The shape of a ledger table: it follows from the forecast rows of the pipelines that share it."""

from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa
from sqlalchemy import Column, Double, Index, Integer, MetaData, Table
from sqlalchemy.types import TypeEngine

from lstm.config.ledger_columns import check_key_names, level_columns
from lstm.errors import EvaluationError
from lstm.storage.sql.column_types import (
    KeyText,
    Kind,
    LongText,
    UtcDateTime,
    arrow_type,
    kind_of_arrow,
    kind_of_sql,
    sql_type,
)
from lstm.storage.store.schema import PIPELINE_LENGTH, RUN_LENGTH

_AFTER_KEYS = ("target", "cutoff", "time", "step", "forecast")
_AT_THE_END = ("method", "reason", "model_version")
_BEFORE_KEYS = ("pipeline",)

KEY_BYTES = 3072  # largest key of InnoDB
CHARACTER_BYTES = 4  # utf8mb4
OTHER_BYTES = 8
MARGIN_BYTES = 32
LONGEST_TEXT = 255


@dataclass(frozen=True)
class Layout:
    """keys: name and kind of each series key column. grid: kind of times. levels: names of the quantile columns."""

    keys: tuple[tuple[str, Kind], ...]
    grid: Kind
    levels: tuple[str, ...]

    @classmethod
    def of_rows(cls, schema: pa.Schema) -> Self:
        """The layout that forecast rows need (see `lstm.model.serving.forecast_rows.forecast_rows`).

        Raises ConfigError for key columns that cannot be kept, EvaluationError for columns that are not forecast rows.
        """
        names = list(schema.names)
        keys = names[: names.index("target")] if "target" in names else []
        levels = level_columns(names[len(keys) :])
        if names != [*keys, *_AFTER_KEYS, *levels, *_AT_THE_END]:
            raise EvaluationError(
                f"forecast rows have the columns {', '.join(names)}, which is not what forecasting writes"
            )
        check_key_names(tuple(keys), levels)
        kinds = tuple((name, kind_of_arrow(name, schema.field(name).type)) for name in keys)
        return cls(kinds, kind_of_arrow("time", schema.field("time").type), levels)

    @classmethod
    def of_columns(cls, columns: dict[str, TypeEngine[object]]) -> Self | None:
        """The layout of a table that is there; None when it is no ledger. columns: types by name, in order."""
        names = list(columns)
        keys = names[1 : names.index("target")] if "target" in names else []
        levels = level_columns(names[1 + len(keys) :])
        if names != [
            *_BEFORE_KEYS,
            *keys,
            "target",
            "cutoff",
            "time",
            "run_id",
            "step",
            "forecast",
            *levels,
            *_AT_THE_END,
            "written_at",
        ]:
            return None
        kinds = [(name, kind_of_sql(columns[name])) for name in (*keys, "time")]
        keys_and_time = [(name, kind) for name, kind in kinds if kind is not None]
        return (
            cls(tuple(keys_and_time[:-1]), keys_and_time[-1][1], levels) if len(keys_and_time) == len(kinds) else None
        )

    @property
    def key_names(self) -> tuple[str, ...]:
        """Names of the series key columns."""
        return tuple(name for name, _ in self.keys)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of forecast rows, in order."""
        return (*self.key_names, *_AFTER_KEYS, *self.levels, *_AT_THE_END)

    @property
    def text_keys(self) -> tuple[str, ...]:
        """Names of the text columns whose length a database may bound."""
        return (*(name for name, kind in self.keys if kind == "text"), "target")

    @property
    def text_length(self) -> int:
        """Characters of a text column in a key, so that the primary key fits into what InnoDB allows."""
        fixed = CHARACTER_BYTES * (PIPELINE_LENGTH + RUN_LENGTH)
        return key_text_length(len(self.text_keys), len(self.keys) + 2, fixed)

    def arrow_schema(self) -> pa.Schema:
        """Forecast rows as they are read, with `written_at` at the end."""
        fixed = {
            "target": "text",
            "forecast": "float",
            "method": "text",
            "reason": "text",
            "cutoff": self.grid,
            "time": self.grid,
        }
        kinds: dict[str, Kind] = dict(self.keys) | fixed | dict.fromkeys(self.levels, "float")  # type: ignore[assignment]
        small = {"step": pa.int32(), "model_version": pa.int32()}
        types = [(name, small.get(name) or arrow_type(kinds[name])) for name in self.columns]
        return pa.schema([*types, ("written_at", arrow_type("timestamp"))])

    def key_columns(self) -> list[Column[Any]]:
        """The primary key of a table of forecasts."""
        length = self.text_length

        def key(name: str, column_type: TypeEngine[Any], doc: str) -> Column[Any]:
            return Column(name, column_type, primary_key=True, autoincrement=False, doc=doc)

        return [
            key("pipeline", KeyText(PIPELINE_LENGTH), "Its name."),
            *(key(name, sql_type(kind, length), "Series key, as in the source.") for name, kind in self.keys),
            key("target", KeyText(length), "Column that is forecast."),
            key("cutoff", sql_type(self.grid, length), "Newest period that the forecast may have read."),
            key("time", sql_type(self.grid, length), "Period that is forecast."),
            key("run_id", KeyText(RUN_LENGTH), "The run that published it."),
        ]

    def level_columns(self) -> list[Column[Any]]:
        """A column for each quantile level."""
        return [Column(level, Double, doc="Quantile of that level, in percent.") for level in self.levels]

    def table(self, name: str) -> Table:
        """The ledger table."""
        return Table(
            name,
            MetaData(),
            *self.key_columns(),
            Column("step", Integer, nullable=False, doc="1 for the first period after the cutoff."),
            Column("forecast", Double, doc="The median; NULL where nothing could be forecast."),
            *self.level_columns(),
            Column("method", KeyText(128), nullable=False, doc="`champion`, `baseline:NAME` or `failed`."),
            Column("reason", LongText, doc="Why not the champion; NULL where it served."),
            Column("model_version", Integer, doc="Version that forecast; NULL where a baseline stepped in."),
            Column("written_at", UtcDateTime, nullable=False, doc="When the row was published."),
            Index(f"ix_{name}_run", "run_id", "cutoff"),
            info={"row": "A forecast: one step of one target of one series, by one run. Append-only by run."},
            mysql_engine="InnoDB",
        )

    def differences(self, existing: "Layout") -> list[str]:
        """Sentence parts on how a table that is there differs from what is needed."""

        def shown(layout: Layout) -> dict[str, str]:
            keys = ", ".join(f"{name} ({kind})" for name, kind in layout.keys) or "none"
            return {"series keys": keys, "times": layout.grid, "quantile levels": ", ".join(layout.levels)}

        needed, present = shown(self), shown(existing)
        return [
            f"its {what} are {present[what]}, this pipeline's are {needed[what]}"
            for what in needed
            if needed[what] != present[what]
        ]


def key_text_length(texts: int, others: int, fixed: int = 0) -> int:
    """Characters that InnoDB has for each of `texts` text columns of a key. taken: bytes of columns of fixed length."""
    free = KEY_BYTES - fixed - OTHER_BYTES * others - MARGIN_BYTES
    return min(LONGEST_TEXT, free // (CHARACTER_BYTES * texts))
