"""Rows that cannot be used: the first one is refused, or all are set aside and counted, as the pipeline file says."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from lstm.data.rows.source_rows import EXAMPLES, Place, SetAside
from lstm.errors import DataError, ForecastError

Policy = Literal["error", "set_aside"]


class BadRows:
    """Collects the bad rows of one table of R rows. place: tells a row, counted from 0, as a person finds it.

    codes: cells that are missing by `source.missing`, counted by (column, code); their rows are not bad.
    """

    def __init__(self, rows: int, place: Callable[[int], str], *, error: type[ForecastError] = DataError) -> None:
        self.mask = np.zeros(rows, bool)
        self.set_aside: list[SetAside] = []
        self.codes: Counter[tuple[str, str]] = Counter()
        self.place = place
        self.error = error

    def reject(
        self,
        bad: np.ndarray,
        policy: Policy,
        *,
        column: str,
        reason: str,
        advice: str,
        shown: Callable[[int], str] = lambda _: "",
        fields: Callable[[int], Mapping[str, Any]] = lambda _: {},
    ) -> None:
        """Refuses or sets aside rows. bad: bool (R). shown: what of a row a person should see, such as its value.

        reason: completes "row 3 ...": `is empty`. advice: what to do. fields: of the error, for a program.
        Raises `error`, naming the column, the first rows and their number, under the policy "error".
        """
        new = np.flatnonzero(bad & ~self.mask)
        if not len(new):
            return
        examples = tuple(f"{shown(row)}{self.place(row)}" for row in new[:EXAMPLES].tolist())
        if policy == "error":
            more = f" and {len(new) - 3:,} more" if len(new) > 3 else ""
            place = self.place(int(new[0]))
            raise self.error(
                f"a value of column {column!r} {reason}: {', '.join(examples[:3])}{more}; {advice}",
                column=column,
                line=place.line if isinstance(place, Place) else None,
                **fields(int(new[0])),
            )
        self.mask[new] = True
        self.set_aside.append(SetAside(reason=reason, column=column, rows=len(new), examples=examples))
