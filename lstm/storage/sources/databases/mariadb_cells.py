"""Cells of MariaDB as the text that the server sends, typed by the server: PyMySQL's own objects cost more than it."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from lstm.storage.sources.plain_columns import exact_numbers
from lstm.storage.sources.typed_columns import INSTANT

# Codes of the protocol.
_INTEGERS = dict.fromkeys((1, 2, 3, 8, 9, 13), pa.int64())
_FLOATS = dict.fromkeys((4, 5), pa.float64())
_DECIMALS = (0, 246)
_TIMES = {7: INSTANT, 10: pa.date32(), 12: pa.timestamp("us"), 14: pa.date32()}
_ARROW: dict[int, pa.DataType] = {**_INTEGERS, **_FLOATS, **_TIMES}


def text_cells(connection: sa.Connection) -> bool:
    """True where the driver is PyMySQL, which from then on answers every cell of this connection as text."""
    if connection.dialect.driver != "pymysql":
        return False
    driver: Any = connection.connection.driver_connection
    driver.decoders = {}
    return True


def array_of_text(values: Sequence[str | None], code: int, *, exact: bool) -> pa.Array:
    """Cells of a column as Arrow. code: its type in the protocol. exact: decimals are ids or times, so exact text.

    A TIMESTAMP is an instant, if the session's zone is UTC. A date that no calendar has, such as 0000-00-00, or an
    integer beyond 64 bits leaves the cells as text.
    """
    texts = pa.array(values, pa.string())
    if code in _DECIMALS and exact:
        return exact_numbers(texts)
    kind = pa.float64() if code in _DECIMALS else _ARROW.get(code)
    try:
        if kind is None:
            return texts
        return texts.cast(pa.timestamp("us")).cast(INSTANT) if kind == INSTANT else texts.cast(kind)
    except pa.ArrowInvalid:
        return texts
