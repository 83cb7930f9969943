# SPDX-License-Identifier: Apache-2.0
"""Stop the requests to an embedded fleet while the process forks.

SQLite keeps the locks of a process in its memory. A child process that was forked while a
database was open believes that it holds the locks of its parent, which it does not. So no
database is open while the process forks. Both processes open it again when they need it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import typing as t
import weakref

#: Seconds that a fork waits for the requests of other threads.
MAX_WAIT = 30

_GATES: weakref.WeakSet[Gate] = weakref.WeakSet()


class Gate:
    """A gate for requests, which is closed while the process forks.

    :param close: function that closes the connections to the database.
    """

    def __init__(self, close: t.Callable[[], object]) -> None:
        self._close = close
        self.open()
        _GATES.add(self)

    def open(self) -> None:
        """Let requests pass, in a process without requests."""
        self._requests, self._is_open = 0, True
        self._condition = threading.Condition()

    @contextlib.contextmanager
    def passed(self) -> t.Iterator[None]:
        """Wait until the gate is open, and keep the process from forking in the block."""
        condition = self._condition
        with condition:
            condition.wait_for(lambda: self._is_open)
            self._requests += 1
        try:
            yield
        finally:
            with condition:
                self._requests -= 1
                condition.notify_all()

    def before_fork(self) -> None:
        """Wait for the present requests, and close the connections."""
        with self._condition:
            self._is_open = False
            self._condition.wait_for(lambda: not self._requests, MAX_WAIT)
        self._close()

    def after_fork(self) -> None:
        """Let requests pass in the parent process."""
        with self._condition:
            self._is_open = True
            self._condition.notify_all()


def _call(method: t.Callable[[Gate], None]) -> t.Callable[[], None]:
    """Return a function that calls a method of each gate."""

    def call_all() -> None:
        for gate in list(_GATES):
            with contextlib.suppress(Exception):  # the others must change as well
                method(gate)

    return call_all


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_call(Gate.before_fork),
        after_in_parent=_call(Gate.after_fork),
        after_in_child=_call(Gate.open),
    )
