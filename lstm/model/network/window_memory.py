"""What windows take of memory, so that no more of them are gathered at once than fit."""


def bytes_of_window(targets: int, past: int, future: int, look_back: int, horizon: int, known: int) -> int:
    """Bytes of a window of so many channels and steps, with what is in memory while it is gathered."""
    steps = (look_back + horizon) * (4 * targets + 2 * past + future + 4 * known)
    return 4 * (steps + horizon * targets * known)


def windows_within(size: int, window: int, most: int) -> int:
    """How many windows of so many bytes are gathered at once within `size` bytes: at least one, at most `most`."""
    return max(min(most, size // max(window, 1)), 1)
