"""Names that columns of the forecasts table have, and that no column of a series key may have."""

import re
from collections.abc import Iterable

from lstm.errors import ConfigError

LEDGER_COLUMNS = (
    "pipeline", "target", "cutoff", "time", "run_id", "step", "forecast", "method", "reason", "model_version",
    "written_at",
)  # fmt: skip
IN_QUERY = 'in source.query: select {key} as "{key}_id"'
_LEVEL = re.compile(r"q\d\d(_\d+)?")


def level_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The names of quantile columns among some names, in order: `q10`, `q02_5`."""
    return tuple(name for name in names if _LEVEL.fullmatch(name))


def check_key_names(keys: tuple[str, ...], levels: tuple[str, ...], place: str = IN_QUERY) -> None:
    """Refuses series key columns that collide with the ledger's own, or with each other where case does not count.

    levels: names of the quantile columns. place: where to rename one, with `{key}` for it. Raises ConfigError.
    """
    reserved = {name.casefold(): name for name in (*LEDGER_COLUMNS, *levels)}
    by_folded: dict[str, str] = {}
    for key in keys:
        folded = key.casefold()
        if folded in reserved:
            raise ConfigError(
                f"source.series names the column {key!r}, and the forecasts table has its own {reserved[folded]!r}; "
                f"rename it {place.format(key=key)}"
            )
        if folded in by_folded:
            raise ConfigError(
                f"source.series names {by_folded[folded]!r} and {key!r}, one column to a database that ignores case; "
                f"rename one {place.format(key=key)}"
            )
        by_folded[folded] = key
