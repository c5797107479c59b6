"""Columns as files hold them, brought down to the kinds that roles know: text, dictionaries of it, numbers, times."""

from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.rows.distinct import distinct_values
from lstm.errors import SourceError


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values, where a dictionary holds them too."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    """Text of any width, or a dictionary of it."""
    value = value_type(kind)
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value))


def is_number(kind: pa.DataType) -> bool:
    """A number or a boolean."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def plain(column: pa.ChunkedArray, what: str) -> pa.ChunkedArray:
    """A dictionary of text, or values that are neither bytes nor a dictionary nor an extension of another type.

    what: names the column in a refusal. Bytes that are UTF-8 are text, as old writers of Parquet declare none; a UUID
    is its text. Raises SourceError for other bytes, nested columns and extension types.
    """
    kind = value_type(column.type)
    if isinstance(kind, pa.BaseExtensionType):
        return _without_extension(column, what)
    if pa.types.is_nested(kind):
        raise SourceError(f"{what} is {kind}, which holds several values a row; write each as a column of its own")
    if _is_bytes(kind):
        return _decoded_bytes(column, what)
    if pa.types.is_dictionary(column.type) and not is_text(kind):
        return column.cast(kind)
    return column


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _decoded_bytes(column: pa.ChunkedArray, what: str) -> pa.ChunkedArray:
    kind = value_type(column.type)
    try:
        if pa.types.is_dictionary(column.type):
            return column.cast(pa.dictionary(pa.int32(), pa.string()))
        return column.cast(pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        raise SourceError(f"{what} is {kind} and holds bytes that are no UTF-8 text; write it as text") from None


def _without_extension(column: pa.ChunkedArray, what: str) -> pa.ChunkedArray:
    """What an extension type means is its author's business, but for those that Arrow itself defines."""
    if pa.types.is_dictionary(column.type):
        column = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], value_type(column.type))
    name = column.type.extension_name
    if name == "arrow.uuid":
        storage = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
        code, distinct = distinct_values(storage)
        texts = pa.array([str(UUID(bytes=value)) for value in distinct.to_pylist()], pa.string())
        return pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array(code, mask=code < 0), texts)])
    raise SourceError(f"{what} is of the extension type {name}, which is not understood; write it as a plain type")


def exact_numbers(texts: pa.Array) -> pa.Array:
    """Decimal texts without zeros that say nothing: `7.00` is `7`, `7.50` is `7.5`, `700` stays."""
    shorter = pc.replace_substring_regex(texts, r"^([^.]+\.\d*?)0+$", r"\1")
    return pc.replace_substring_regex(shorter, r"\.$", "")


def exact_number(value: Decimal | float) -> str:
    """The same of one number: every digit of a decimal, the shortest that is read as the same float."""
    text = format(value if isinstance(value, Decimal) else Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
