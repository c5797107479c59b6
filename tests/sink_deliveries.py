"""The table `plan` of a user's own names, and deliveries into it."""

from pathlib import Path

import pytest
from nights import NOW

from lstm.config import Sink
from lstm.storage.sinks.delivery import deliver

LEAST = {"id": "item", "time": "ds", "forecast": "y_hat"}
NAMES = LEAST | {"q10": "lo", "q90": "hi"}
PLAN = "CREATE TABLE plan (item {item} NOT NULL, ds {ds} NOT NULL, y_hat {y_hat}, {more} PRIMARY KEY (item, ds))"
NUMBER = "DOUBLE PRECISION"

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
on_mariadb = pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)


def plan(item="VARCHAR(20)", ds="DATE", y_hat=NUMBER, more=""):
    return PLAN.format(item=item, ds=ds, y_hat=y_hat, more=more and f"{more},")


def bring(url, rows, *, table="plan", columns=NAMES, keys=("id",), decimals=None):
    """Delivers, and answers what was told of it."""
    told: list[str] = []
    sink = Sink(name="warehouse", url="env:URL", table=table, columns=columns, round=decimals)
    deliver(sink, lambda: rows, keys=keys, folder=Path(), url=url, now=NOW, tell=told.append)
    return told
