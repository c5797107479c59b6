"""Times of forecasts as text, in the form in which a table has its own."""

import re

import pyarrow as pa
import pyarrow.compute as pc

_FORM = re.compile(r"\d{4}-\d\d-\d\d(?:([ T])\d\d:\d\d(:\d\d)?(?:\.(\d+))?(Z|[+-]00(?::?00)?)?)?")
_UNITS = {0: "s", 3: "ms", 6: "us", 9: "ns"}


def in_form_of(example: str, times: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Dates or instants as text, UTC, in the form of the example; None where it is another form or would lose hours."""
    match = _FORM.fullmatch(example)
    if match is None:
        return None
    between, seconds, fraction, zone = match.groups()
    unit = _UNITS.get(len(fraction or ""))
    if unit is None or (fraction and not seconds):
        return None
    stamps = times.cast(pa.timestamp("us"))
    finest = "day" if between is None else "minute" if not seconds else "second" if unit == "s" else "microsecond"
    if pc.all(pc.equal(pc.floor_temporal(stamps, unit=finest), stamps)).as_py() is False:
        return None
    clock = "" if between is None else f"{between}%H:%M:%S" if seconds else f"{between}%H:%M"
    texts = pc.strftime(stamps.cast(pa.timestamp(unit)), format=f"%Y-%m-%d{clock}")
    return texts if zone is None else pc.binary_join_element_wise(texts, zone, "")
