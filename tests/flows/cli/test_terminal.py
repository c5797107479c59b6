"""What the command line shows of rows and of progress."""

import logging

from flows.cli.terminal import SHOWN_ROWS, console, progress_display, show_rows


def test_the_first_rows_are_shown_with_numbers_that_fit():
    """Four digits of a float, a dash for nothing, and no more rows than one reads."""
    with console.capture() as capture:
        show_rows([{"id": "JFK", "forecast": 12.34567, "version": None}] * (SHOWN_ROWS + 1), "first rows")
    title, head, *rows = (line.split() for line in capture.get().splitlines())
    assert title == ["first", "rows"]
    assert head == ["id", "forecast", "version"]
    assert rows == [["JFK", "12.35", "–"]] * SHOWN_ROWS


def test_messages_of_the_library_are_lines_where_there_is_no_terminal(capsys):
    """While it works; afterwards whoever else listens is alone again."""
    log = logging.getLogger("lstm.data")
    with progress_display():
        log.info("epoch 1 of 40")
    log.info("said to nobody")
    assert capsys.readouterr().out == "epoch 1 of 40\n"
