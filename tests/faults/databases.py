"""PostgreSQL stopped in the middle of reading and of writing: for a moment, and for the rest of the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from faults.disturbed import READ_AGAIN
from faults.ground import FIRST_NIGHT, PIPELINE, Ground, observations
from faults.holding import Point
from faults.postgres import Cluster, binaries, cluster
from faults.stage import Grounds, Stage, Tried
from sqlalchemy import create_engine

from lstm.storage.store.database import upgrade_store

# Rows come slowly, so that the server is still sending when it is stopped.
QUERY = "select o.* from observations o, lateral (select pg_sleep(0.003) where o.y is not null) slowly"

POINTS = {
    "reading the source": Point("chunk read", 2),
    "training": Point("rename */member-0.safetensors", 3),
    "registering the model": Point("sql INSERT INTO models*"),
    "writing the forecasts": Point("batch of rows", 3),
    "committing them": Point("sql INSERT INTO deliveries*", 2),
    "writing to the sink": Point("batch of rows", 7),
    "recording the end": Point("sql UPDATE runs SET status*finished_at*"),
}
FOR_LONG = ("reading the source", "writing the forecasts", "writing to the sink")


@dataclass(frozen=True)
class PostgresGround(Ground):
    """A pipeline whose source, store and sink are in one database, which has the folder's name."""

    cluster: Cluster = field(kw_only=True)

    def copy(self, folder: Path) -> "PostgresGround":
        """The same elsewhere, with a copy of the database."""
        copy = PostgresGround(super().copy(folder).folder, cluster=self.cluster)
        self.cluster.database(copy.folder.name, template=self.folder.name)
        text = copy.pipeline.read_text(encoding="utf-8")
        old, new = self.cluster.url(self.folder.name), self.cluster.url(copy.folder.name)
        copy.pipeline.write_text(text.replace(f'"{old}"', f'"{new}"'), encoding="utf-8")
        return copy


def postgres_ground(stage: Stage, server: Cluster) -> PostgresGround:
    """The pipeline after its first night."""
    ground = PostgresGround(stage.folder / "pg-base", cluster=server)
    ground.folder.mkdir()
    url = server.database(ground.folder.name)
    engine = create_engine(url)
    observations().to_sql("observations", engine, index=False)
    engine.dispose()
    source, store = f'url = "{url}"\nquery = "{QUERY}"', f'[store]\nurl = "{url}"\n'
    ground.pipeline.write_text(PIPELINE.format(top="", source=source, store=store, sink=url), encoding="utf-8")
    upgrade_store(url)
    ground.run(FIRST_NIGHT)
    return ground


@contextmanager
def _postgresql(stage: Stage) -> Iterator[tuple[Cluster, Grounds]]:
    with cluster(stage.folder / "pg") as server:
        yield server, Grounds.of(postgres_ground(stage, server), stage.folder / "pg-twin")


def postgresql_away(stage: Stage) -> Iterator[Tried]:
    """At each point back at once; at some also after the run has ended, which takes the minutes of its attempts."""
    if binaries() is None:
        yield Tried("PostgreSQL stopped", "", "", ["not tried: no initdb is here"])
        return
    with _postgresql(stage) as (server, grounds):
        for where, point in POINTS.items():
            yield _for_a_moment(stage, server, grounds, where, point)
            if where in FOR_LONG:
                yield _for_long(stage, server, grounds, where, point)


def _for_a_moment(stage: Stage, server: Cluster, grounds: Grounds, where: str, point: Point) -> Tried:
    night = stage.night(point, grounds=grounds)
    run = stage.started(night)
    stage.scene.reached(night.holds, 0)
    server.stop()
    server.start()
    night.holds.let_go(0)
    then = stage.scene.ending(run)
    night.may_repeat = READ_AGAIN
    night.look("after the end")
    again = "nobody: the task tried again" if then == "Completed" else stage.bring_to_its_end(run, night)
    return Tried(f"PostgreSQL stopped while {where}, back at once", then, again, night.end())


def _for_long(stage: Stage, server: Cluster, grounds: Grounds, where: str, point: Point) -> Tried:
    night = stage.night(point, grounds=grounds)
    run = stage.started(night)
    stage.scene.reached(night.holds, 0)
    server.stop()
    night.holds.let_go(0)
    then = stage.scene.ending(run)
    server.start()
    night.may_repeat = READ_AGAIN
    night.look("after the end")
    return Tried(
        f"PostgreSQL stopped while {where}, back after the run", then, stage.bring_to_its_end(run, night), night.end()
    )


FAULTS = (postgresql_away,)
