"""Numbers that stand for a name or a time, as their shortest exact text: equal numbers have equal texts."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc


def exact_numbers(texts: pa.Array) -> pa.Array:
    """Decimal texts without zeros that say nothing: `7.00` is `7`, `7.50` is `7.5`, `700` stays."""
    shorter = pc.replace_substring_regex(texts, r"^([^.]+\.\d*?)0+$", r"\1")
    return pc.replace_substring_regex(shorter, r"\.$", "")


def exact_number(value: Decimal | float) -> str:
    """The same of one number: every digit of a decimal, the shortest that is read as the same float."""
    text = format(value if isinstance(value, Decimal) else Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
