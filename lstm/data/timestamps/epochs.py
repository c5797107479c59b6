"""Times that are numbers: days since Excel's epoch, seconds or milliseconds since 1970."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.timestamps.strptime import DAY_MICROS, INSTANT, MICROS

COUNTS = ("excel", "unix", "unix_ms")

# Serials of Excel's 1900 system. Lotus took 1900 for a leap year and Excel kept it: serial 60 is a day that never was.
_EXCEL_EPOCH = int(np.datetime64("1899-12-30", "D").astype(np.int64))
_EXCEL_LEAP_DAY, _EXCEL_END = 60, 2_958_466
_MICROS_OF_UNIT = {"unix": 1e6, "unix_ms": 1e3}


def read_counts(values: pa.Array, layout: str) -> pa.Array:
    """timestamp[us] (U), wall times of `excel` and UTC of `unix` and `unix_ms`; null where a value counts to no time.

    values: numbers, or texts that are numbers; fractions are fine.
    """
    if pa.types.is_string(values.type):
        fits = pc.match_substring_regex(values, r"^-?\d{1,18}(\.\d*)?$")
        values = pc.if_else(fits, values, None)
    numbers = np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
    if layout == "excel":
        micros, exists = _excel(numbers)
        return _stamps(micros, exists).cast(MICROS)
    micros = np.round(numbers * _MICROS_OF_UNIT[layout])
    return _stamps(micros, np.abs(micros) < 2**62).cast(INSTANT)


def _excel(serials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(float64 (U) microseconds since 1970, bool (U) where the serial is a time)."""
    day = np.floor(serials)
    # Excel writes 11 characters, so that an hour is right to the second and no better.
    seconds = np.round((serials - day) * 86_400)
    micros = (day + _EXCEL_EPOCH + (day < _EXCEL_LEAP_DAY)) * DAY_MICROS + seconds * 1e6
    return micros, (day >= 1) & (day != _EXCEL_LEAP_DAY) & (day < _EXCEL_END)


def _stamps(micros: np.ndarray, exists: np.ndarray) -> pa.Array:
    return pa.array(np.where(exists, micros, 0).astype(np.int64), pa.int64(), mask=~exists)
