# SPDX-License-Identifier: Apache-2.0
"""The format of the log: one JSON object for each line.

JSON escapes line ends and control characters, so text from a client can neither start a
log line of its own nor control a terminal.
"""

from __future__ import annotations

import datetime
import json
import logging
import re
import sys
import typing as t

from cratonclient import secrets
from cratonserver.config.settings import Settings

#: A text in quotes, in a message of a database.
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'", re.DOTALL)
#: The class of the errors of PostgreSQL whose message itself quotes a value.
_DATA_EXCEPTION = "22"


class JSONFormatter(logging.Formatter):
    """A formatter that writes each log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record.

        The keys that all lines have come first, then the record's ``fields``, then the
        traceback.
        """
        when = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": record.process,
            "logger": record.name,
            "message": secrets.mask(record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            traceback = self.formatException(record.exc_info)
            line["traceback"] = secrets.mask(_without_values(traceback, record.exc_info[1]))
        return json.dumps(line)


def _without_values(traceback: str, error: BaseException | None) -> str:
    """Remove the values that errors of PostgreSQL quote from a traceback.

    The driver appends the lines ``LINE``, ``DETAIL``, ``HINT`` and ``CONTEXT`` to the
    message. They quote rows, parameters and parts of statements.

    :param traceback: the traceback.
    :param error: its exception, whose causes are in the traceback as well.
    """
    for one in _causes(error):
        state = getattr(one, "sqlstate", None)
        if isinstance(state, str) and (message := str(one)):
            first = message.splitlines()[0]
            if state.startswith(_DATA_EXCEPTION):
                first = _QUOTED.sub(secrets.MASK, first)
            traceback = traceback.replace(message, f"{first} (SQLSTATE {state})")
    return traceback


def _causes(error: BaseException | None) -> t.Iterator[BaseException]:
    """Yield an exception, and all exceptions that its traceback shows."""
    ahead, seen = [error], set()
    while ahead:
        one = ahead.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        ahead += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def configure(settings: Settings) -> None:
    """Configure the logging of this process, to standard error.

    The log level of the settings applies to the server. Libraries log warnings and errors
    only, because their debug messages may contain secrets.
    """
    level = settings.log.log_level.upper()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("cratonserver").setLevel(level)
