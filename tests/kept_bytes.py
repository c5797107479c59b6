"""Bytes by name, in memory, in the place of a run's folder."""


class Folder:
    """What a run keeps; the run is killed once it has so many."""

    def __init__(self, killed_after: int | None = None) -> None:
        self.kept: dict[str, bytes] = {}
        self.killed_after = killed_after

    def read(self, name: str) -> bytes | None:
        """The bytes last written under the name."""
        return self.kept.get(name)

    def write(self, name: str, content: bytes) -> None:
        """Keeps the bytes, or ends the run before."""
        if len(self.kept) == self.killed_after:
            raise KeyboardInterrupt
        self.kept[name] = content
