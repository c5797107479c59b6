"""Tables as people export them, by chance: their times, keys, numbers, marks and words, and then some bytes of them."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

TIMES: tuple[tuple[timedelta, str], ...] = (
    (timedelta(days=1), "%Y-%m-%d"), (timedelta(days=1), "%d.%m.%Y"), (timedelta(days=1), "%m/%d/%y"),
    (timedelta(days=7), "%Y-%m-%d"), (timedelta(hours=1), "%Y-%m-%d %H:%M"), (timedelta(hours=1), "%Y-%m-%dT%H:%M:%SZ"),
    (timedelta(minutes=30), "%d/%m/%Y %H:%M"), (timedelta(hours=1), "%d/%m/%Y;%H.%M.%S"), (timedelta(days=1), "%Y%m%d"),
    (timedelta(hours=1), "%Y-%m-%d;%H"),
)  # fmt: skip
STARTS = (datetime(2024, 1, 1), datetime(1964, 2, 3), datetime(2024, 3, 9), datetime(1749, 1, 1))
WORDS = ("", "NA", ".", "?", "..", "-200", "99999", "n.d.", "kaputt", "-999", "inf", "1e400")
STRAYS = ("1970-01-01", "0001-01-01", "9999-12-31", "2030-01-01", "2024-02-30", "total", "")
HEADS = ("y", "no", "true", "2020", "inf", "value", "units", "CO(GT)", "[/x]", 'a "b"', "Zähler")
KEYS = (("shop",), ("province", "country"), ("filiale",), ())
IDS = ("A", "B", "C", "007", "NA", "[/x]", "")
PIECES = (b'"', b",", b";", b"\n", b"\r", b"\0", b"\xff", b"\xe9", b"-", b"1e999", b"nan", b" ", b"\t", b"''", b"[/x]")


def table(dice: random.Random) -> bytes:
    """A CSV of up to some hundred rows, most of them as they should be."""
    step, form = dice.choice(TIMES)
    begin, count = dice.choice(STARTS), dice.choice((1, 5, 30, 60, 150, 300))
    keys, separator = dice.choice(KEYS), dice.choice(",,;\t|")
    decimal = dice.choice(".,") if separator != "," else "."
    names = [*(["date", "clock"] if ";" in form else ["date"]), *keys, dice.choice(HEADS), "temp", "weather"]
    odd = dice.choice((0.0, 0.0, 0.03, 0.3))
    # A table without keys has one series; of the others each part is another id, or the same in all.
    ids_of = [dice.sample(IDS, 3) if dice.random() < 0.8 else ["A"] * 3 for _ in keys]
    series = [[ids[index] for ids in ids_of] for index in range(dice.choice((1, 2, 3)) if keys else 1)]

    def number(scale: int) -> str:
        text = f"{dice.random() * scale:.{dice.choice((0, 2))}f}"
        return dice.choice(WORDS) if dice.random() < odd else text.replace(".", decimal)

    rows = [
        [*(begin + index * step).strftime(form).split(";"), *ids, number(100), number(9), dice.choice(("rain", "sun"))]
        for index in range(count)
        for ids in series
        if dice.random() > odd / 2
    ]
    for _ in range(dice.choice((0, 0, 1, 3))):
        change(rows, dice)
    lines = [separator.join(cells) for cells in [names, *rows]]
    if dice.random() < 0.1:
        lines.insert(0, dice.choice(("# a comment", "Report of sales", "")))
    return dice.choice(("\n", "\r\n")).join([*lines, ""]).encode(dice.choice(("utf-8", "utf-8", "utf-8-sig", "cp1252")))


def change(rows: list[list[str]], dice: random.Random) -> None:
    """One thing that happens to tables: a row twice, a stray time, an order of its own, a column that is empty."""
    if not rows:
        return
    place = dice.randrange(len(rows))
    changes: tuple[Callable[[], object], ...] = (
        lambda: rows.insert(place, [*rows[dice.randrange(len(rows))]]),
        lambda: rows[place].__setitem__(0, dice.choice(STRAYS)),
        lambda: dice.shuffle(rows),
        lambda: rows[place].pop(),
        lambda: [row.__setitem__(-2, "") for row in rows],
        lambda: rows.__delitem__(slice(place, None)),
    )
    dice.choice(changes)()


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Some bytes of it changed, put in, left out or repeated."""
    damage = bytearray(content)
    for _ in range(dice.randrange(1, 4)):
        place, kind = dice.randrange(len(damage) + 1), dice.randrange(4)
        if kind == 0:
            damage[place : place + 1] = dice.choice(PIECES)
        elif kind == 1:
            damage[place:place] = dice.choice(PIECES)
        elif kind == 2:
            del damage[place : place + dice.randrange(30)]
        else:
            damage[place:place] = damage[dice.randrange(len(damage) + 1) :][: dice.randrange(60)]
    return bytes(damage)


LINES = (
    'missing = ["-200"]', 'gaps = "zero"', 'duplicates = "sum"', 'bad_rows = "set_aside"', 'off_grid = "floor"',
    'empty_ids = "keep"', 'far_times = "set_aside"', 'time_label = "end"', 'time_format = "%Y-%m-%d"',
    'past_covariates = ["temp"]', 'future_covariates = ["temp"]', 'static_covariates = ["weather"]',
    'known_at = "date"', 'future_gaps = "carry"', 'repeated_hour = "in_order"', "skip_lines = 1", 'decimal = ","',
    'time_parts = ["temp"]', 'targets = ["temp", "y"]', 'series = ["weather"]', "nonsense = 1", "gaps = ",
)  # fmt: skip


def changed_settings(text: str, dice: random.Random) -> str:
    """A pipeline file with some lines of [source] put in, left out or written twice."""
    lines = text.splitlines()
    for _ in range(dice.randrange(1, 4)):
        place, kind = dice.randrange(len(lines)), dice.randrange(4)
        if kind < 2 and "[source]" in lines:
            name = (line := dice.choice(LINES)).partition(" ")[0]
            lines = [other for other in lines if not other.startswith(f"{name} ")]
            lines.insert(lines.index("[source]") + 1, line)
        elif kind == 2:
            del lines[place]
        else:
            lines[place] = damaged(lines[place].encode(), dice).decode("utf-8", "replace")
    return "\n".join([*lines, ""])
