"""Nothing is written by who does not come through the fence; how a lease is one is a test of leases."""

import pytest

from lstm.errors import TakenOverError
from lstm.storage.sql.fence import OPEN, Fence, Fenced
from lstm.storage.store.schema import pipelines


class Shut(Fence):
    """Lets nobody through."""

    def inside(self, connection):
        raise TakenOverError("lost")


def test_a_transaction_begins_with_the_fence(store):
    """Whoever has lost the run changes nothing; who acts for none is let through."""
    with pytest.raises(TakenOverError), Fenced(store, Shut()).writing() as connection:
        connection.execute(pipelines.insert().values(name="lost"))
    with Fenced(store).writing() as connection:
        OPEN.check()
        connection.execute(pipelines.insert().values(name="kept"))
    with store.connect() as connection:
        assert connection.execute(pipelines.select()).scalars().all() == ["kept"]
