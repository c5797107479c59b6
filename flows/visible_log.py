"""Log records of ours hold nothing that a terminal would obey, whoever writes them: a command, a worker, a server.

The names of series and the reasons of people go into messages, and Prefect's handlers write messages as they come.
"""

import logging
import traceback
from typing import Any

from lstm.visible import visible

OURS = frozenset(["flows", "tasks", "lstm"])


def show_control_characters() -> None:
    """Makes records of our loggers show control characters from now on; twice is as good as once."""
    earlier = logging.getLogRecordFactory()
    if isinstance(earlier, _VisibleRecords):
        return
    logging.setLogRecordFactory(_VisibleRecords(earlier))


class _VisibleRecords:
    def __init__(self, earlier: Any) -> None:
        self._earlier = earlier

    def __call__(self, *arguments: Any, **options: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._earlier(*arguments, **options)
        if record.name.partition(".")[0] in OURS:
            record.msg, record.args = visible(record.getMessage()), None
            if record.exc_info and record.exc_info[0] is not None:
                # Where it is set, a formatter takes it instead of making its own.
                record.exc_text = visible("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        return record
