"""Looks at tables of a few columns, as `nightcast init` takes them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pyarrow as pa

from lstm.data.profiling.profile import Guesses, Sample, Wishes, guess

DAYS = [str(date(2024, 1, 1) + timedelta(day)) for day in range(40)]


def look(
    columns: Mapping[str, Sequence[object]], *, name: str = "table", separator: str | None = ",", **wishes: object
) -> Guesses:
    """Guesses from columns of texts or typed values."""
    return guess(Sample(pa.table(dict(columns)), name, True, (), separator), Wishes(**wishes))  # type: ignore[arg-type]


def written(guesses: Guesses) -> dict[str, object]:
    return {setting.name: setting.value for setting in guesses.source if setting.written}


def suggested(guesses: Guesses) -> list[tuple[str, object]]:
    return [(setting.name, setting.value) for setting in guesses.source if not setting.written]


def why(guesses: Guesses, name: str) -> str:
    return next(setting.why for setting in guesses.source if setting.name == name)
