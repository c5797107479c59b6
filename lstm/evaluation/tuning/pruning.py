"""When a trial is not worth more epochs: by what it gained over its own start.

Training starts at a ridge regression, which is a good forecast already, so that the losses of trials differ by their
start (and by the units of their normalisation) more than by what the network learns. A median of losses would prune
noise; what a network gained over its start, as a share of it, can be compared between trials of one loss function.
"""

from collections.abc import Mapping, Sequence
from statistics import median

WARM_UP = 4  # epochs, in which the learning rate rises
FEWEST = 5  # trials that are compared with
SHARE = 0.25  # of what the others had gained

Losses = Mapping[int, float]  # by epoch; of epoch 0 the loss of the start


def gain(losses: Losses, epoch: int) -> float | None:
    """What the best epoch up to one has gained over the start, as a share of that; None without a start above zero."""
    start = losses.get(0)
    reached = [loss for number, loss in losses.items() if 0 < number <= epoch]
    return 1.0 - min(reached) / start if start is not None and start > 0.0 and reached else None


def hopeless(losses: Losses, others: Sequence[Losses], epoch: int) -> bool:
    """Whether a trial has gained less than a quarter of what the median of the others had gained by the same epoch.

    others: of trials with the same loss function that have ended. One that had stopped by then counts with its best.
    """
    reached = gain(losses, epoch)
    gains = [other for other in (gain(other, epoch) for other in others) if other is not None]
    if reached is None or epoch < WARM_UP or len(gains) < FEWEST:
        return False
    usual = median(gains)
    return usual > 0.0 and reached < SHARE * usual
