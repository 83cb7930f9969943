# SPDX-License-Identifier: Apache-2.0
"""The time, as the store writes it."""

from __future__ import annotations

import datetime


def now() -> str:
    """Return the current time in UTC as ``YYYY-MM-DDTHH:MM:SS.ffffff``."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
