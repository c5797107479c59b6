"""An explanation as a table: a row a series, target, step and group."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.panel.panel import Panel
from lstm.evaluation.change.published import Maker
from lstm.evaluation.explanation.explanation import Explained, Explanation
from lstm.evaluation.explanation.titles import group_title


def explanation_rows(panel: Panel, explanation: Explanation) -> pa.Table:
    """Key columns, target, cutoff, time, step, group, kind, contribution, usual, forecast, place; in forecasts' order.

    place: of the series in the panel. What was not explained has no rows. usual and the contributions of all groups add
    up to the forecast.
    """
    nothing = np.zeros((0, 1, 1))
    empty = Explained(Maker("", None), (), np.zeros(0, np.int64), nothing, nothing, nothing[..., None])
    table = pa.concat_tables(_rows(panel, part) for part in (empty, *explanation.parts))
    order = ["place", "target_place", "step", "position"]
    table = table.take(pc.sort_indices(table, [(name, "ascending") for name in order]))
    return table.drop_columns(["target_place", "position"])


def _rows(panel: Panel, part: Explained) -> pa.Table:
    known = np.isfinite(part.contributions).all(axis=-1) if part.groups else np.zeros(part.forecast.shape, bool)
    window, step, target = (np.repeat(index, max(len(part.groups), 1)) for index in np.nonzero(known))
    position = np.tile(np.arange(len(part.groups)), int(known.sum()))
    place = part.series[window]
    names = pa.array([group_title(group, panel.frequency) for group in part.groups], pa.string())
    kinds = pa.array([group.kind for group in part.groups], pa.string())
    keys = {name: panel.keys[name].take(pa.array(place)) for name in panel.keys.column_names}
    return pa.table(
        keys
        | {
            "target": pa.array(panel.target_names, pa.string()).take(pa.array(target)),
            "cutoff": panel.frequency.times(np.full(len(place), panel.cutoff)),
            "time": panel.frequency.times(panel.cutoff + 1 + step),
            "step": pa.array(step + 1, pa.int32()),
            "group": names.take(pa.array(position)),
            "kind": kinds.take(pa.array(position)),
            "contribution": part.contributions[window, step, target, position] if len(place) else np.zeros(0),
            "usual": part.usual[window, step, target],
            "forecast": part.forecast[window, step, target],
            "place": place,
            "target_place": target,
            "position": position,
        }
    )
