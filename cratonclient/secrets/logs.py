# SPDX-License-Identifier: Apache-2.0
"""Mask secrets in the records of loggers."""

from __future__ import annotations

import functools
import logging
import typing as t

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
    """A filter of a logger.

    :param mask: function that returns a text without its secrets.
    """

    def __init__(self, mask: t.Callable[[str], str]) -> None:
        super().__init__()
        self._mask = mask

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = self._mask(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._mask(logging.Formatter().formatException(record.exc_info))
        return True


#: A logger does not add the same filter twice.
_filter = functools.cache(_Filter)


def install(mask: t.Callable[[str], str], *names: str) -> None:
    """Mask secrets in the records of loggers. Further calls have no effect.

    :param mask: function that returns a text without its secrets.
    :param names: names of loggers. The default is all loggers of the HTTP libraries.
    """
    for name in names or _LOGGERS:
        logging.getLogger(name).addFilter(_filter(mask))
