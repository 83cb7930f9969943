# SPDX-License-Identifier: Apache-2.0
"""What is logged, as lines of JSON.

JSON escapes whatever could end a line or move a cursor, so nobody can write a
line of his own into the log.
"""

from __future__ import annotations

import datetime
import json
import logging
import sys

from cratonclient import secrets
from cratonserver.config.settings import Settings


class Lines(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line; fields of its own follow those that all have."""
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
            line["traceback"] = secrets.mask(self.formatException(record.exc_info))
        return json.dumps(line)


def configure(settings: Settings) -> None:
    """Let this process log as it is set.

    Others are heard from warnings on only, since what they say with less is for
    those who develop them, and may hold what no log should.
    """
    level = settings.log.log_level.upper()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("cratonserver").setLevel(level)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line per request
