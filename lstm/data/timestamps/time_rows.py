"""The rows of a time column, by their distinct values: they are named, rejected and put in order here."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.distinct import distinct_values


class TimeRows:
    """A time column of R rows that have U distinct values.

    values: U as they were read, to show them; null where only rows have it that were bad before. code: int32 (R), -1
    where a row has none. series: int32 (R). names: of the series. policy: of rows that cannot be read.
    """

    def __init__(
        self,
        column: pa.ChunkedArray,
        name: str,
        *,
        series: np.ndarray,
        names: Sequence[str],
        bad: BadRows,
        policy: Policy,
    ) -> None:
        self.code, self.values = distinct_values(column)
        self.name, self.series, self.names, self.bad, self.policy = name, series, names, bad, policy
        if bad.mask.any():
            self.values = self._of_good_rows(self.values)
        self._reject_rows(self.code < 0, "is empty", "give the row a time, or leave it out", policy)

    def reject(self, fault: np.ndarray, reason: str, advice: str, policy: Policy | None = None) -> None:
        """Rejects the rows of distinct values. fault: bool (U); a value that was rejected before may be in it."""
        if fault.any():
            self._reject_rows(np.append(fault, False)[self.code], reason, advice, policy or self.policy)

    def reject_unclear(self, rows: np.ndarray, reason: str, advice: str) -> None:
        """Refuses rows whatever the policy: nobody knows which of them are good. rows: their positions."""
        fault = np.zeros(len(self.code), bool)
        fault[rows] = True
        self._reject_rows(fault, reason, advice, "error")

    def _reject_rows(self, rows: np.ndarray, reason: str, advice: str, policy: Policy) -> None:
        self.bad.reject(
            rows,
            policy,
            column=self.name,
            reason=reason,
            advice=advice,
            shown=lambda row: f"{self.shown(row)}, ",
            fields=lambda row: {"series": self.names[self.series[row]], "value": self._value(row)},
        )

    def shown(self, row: int) -> str:
        """`'2024-01-31' of series 'A'`."""
        series, value = f"series {self.names[self.series[row]]!r}", self._value(row)
        return series if value is None else f"{value!r} of {series}"

    def _value(self, row: int) -> str | None:
        """The time as it is written."""
        return str(self.values[int(self.code[row])].cast(pa.string())) if self.code[row] >= 0 else None

    def split(self, rows: np.ndarray, twice: np.ndarray) -> None:
        """Gives rows a value of their own, after the others. rows: positions. twice: bool (U), the values they have."""
        place = np.cumsum(twice) - 1 + len(self.values)
        self.code[rows] = place[self.code[rows]]
        self.values = pa.concat_arrays([self.values, self.values.filter(pa.array(twice))])

    def in_order(self, times: pa.Array) -> tuple[pa.Array, np.ndarray]:
        """(the distinct times of good rows in order; int32 (R) which of them each row has, -1 where it is bad).

        times: U, what each value means; null where it was rejected.
        """
        # Several texts may mean one time. Their times are made distinct and ranked, and each row gets the rank of the
        # time that its text means; the -1 at both ends of the chain stands for no time.
        encoded = self._of_good_rows(times).dictionary_encode()
        order = np.asarray(pc.sort_indices(encoded.dictionary))
        rank = np.full(len(order) + 1, -1, np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        place = np.append(rank[np.asarray(encoded.indices.fill_null(-1))], np.int32(-1))
        return encoded.dictionary.take(pa.array(order)), place[self.code]

    def _of_good_rows(self, values: pa.Array) -> pa.Array:
        """The values, null where no good row has one; bad rows have none from then on."""
        if self.bad.mask.any():
            self.code = np.where(self.bad.mask, np.int32(-1), self.code)
        used = np.zeros(len(values) + 1, bool)
        used[self.code] = True
        return pc.if_else(pa.array(used[:-1]), values, None)
