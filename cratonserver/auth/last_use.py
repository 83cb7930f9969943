# SPDX-License-Identifier: Apache-2.0
"""Note the last use of API keys, without delaying requests and without failing them.

Requests put the times into memory. A thread writes them to the database a moment later, all
in one transaction. A key that was used in the last minute, as the database says, is not
noted again. If the database is read-only or busy, the times are dropped.
"""

from __future__ import annotations

import logging
import os
import threading

from cratonserver.db import clock, user_keys
from cratonserver.db.store import Store, StoreError

LOG = logging.getLogger(__name__)

#: A use is noted if the last noted one is older than this, in seconds.
ACCURACY = 60
#: Seconds between a use and the transaction that stores it.
DELAY = 1.0
#: The longest that closing the store waits for the last transaction, in seconds.
_PATIENCE = 2.0


class LastUse:
    """The uses of API keys that are not in the database yet.

    :param store: store with the keys. Before it closes, the uses are written.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.tables.metadata.tables["user_keys"]
        self._reset()
        self._process = os.getpid()
        store.before_close.append(self._stop)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[int, str] = {}
        #: The timer that writes the uses, and the last one, which may be writing.
        self._timer: threading.Timer | None = None
        self._last: threading.Timer | None = None

    def note(self, key_id: int, noted: str | None) -> None:
        """Note that a key was used now.

        :param key_id: id of the key.
        :param noted: time of its last use, as the database has it.
        """
        if noted is not None and noted > clock.seconds_ago(ACCURACY):
            return
        if self._process != os.getpid():  # a fork has no threads of its parent
            self._reset()
            self._process = os.getpid()
        with self._lock:
            self._used[key_id] = clock.now()
            if self._timer is None:
                self._timer = self._last = threading.Timer(DELAY, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Write the uses to the database. A failure is logged, and the uses are dropped."""
        with self._lock:
            used, self._used, self._timer = self._used, {}, None
        if not used:
            return
        try:
            with self._store.write() as connection:
                user_keys.note_use(connection, self._keys, used)
        except StoreError as exc:
            LOG.info("The last use of API keys was not stored: %s", exc)
        except Exception:
            LOG.exception("The last use of API keys was not stored.")

    def _stop(self) -> None:
        """Write the uses before the store closes, in bounded time."""
        if self._process != os.getpid():
            return
        with self._lock:
            timer, last = self._timer, self._last
        if timer is not None:
            timer.cancel()
        if last is not None:
            last.join(_PATIENCE)
        if timer is not None:
            final = threading.Thread(target=self.write, daemon=True)
            final.start()
            final.join(_PATIENCE)
