"""The table of explanations: a run's rows are replaced as a whole, on every database."""

import pyarrow as pa
from sqlalchemy import Engine, select

from lstm.storage.explanations.explanations_table import remove_explanations, replace_explanations
from lstm.storage.sql.connections import transaction
from lstm.storage.store.schema import explanations


def rows(*contributions: float, group: str = "level") -> pa.Table:
    """A row a contribution, of one forecast."""
    count = len(contributions)
    return pa.table(
        {
            "series": ["Ünï/1"] * count,
            "target": ["y"] * count,
            "time": ["2024-05-01"] * count,
            "step": pa.array(range(1, count + 1), pa.int32()),
            "group_name": [group] * count,
            "kind": ["level"] * count,
            "contribution": pa.array(contributions, pa.float64()),
            "usual": [1.5] * count,
            "forecast": [2.5] * count,
        }
    )


def stored(store: Engine) -> list[tuple[object, ...]]:
    """(run, position, series, step, group, contribution) of all rows."""
    names = ("run_id", "position", "series", "step", "group_name", "contribution")
    query = select(*(explanations.c[name] for name in names)).order_by(explanations.c.run_id, explanations.c.position)
    with transaction(store) as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_rows_of_a_run_are_replaced_and_others_stay(store: Engine) -> None:
    """Law: written twice is written once, and a shorter answer leaves nothing of the longer one."""
    with transaction(store, write=True) as connection:
        replace_explanations(connection, "night", rows(1.0, 2.0))
        replace_explanations(connection, "other", rows(9.0))
    with transaction(store, write=True) as connection:
        replace_explanations(connection, "night", rows(-0.1, group="weekly pattern"))
    assert stored(store) == [
        ("night", 0, "Ünï/1", 1, "weekly pattern", -0.1),
        ("other", 0, "Ünï/1", 1, "level", 9.0),
    ]


def test_rows_of_a_run_can_be_removed(store: Engine) -> None:
    """Also where there are none."""
    with transaction(store, write=True) as connection:
        replace_explanations(connection, "night", rows(1.0))
        replace_explanations(connection, "empty", rows())
        remove_explanations(connection, "night")
        remove_explanations(connection, "never")
    assert stored(store) == []
