"""Which series a challenger serves better than the champion, and which worse, in words."""

from collections.abc import Mapping, Sequence

import numpy as np

from lstm.contestants import CHALLENGER, CHAMPION
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.wording import percent

# Less than this is not worth a name.
WORTH_TELLING = 0.05


def series_moved(series: Sequence[str], targets: Sequence[str], contestants: Mapping[str, Scored]) -> str:
    """`6 of 9 series got better and 3 worse, most of all JFK pressure by 11 %`; empty where nothing can be compared.

    With several targets each counts by itself. series, targets: their names. contestants: see `Evidence`.
    """
    if CHALLENGER not in contestants or CHAMPION not in contestants:
        return ""
    errors, references = contestants[CHALLENGER].by_series("mase"), contestants[CHAMPION].by_series("mase")
    change = np.divide(errors, references, out=np.full(errors.shape, np.nan), where=references > 0.0) - 1.0
    defined = np.isfinite(change)
    if not defined.any():
        return ""
    better, worse, total = int((change < 0.0).sum()), int((change > 0.0).sum()), int(defined.sum())
    row, column = divmod(int(np.nanargmax(change)), len(targets))
    name = f"{series[row]} {targets[column]}" if len(targets) > 1 else series[row]
    counts = f"{better:,} of {total:,} {'series' if len(targets) == 1 else 'series and targets'} got better"
    counts += f" and {worse:,} worse" if worse else ""
    most = float(change[row, column])
    return f"{counts}, most of all {name} by {percent(most)}" if most >= WORTH_TELLING else counts
