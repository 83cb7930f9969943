# SPDX-License-Identifier: Apache-2.0
"""Remove old changes from the history while the server runs.

Each process does it in a thread. There is little to do if several processes do it.
"""

from __future__ import annotations

import logging
import random
import threading
import typing as t

from cratonserver.db import clock
from cratonserver.db.change_log import pruning
from cratonserver.db.store import Store, StoreError

LOG = logging.getLogger(__name__)

#: Seconds between two times.
INTERVAL = 3600.0
#: The longest that the first time is delayed after the start, in seconds.
_DELAY = 60.0
#: The longest that closing the store waits for the thread, in seconds.
_PATIENCE = 2.0
_DAY = 24 * 3600


class Retention:
    """The thread that removes old changes, until the store is closed.

    :param store: an open store.
    :param days: number of days for which changes are kept.
    """

    def __init__(self, store: Store, days: int) -> None:
        self._store = store
        self._days = days
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)
        store.before_close.append(self._stop)
        self._thread.start()

    def prune(self) -> int:
        """Remove the old changes, and return their number.

        :raises cratonserver.db.store.StoreError: if the database fails.
        """
        removed = 0
        for _project, number in prune(self._store, self._days):
            removed += number
            if self._closing.is_set():
                break
        return removed

    def _run(self) -> None:
        wait = random.uniform(0, _DELAY)  # noqa: S311, so that processes do not begin at once
        while not self._closing.wait(wait):
            wait = INTERVAL
            try:
                removed = self.prune()
            except StoreError as exc:
                LOG.warning("Old changes were not removed: %s", exc)
            except Exception:
                LOG.exception("Old changes were not removed")
            else:
                if removed:
                    LOG.info("Removed %d changes older than %d days.", removed, self._days)

    def _stop(self) -> None:
        self._closing.set()
        self._thread.join(_PATIENCE)


def prune(store: Store, days: int) -> t.Iterator[tuple[str, int]]:
    """Remove changes that are older than a number of days.

    :returns: as :func:`.pruning.prune`.
    """
    before = clock.seconds_ago(days * _DAY)
    return pruning.prune(store.tables, store.read, store.write, before)
