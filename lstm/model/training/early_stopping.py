"""Early stopping as one value object: the training loop only asks it."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class EarlyStopping:
    """Counts epochs without a better validation loss. Epoch 0 is the start, which an epoch must beat to be the best."""

    patience: int
    best_loss: float = math.inf
    best_epoch: int = 0
    epoch: int = 0

    def from_start(self, loss: float) -> "EarlyStopping":
        """State with the loss of the start, before any epoch. One that is NaN is beaten by anything."""
        return replace(self, best_loss=math.inf if math.isnan(loss) else loss)

    def after(self, loss: float) -> "EarlyStopping":
        """State after one more epoch. A NaN is never an improvement; neither is an equal loss."""
        epoch = self.epoch + 1
        if loss < self.best_loss:
            return replace(self, best_loss=loss, best_epoch=epoch, epoch=epoch)
        return replace(self, epoch=epoch)

    @property
    def improved(self) -> bool:
        """True when the latest epoch is the best."""
        return self.epoch > 0 and self.best_epoch == self.epoch

    @property
    def stop(self) -> bool:
        """True when `patience` epochs in a row brought nothing better."""
        return self.epoch - self.best_epoch >= self.patience
