"""Segments: the parts of a panel that a gate judges one by one."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lstm.data.panel.panel import Panel
from lstm.errors import EvaluationError

MOST_SEGMENTS = 500


@dataclass(frozen=True)
class Segment:
    """The series and targets that are judged together.

    name: "" for everything, else such as `target pressure`. mask: bool (S, C).
    """

    name: str
    mask: np.ndarray


def segments(panel: Panel, scope: str) -> list[Segment]:
    """The segments of a scope: everything, each target, or each value of a static covariate or key column.

    Raises EvaluationError where these are too many to be judged one by one.
    """
    shape = (panel.series, len(panel.target_names))
    if scope == "all":
        return [Segment("", np.ones(shape, bool))]
    if scope == "target":
        column = np.broadcast_to(np.arange(shape[1]), shape)
        return [Segment(f"target {name}", column == index) for index, name in enumerate(panel.target_names)]
    values = _values(panel, scope)
    names = sorted(set(values))
    if len(names) > MOST_SEGMENTS:
        raise EvaluationError(
            f"a gate has the scope {scope!r}, which has {len(names):,} values; at most {MOST_SEGMENTS} can be judged "
            "one by one: choose a column with fewer, or the metric worse_share"
        )
    value_of_series = np.array(values, dtype=object)
    return [Segment(f"{scope} {name}", np.broadcast_to((value_of_series == name)[:, None], shape)) for name in names]


def _values(panel: Panel, scope: str) -> list[str]:
    """The value of each series, as text."""
    if scope in panel.keys.column_names:
        return [str(value) for value in panel.keys[scope].cast(pa.string()).to_pylist()]
    index = panel.static_names.index(scope)
    texts = panel.categories[index] if panel.categories else ()
    values = panel.static[:, index].tolist()
    return ["unknown" if value != value else texts[int(value)] if texts else f"{value:g}" for value in values]
