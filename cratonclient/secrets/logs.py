# SPDX-License-Identifier: Apache-2.0
"""Mask secrets in the records of loggers."""

from __future__ import annotations

import logging

from cratonclient import secrets

#: The loggers of the HTTP libraries, which log URLs, headers and bodies. A filter on a logger
#: does not apply to its child loggers, so all of them are listed.
_LOGGERS = (
    *(
        f"keystoneauth.{name}"
        for name in (
            *("session", "session.request", "session.response", "session.body"),
            *("session.request-id", "discover", "_utils", "loading.base"),
            *("identity.base", "identity.generic.base", "identity.v2", "identity.v3.base"),
            *("identity.v3.federation", "identity.v3.oidc", "identity.v3.tokenless_auth"),
            *("identity.v3.websso",),
        )
    ),
    *(
        f"urllib3.{name}"
        for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry")
    ),
)


class _Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = secrets.mask(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = secrets.mask(logging.Formatter().formatException(record.exc_info))
        return True


_FILTER = _Filter()


def install(*names: str) -> None:
    """Mask secrets in the records of loggers. Further calls have no effect.

    :param names: names of loggers. The default is all loggers of the HTTP libraries.
    """
    for name in names or _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
