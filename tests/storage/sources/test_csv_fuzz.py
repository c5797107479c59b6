"""Thousands of mutated files: each is read, or refused in words; nothing else ever comes out."""

import bz2
import gzip
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lstm.config import Pipeline
from lstm.errors import ForecastError
from lstm.storage.sources.panel_source import read_panel

ROWS = [f"{name},2024-01-{day:02d},{value}" for day in range(1, 9) for name, value in (("A", day), ('"B, é"', -1.5))]
SEEDS = ("id,ds,y\n" + "\n".join(ROWS) + "\n", "id;ds;y\r\n" + "\r\n".join(row.replace(",2", ";2") for row in ROWS))
PIECES = (
    b'"',
    b",",
    b";",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xe9",
    b"-",
    b"1e999",
    b"nan",
    b"2024-02-30",
    b" ",
    b"\t",
    b"''",
)
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"bad_rows": "set_aside", "off_grid": "set_aside", "duplicates": "last"},
    {"encoding": "cp1252", "off_grid": "floor", "duplicates": "mean"},
    {"separator": ";", "decimal": ",", "thousands": "."},
    {"comment": "#", "skip_lines": 1, "columns": ["id", "ds", "y"], "bad_rows": "set_aside"},
)  # fmt: skip


def mutated(dice: random.Random) -> bytes:
    content = bytearray(dice.choice(SEEDS).encode(dice.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])))
    for _ in range(dice.randrange(6)):
        place = dice.randrange(len(content) + 1)
        change = dice.randrange(5)
        if change == 0:
            content[place : place + 1] = dice.choice(PIECES)
        elif change == 1:
            content[place:place] = dice.choice(PIECES)
        elif change == 2:
            del content[place : place + dice.randrange(30)]
        elif change == 3:
            content[place:place] = content[dice.randrange(len(content) + 1) :][: dice.randrange(60)]
        elif content:
            content[place % len(content)] ^= 1 << dice.randrange(8)
    squeezers: tuple[Callable[[bytes], bytes], ...] = (bytes, bytes, bytes, gzip.compress, bz2.compress)
    squeeze = dice.choice(squeezers)
    whole = squeeze(bytes(content))
    return whole[: dice.randrange(len(whole) + 1)] if dice.randrange(8) == 0 else whole


@pytest.mark.parametrize("start", [0, *(pytest.param(start, marks=pytest.mark.slow) for start in range(1, 11))])
def test_a_mutated_file_gives_a_panel_or_a_clear_refusal(tmp_path: Path, start: int) -> None:
    """Law: no traceback, either a panel or a clear error. Five hundred files a start."""
    dice = random.Random(start)
    panels = refusals = 0
    for _ in range(500):
        (tmp_path / "in.csv").write_bytes(mutated(dice))
        source = {"path": "in.csv", "series": ["id"], "time": "ds", "targets": ["y"]} | dice.choice(SETTINGS)
        pipeline = Pipeline.model_validate(
            {"name": "p", "horizon": 2, "source": source, "quality": {"max_bad_share": 0.9}}
            | dice.choice([{}, {"frequency": "D"}])
        )
        try:
            panel, _ = read_panel(pipeline, tmp_path, datetime(2024, 1, 9, tzinfo=UTC))
        except ForecastError as refusal:
            refusals += 1
            assert len(str(refusal)) > 20  # noqa: PT017 - any refusal will do, if it says something
        else:
            panels += 1
            assert panel.series > 0
    assert min(panels, refusals) > 20
