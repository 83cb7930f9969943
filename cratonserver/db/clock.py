# SPDX-License-Identifier: Apache-2.0
"""The current time in the format of the store."""

from __future__ import annotations

import datetime


def now() -> str:
    """Return the current time in UTC as ``YYYY-MM-DDTHH:MM:SS.ffffff``."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
