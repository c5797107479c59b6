"""What is done where the device's memory does not suffice: half as many windows at once, down to a smallest number."""

from lstm.errors import TrainingError

SMALLEST_BATCH = 16  # below it training would not be the same any more


def halved(windows: int, purpose: str) -> int:
    """Half as many windows at once, or the smallest number; TrainingError below it. purpose: what did not fit."""
    if windows <= SMALLEST_BATCH:
        raise TrainingError(
            f"the device has not enough memory for {purpose}; lower model.hidden, model.layers or model.look_back, or "
            "train on a device with more memory"
        )
    return max(SMALLEST_BATCH, windows // 2)
