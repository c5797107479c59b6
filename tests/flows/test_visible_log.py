"""What our loggers say holds nothing that a terminal would obey; what others say is theirs."""

import io
import logging

import flows  # which sees to it

ESCAPE = "\x1b]0;owned\x07"


def written(name: str, error: bool = False) -> str:
    stream, logger = io.StringIO(), logging.getLogger(name)
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    try:
        if error:
            try:
                raise ValueError(ESCAPE)
            except ValueError:
                logger.exception("series %s failed", ESCAPE)
        else:
            logger.warning("series %s: %d %%", ESCAPE, 3)
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


def test_an_id_with_an_escape_sequence_is_shown_in_the_log():
    """Law: whichever handler writes it, Prefect's or one's own; a traceback, too, and text with `%` stays."""
    assert flows.__doc__
    assert written("lstm.steps.anything") == "series \\x1b]0;owned\\x07: 3 %\n"
    traced = written("flows.anything", error=True)
    assert "\x1b" not in traced
    assert "ValueError: \\x1b]0;owned\\x07" in traced
    assert ESCAPE in written("somebody.else")
