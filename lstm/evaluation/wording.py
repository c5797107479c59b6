"""How numbers and scores are told to people."""

import math


def number(value: float, digits: int = 3) -> str:
    """Three significant digits, whole thousands with commas: `0.79`, `12.3`, `1,008`."""
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) or value == int(value) else f"{value:.{digits}g}"


def contrast(first: float, second: float) -> tuple[str, str]:
    """Two numbers with as many digits as tell them apart: `0.8212` and `0.8209`."""
    digits = next((count for count in range(3, 10) if number(first, count) != number(second, count)), 3)
    return number(first, digits), number(second, digits)


def percent(share: float) -> str:
    """`14 %`, `2.1 %`, `0.03 %`."""
    value = 100.0 * share
    return f"{value:,.0f} %" if abs(value) >= 10.0 else f"{value:.2g} %"


def signed_percent(share: float) -> str:
    """`+12 %`, `-3.1 %`, `0 %`."""
    return "0 %" if share == 0.0 else f"{'+' if share > 0 else '-'}{percent(abs(share))}"


def span(low: float, high: float) -> str:
    """An interval of improvements: `0.9 % worse to 4.6 % better`, `0.4 % to 5.9 % better`."""
    if low < 0.0 <= high:
        return f"{percent(-low)} worse to {percent(high)} better"
    return f"{percent(-low)} to {percent(-high)} worse" if low < 0.0 else f"{percent(low)} to {percent(high)} better"


def change(score: float, reference: float) -> str:
    """How an error metric stands to another, above zero: `14 % better than`, `1.8 % worse than`, `equal to`."""
    if score == reference:
        return "equal to"
    if reference == 0.0:
        return "worse than"
    return f"{percent(abs(score / reference - 1.0))} {'better' if score < reference else 'worse'} than"


def clause(text: str) -> str:
    """The first line of a text, without a full stop, to go inside a sentence."""
    lines = text.strip().splitlines()
    return lines[0].strip().rstrip(".:") if lines else "no reason given"


LEAST_SHARE = 0.0005


def share_text(value: float) -> str:
    """`34 %`, `2.4 %`, `nothing` for what rounds to 0.0 %; `–` for what is not known."""
    if not math.isfinite(value):
        return "–"
    if value < LEAST_SHARE:
        return "nothing"
    return f"{100 * value:,.1f} %" if value < 0.0995 else f"{100 * value:,.0f} %"
