# SPDX-License-Identifier: Apache-2.0
"""The current time in the format of the store."""

from __future__ import annotations

import datetime
import functools


def now() -> str:
    """Return the current time in UTC as ``YYYY-MM-DDTHH:MM:SS.ffffff``."""
    return seconds_ago(0)


def seconds_ago(seconds: float) -> str:
    """Return an earlier time, in the same format.

    :param seconds: number of seconds.
    """
    time = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
    return time.replace(tzinfo=None).isoformat(timespec="microseconds")


def is_time(text: str) -> bool:
    """Return True if a text is a time in this format.

    >>> is_time("2026-01-31T10:00:00.000000"), is_time("2026-02-31T10:00:00.000000")
    (True, False)
    """
    try:
        return datetime.datetime.fromisoformat(text).isoformat(timespec="microseconds") == text
    except ValueError:
        return False


@functools.lru_cache(maxsize=256)  # all objects of a change set have the same time
def microseconds(text: str) -> int:
    """Return a time in this format as the number of microseconds since 1970, else 0.

    >>> microseconds("1970-01-01T00:00:01.000002")
    1000002
    """
    if not is_time(text):
        return 0  # somebody wrote it into the database, and an upgrade must not fail
    return (datetime.datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND


_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
