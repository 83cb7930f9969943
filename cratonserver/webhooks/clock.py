# SPDX-License-Identifier: Apache-2.0
"""The clock of deliveries. Tests replace it, so that nobody waits."""

from __future__ import annotations

import random

from cratonserver.db import clock


class Clock:
    """The clock of the system."""

    def after(self, seconds: float) -> str:
        """Return the time after a number of seconds, in the format of the store."""
        return clock.seconds_ago(-seconds)

    def since(self, time: str | None) -> float:
        """Return the seconds since a time, 0 without one."""
        if time is None:
            return 0.0
        return (clock.microseconds(self.after(0)) - clock.microseconds(time)) / 1e6


def back_off(failures: int) -> float:
    """Return the seconds to wait after a number of failures in a row.

    They double from one second up to an hour. A part is random, so that receivers that fail
    together are not all asked at the same moment.
    """
    return min(2.0 ** min(failures - 1, 12), 3600.0) * random.uniform(0.8, 1.2)  # noqa: S311
