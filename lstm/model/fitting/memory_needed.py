"""The memory that a training takes at least, summed up before it begins, so that it is refused and not killed."""

from dataclasses import dataclass

from lstm.compute.executor import BYTES_OF_A_PROCESS
from lstm.errors import ConfigError
from lstm.model.fitting.fit_job import FitJob
from lstm.model.network.window_memory import bytes_of_window

GB = 1e9
# Beside a batch as it was gathered, what its way through the network and back keeps of it.
COPIES_OF_BATCH = 3
COPIES_OF_SUMS = 3
BYTES_OF_POSITIONS = 20  # series and row of a window, as they are listed, and as the sampler has them


@dataclass(frozen=True)
class MemoryNeeded:
    """Bytes by what takes them. steps, channels: of a window; windows: of a batch."""

    windows: int
    steps: int
    channels: int
    batch: int
    sums: int
    panel: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.batch + self.sums + self.panel


def memory_needed(job: FitJob) -> MemoryNeeded:
    """What a training of this shape takes on top of what is in memory already; network and optimiser are small.

    Of a target of the panel that is its values without gaps, where they were observed, levels and scales.
    """
    panel, shape = job.panel, job.shape
    look_back = max(view.look_back for view in shape.views)
    targets, past, future = panel.targets.shape[1], panel.past.shape[1], panel.future.shape[1]
    known = len(shape.known)
    window = bytes_of_window(targets, past, future, look_back, panel.horizon, known)
    segmented = job.model.kind == "segmented"
    regressed = (1 if job.model.channels == "shared" else targets) if segmented else 0
    itemsize = panel.targets.dtype.itemsize
    return MemoryNeeded(
        windows=job.batch_size,
        steps=look_back + panel.horizon,
        channels=2 * targets + past + known + future,
        batch=COPIES_OF_BATCH * job.batch_size * window,
        sums=8 * regressed * (look_back + 1) * (COPIES_OF_SUMS * (look_back + 1) + panel.horizon * future),
        panel=panel.steps * (itemsize * 4 * targets + 4 * past + 4 * future + 4 * known + BYTES_OF_POSITIONS),
    )


def refuse_too_large(job: FitJob) -> None:
    """Raises ConfigError, with the sum and the key to lower, where a training would not fit into the free memory."""
    free = job.runtime.free_memory
    if free is None or job.runtime.device.type != "cpu":
        return
    needed, ranks = memory_needed(job), job.training.ranks
    others = (ranks - 1) * (needed.panel + BYTES_OF_A_PROCESS)  # batches are shared out
    if needed.total <= free < needed.total + others:
        raise ConfigError(
            f"training by {ranks} ranks would take {(needed.total + others) / GB:.1f} GB, and {free / GB:.1f} GB are "
            "free; lower training.ranks, or train on a machine with more memory"
        )
    if needed.total > free:
        key = "model.look_back" if max(needed.batch, needed.sums) > needed.panel else "the number of covariates"
        raise ConfigError(
            f"training would take {needed.total / GB:.1f} GB, and {free / GB:.1f} GB are free: "
            f"{needed.windows} windows x {needed.steps:,} steps x {needed.channels} channels in a batch "
            f"({needed.batch / GB:.1f} GB), the sums of the ridge regression ({needed.sums / GB:.1f} GB) and the panel "
            f"({needed.panel / GB:.1f} GB); lower {key} or training.batch_size, or train on a machine with more memory"
        )
