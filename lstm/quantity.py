"""A number with its noun, as sentences have it."""


def quantity(number: int, noun: str, plural: str | None = None) -> str:
    """`1 step`, `7 steps`, `26,115 rows`. plural: where it is not the noun with an s, as of `series`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
