"""The time that a training takes, and its deadline."""

from collections.abc import Callable


class Watch:
    """Seconds of training over all processes that took part; the clock is handed in. deadline: in the same seconds."""

    def __init__(self, clock: Callable[[], float], deadline: float | None) -> None:
        self._clock, self._deadline = clock, deadline
        self._began, self._before = clock(), 0.0

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return self._before + self._clock() - self._began

    def goes_on_from(self, seconds: float) -> None:
        """Counts what an earlier process has spent already."""
        self._before = max(self._before, seconds - (self._clock() - self._began))

    @property
    def expired(self) -> bool:
        """True when the deadline has passed."""
        return self._deadline is not None and self.seconds >= self._deadline
