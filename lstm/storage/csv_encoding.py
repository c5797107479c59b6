"""How the bytes of a file become text: its compression and its encoding, by their marks or as the settings say."""

import codecs
import io
import lzma
from pathlib import Path
from typing import Any

import pyarrow as pa

from lstm.errors import ConfigError, SourceError

BLOCK = 8 << 20

_COMPRESSIONS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ\x00": "xz",
}
_OTHER_FILES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a SQLite database, which source.url names (sqlite:///file.db)",
    b"ARROW1\x00\x00": "a Feather file",
}
# The mark of UTF-32 begins with that of UTF-16.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Python counts them among the encodings of texts; no file is written in them.
_NO_ENCODINGS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}
# Python would take the byte order of this machine.
_NEED_MARK = {"utf-16", "utf-32"}


def find_compression(path: Path) -> str | None:
    """Arrow's name of a file's compression. Raises SourceError for a file that is known to be no text."""
    with path.open("rb") as file:
        begin = file.read(16)
    for mark, what in _OTHER_FILES.items():
        if begin.startswith(mark):
            raise SourceError(f"{path} is {what}; export the table as CSV or Parquet")
    return next((name for mark, name in _COMPRESSIONS.items() if begin.startswith(mark)), None)


def open_bytes(path: Path, compression: str | None) -> Any:
    """The bytes without compression."""
    return lzma.open(path) if compression == "xz" else pa.input_stream(str(path), compression=compression)


def open_text(path: Path, compression: str | None, encoding: str, *, errors: str = "strict") -> io.TextIOWrapper:
    """The text; lines keep their ends, of any kind."""
    return io.TextIOWrapper(open_bytes(path, compression), encoding, errors, newline="")


def find_encoding(path: Path, compression: str | None, given: str | None) -> tuple[str, bool]:
    """(Python's name, `utf-8-sig` for UTF-8; whether a byte-order mark tells another than the settings do).

    A mark is believed before a setting, as one setting stands for all files of a pattern. Raises ConfigError for an
    encoding that is not known, SourceError for UTF-16 or UTF-32 whose byte order nothing tells.
    """
    setting = _known(given or "utf-8")
    with open_bytes(path, compression) as file:
        begin = file.read(4)
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if begin.startswith(mark)), None)
    if marked is not None:
        return marked, not (given or "utf-8").replace("_", "-").lower().startswith(marked.removesuffix("-sig"))
    if setting in _NEED_MARK:
        raise SourceError(
            f"{path} has no byte-order mark; set source.encoding to {setting + '-le'!r} or {setting + '-be'!r}"
        )
    return setting, False


def _known(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
        "".encode(codec)
    except (LookupError, ValueError):
        codec = "undefined"
    if codec in _NO_ENCODINGS:
        raise ConfigError(f"source.encoding = {name!r} is not known; 'utf-8', 'cp1252', 'utf-16' are examples")
    return "utf-8-sig" if codec == "utf-8" else codec


def refuse_bytes(path: Path, compression: str | None, encoding: str) -> None:
    """Raises SourceError with the first byte that the encoding does not have; a character may not break off either."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    with open_bytes(path, compression) as file:
        while True:
            block = file.read(BLOCK)
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                place = offset - kept + error.start
                raise SourceError(_not_text(path, encoding, error.object[error.start], place)) from None
            if not block:
                return
            offset += len(block)


def _not_text(path: Path, encoding: str, byte: int, offset: int) -> str:
    name = encoding.removesuffix("-sig")
    advice = 'set source.encoding, for instance "cp1252"' if name == "utf-8" else "look at source.encoding"
    return f"{path} is not {name} text: byte 0x{byte:02X} at offset {offset}; {advice}"
