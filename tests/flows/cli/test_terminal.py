"""What the command line shows of rows and of progress."""

import logging

import pytest

from flows.cli.terminal import SHOWN_ROWS, PlainConsole, console, errors, progress_display, show_rows, show_run


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


@pytest.mark.parametrize("text", ["[/x]", "[red]b", "[bold]c[/bold]", "Cable [m]", ":smile:", "a\\[b]"])
def test_no_text_of_a_user_is_markup(text):
    """Trial: an id `[/x]` ended a published night with a traceback, and `Cable [m]` lost its unit."""
    for show in (
        lambda: show_rows([{text: text}], text),
        lambda: show_run([[text, text]]),
        lambda: console.print(text),
    ):
        with console.capture() as capture:
            show()
        assert text in capture.get()
    with errors.capture() as capture:
        errors.print(text)
    assert text in capture.get()


def test_an_escape_sequence_is_shown_and_not_sent_to_the_terminal():
    """Also to a real terminal, where rich writes escape sequences of its own: an id that clears the screen does not."""
    terminal = PlainConsole()
    terminal._force_terminal = True
    with terminal.capture() as capture:
        terminal.print("id \x1b[2J\x9b2J", style="bold")
    assert "\\x1b[2J\\x9b2J" in capture.get()
    assert "\x1b[2J" not in capture.get()
