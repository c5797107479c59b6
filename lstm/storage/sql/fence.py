"""The fence before everything that a run writes: whoever has lost its run to another process does not come through."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from lstm.storage.sql.connections import transaction


class Fence:
    """Asked before a write for a run. This one lets everybody through: who reads, or acts for no run."""

    def check(self) -> None:
        """Raises TakenOverError when another process has taken the run over."""

    def inside(self, connection: Connection) -> None:
        """The same in a transaction that writes, in which nobody can take the run over from then on."""


OPEN = Fence()


@dataclass(frozen=True)
class Fenced:
    """Rooms of the store database that a run writes into."""

    engine: Engine
    fence: Fence = OPEN

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of who has come through the fence."""
        with transaction(self.engine, write=True) as connection:
            self.fence.inside(connection)
            yield connection
