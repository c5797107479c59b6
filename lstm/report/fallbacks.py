"""Who fell back, and why: forecast rows with a reason, counted by it."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

EXAMPLES = 5


@dataclass(frozen=True)
class Fallback:
    """One reason. targets: targets of series that it holds for. method: who forecasts them; `failed` where nobody does.

    examples: some of these series, such as `JFK/AA`.
    """

    reason: str
    method: str
    targets: int
    examples: tuple[str, ...]


def fallbacks(rows: pa.Table, keys: tuple[str, ...]) -> tuple[Fallback, ...]:
    """The reasons in forecast rows, the most frequent first. keys: columns of the series key, none for one series.

    A target counts once, by its first step.
    """
    first = rows.filter(pc.and_(pc.equal(rows["step"], 1), pc.is_valid(rows["reason"])))
    found: dict[tuple[str, str], list[str]] = {}
    for row in first.select([*keys, "reason", "method"]).to_pylist():
        name = "/".join(str(row[key]) for key in keys)
        found.setdefault((row["reason"], row["method"]), []).append(name)
    ordered = sorted(found.items(), key=lambda one: -len(one[1]))
    return tuple(
        Fallback(reason, method, len(names), tuple(dict.fromkeys(name for name in names if name))[:EXAMPLES])
        for (reason, method), names in ordered
    )
