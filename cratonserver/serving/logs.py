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

from cratonclient import secrets
from cratonserver.config.settings import Settings

#: The part of an error message of PostgreSQL that quotes the values of a row.
_DETAIL = re.compile(r"^(DETAIL: ).*", re.MULTILINE)


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
            traceback = secrets.mask(self.formatException(record.exc_info))
            line["traceback"] = _DETAIL.sub(rf"\1 {secrets.MASK}", traceback)
        return json.dumps(line)


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
    # Waitress warns once for each request that has to wait for a thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
