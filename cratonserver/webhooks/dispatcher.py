# SPDX-License-Identifier: Apache-2.0
"""The thread that delivers changes to webhooks, in each process of a server.

While no webhook exists, it asks the database every two seconds. Otherwise it looks for due
webhooks ten times a second, and delivers to a few of them at the same time, each in a thread.
Hanging receivers of one project get at most half of the threads.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import typing as t
import uuid

from cratonserver.config import settings
from cratonserver.db.store import Store, StoreError
from cratonserver.webhooks.clock import Clock
from cratonserver.webhooks.delivery import Delivery
from cratonserver.webhooks.schedule import Due, Schedule
from cratonserver.webhooks.sender import PHASES, Sender

LOG = logging.getLogger(__name__)

#: Seconds between two looks while webhooks exist, while none exists, and after an error.
INTERVAL, IDLE, PAUSE = 0.1, 2.0, 5.0
#: Seconds that stopping waits for deliveries in progress.
_PATIENCE = 2.0


class Dispatcher:
    """The deliveries of a process.

    :param store: the store.
    :param sender: posts messages.
    :param limits: the settings.
    :param clock: the clock.
    """

    def __init__(
        self,
        store: Store,
        sender: Sender,
        limits: settings.Webhooks,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or Clock()
        lease = sender.timeout * (PHASES + 2)
        self._schedule = Schedule(store, uuid.uuid4().hex, clock, lease)
        self._delivery = Delivery(store, self._schedule, sender, limits, clock, self._count)
        #: Function that counts the outcome of a message, for the metrics.
        self.count: t.Callable[[bool], object] = lambda delivered: None
        self._threads = limits.webhook_threads
        #: The number of threads that one project gets at most.
        self._share = max(1, self._threads // 2)
        self._lock = threading.Lock()
        self._running: dict[int, str] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._process = 0

    def start(self) -> None:
        """Start the thread."""
        self._process = os.getpid()
        threading.Thread(target=self._run, name="webhooks", daemon=True).start()

    def stop(self) -> None:
        """Stop in bounded time, so that other processes can go on at once."""
        if self._process != os.getpid() or self._stopping:
            return
        self._stopping = True
        self._wake.set()
        end = time.monotonic() + _PATIENCE
        while self._running and time.monotonic() < end:
            time.sleep(0.01)
        try:
            self._schedule.let_all_go()
        except Exception as exc:
            LOG.info("The webhooks of this process are not free yet: %s", exc)

    def _count(self, delivered: bool) -> None:
        self.count(delivered)

    def _run(self) -> None:
        exists, looked = False, 0.0
        while not self._stopping:
            wait = INTERVAL
            try:
                if time.monotonic() - looked > IDLE:
                    exists, looked = self._schedule.exists(), time.monotonic()
                if exists:
                    self._look()
                else:
                    wait = IDLE
            except StoreError as exc:
                LOG.warning("Webhooks wait for the database: %s", exc)
                wait = PAUSE
            except Exception:
                LOG.exception("Looking for webhooks failed.")
                wait = PAUSE
            self._wake.wait(wait)
            self._wake.clear()

    def _look(self) -> None:
        """Start the deliveries that are due, as far as there are threads."""
        if len(self._running) >= self._threads:
            return
        for due in self._schedule.due(self._share):
            if self._reserve(due):
                threading.Thread(target=self._deliver, args=[due], daemon=True).start()

    def _reserve(self, due: Due) -> bool:
        """Reserve a thread. One project gets at most half of them."""
        with self._lock:
            running = self._running
            of_project = sum(project == due.project_id for project in running.values())
            if (
                due.webhook_id in running
                or len(running) >= self._threads
                or of_project >= self._share
            ):
                return False
            running[due.webhook_id] = due.project_id
            return True

    def _deliver(self, due: Due) -> None:
        try:
            self._delivery.run(due.webhook_id, lambda: self._stopping)
        except StoreError as exc:
            LOG.warning("Webhook %d waits for the database: %s", due.webhook_id, exc)
        except Exception:
            LOG.exception("Delivering to webhook %d failed.", due.webhook_id)
        finally:
            with self._lock:
                self._running.pop(due.webhook_id, None)
            self._wake.set()
