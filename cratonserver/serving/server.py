# SPDX-License-Identifier: Apache-2.0
"""The HTTP server of ``craton-server run``: granian, in several processes.

Granian reads requests and writes responses outside of the interpreter, in Rust. Each of its
processes listens at the same port, and the operating system distributes the connections.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import resource
import signal
import socket
import threading
import time
import typing as t

import granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from cratonserver.config.settings import Serving, Settings
from cratonserver.serving import bridge
from cratonserver.serving.connections import Connections

if t.TYPE_CHECKING:
    from _typeshed import wsgi

#: The maximum number of processes that are started without a setting.
_MAX_PROCESSES = 4
#: Open files of a process beside its connections: the database, libraries, logs.
_OTHER_FILES = 128
#: The minimum size of the buffer for the headers of a request.
_MIN_BUFFER = 8192
#: Seconds between two looks at the connections, at least. A look at many connections takes
#: longer; together, they take this part of the time.
_INTERVAL = 0.1
_PART = 1 / 50


class Server:
    """A server at an address.

    :param address: IP address and port.
    :param settings: limits and timeouts.
    :param application: function that returns the WSGI application. Each process calls it.
    :param ready: function that is called when all processes listen.
    :param abandoned: function that each process calls when the first one was killed.
    """

    def __init__(
        self,
        address: tuple[str, int],
        settings: Settings,
        application: t.Callable[[], wsgi.WSGIApplication],
        ready: t.Callable[[], object],
        abandoned: t.Callable[[], object],
    ) -> None:
        self._settings = settings
        self._port = address[1]
        self._application = application
        self._ready = ready
        self._abandoned = abandoned
        self._processes = number_of_processes(settings.serving)
        self._listening, self._tell = os.pipe()
        #: Only the first process keeps the second end open, so it closes when that one ends.
        self._alive, self._lives = os.pipe()
        #: Likewise, until that one stops.
        self._serves, self._stops = os.pipe()
        self._signals, self._signal = os.pipe()
        self._stopping: list[multiprocessing.process.BaseProcess] = []
        self._connections = connection_limit(settings.serving)
        self._granian = _granian(address, settings.serving, self._processes, self._connections)
        self._granian.on_startup(self._start)

    def run(self) -> bool:
        """Serve until SIGINT or SIGTERM arrives, then finish the requests in progress.

        :returns: False if processes were killed: after ``stop_timeout``, at a second signal,
            or because they ended again and again.
        """
        multiprocessing.set_start_method("fork", force=True)
        try:
            self._granian.serve(target_loader=self._load, wrap_loader=False)
        except SystemExit:
            return False
        return not any(map(_exit_status, self._stopping))

    def _start(self) -> None:
        """Prepare the first process, before the others start."""
        first = os.getpid()

        def note(*_signal: t.Any) -> None:
            # The handler interrupts the main thread anywhere, so it takes no lock.
            if os.getpid() == first:
                os.write(self._signal, b".")

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, note)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        threading.Thread(target=self._stop_at_signals, daemon=True).start()
        threading.Thread(target=self._wait_until_ready, daemon=True).start()

    def _stop_at_signals(self) -> None:
        while os.read(self._signals, 1):
            self._stop()

    def _stop(self) -> None:
        """Stop; at a second signal, kill the processes."""
        for process in self._stopping:
            process.kill()
        self._close_stops()
        # At a second signal, keep the list: a killed process is no longer active.
        self._stopping = self._stopping or multiprocessing.active_children()
        self._granian.signal_handler_interrupt()

    def _close_stops(self) -> None:
        if self._stops >= 0:
            os.close(self._stops)
        self._stops = -1

    def _wait_until_ready(self) -> None:
        ready = 0
        while ready < self._processes:
            ready += len(os.read(self._listening, self._processes))
        self._ready()

    def _load(self) -> bridge.Bridge:
        """Return the ASGI application of a new process."""
        os.close(self._lives)
        self._close_stops()
        threading.Thread(target=self._end_with_first_process, daemon=True).start()
        serving = self._settings.serving
        # One address never gets all connections.
        address_limit = min(serving.address_connections, self._connections // 2)
        limits = address_limit, self._connections
        connections = Connections(self._port, serving.idle_timeout, *limits)
        watch = threading.Thread(target=self._watch, args=[connections], daemon=True)
        application = bridge.Bridge(self._application(), self._settings, connections)
        watch.start()
        ending = threading.Thread(target=self._end_waits, args=[application], daemon=True)
        ending.start()
        collect_less_garbage()
        return application

    def _end_waits(self, application: bridge.Bridge) -> None:
        """Answer the requests that wait for a change when the server stops."""
        os.read(self._serves, 1)
        application.waits.end()

    def _end_with_first_process(self) -> None:
        """End this process when the first process was killed.

        Otherwise it would serve on, at a port that the next server needs.
        """
        os.read(self._alive, 1)
        self._abandoned()
        os.kill(os.getpid(), signal.SIGKILL)

    def _watch(self, connections: Connections) -> None:
        """Watch the connections of this process."""
        while not connections.prepare():
            time.sleep(0.01)
        os.write(self._tell, b".")
        while True:
            began = time.perf_counter()
            connections.look()
            time.sleep(max(_INTERVAL, (time.perf_counter() - began) / _PART))


def collect_less_garbage() -> None:
    """Make garbage collection of this process rarer, once everything is loaded.

    A large request or response creates many objects and keeps most of them. With the default
    threshold, garbage collection takes a tenth of the time and finds almost nothing.
    """
    gc.freeze()
    gc.set_threshold(50_000)


def _exit_status(process: multiprocessing.process.BaseProcess) -> int | None:
    """Return the exit status of a process that has ended."""
    until = time.monotonic() + 1
    # Another thread may have received it, and is about to store it.
    while process.exitcode is None and time.monotonic() < until:
        time.sleep(0.001)
    return process.exitcode


def number_of_processes(serving: Serving) -> int:
    """Return the number of processes that serve requests."""
    return serving.processes or min(_MAX_PROCESSES, len(os.sched_getaffinity(0)))


@contextlib.contextmanager
def reserved(host: str, port: int) -> t.Iterator[tuple[str, int]]:
    """Reserve an address, and yield its IP address and its port.

    :param host: name or IP address.
    :param port: port; 0 selects a free one.
    :raises OSError: if another program listens there.
    """
    family, _, _, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    socket.create_server(found[:2], family=family).close()
    # The processes of this server share the port, so this socket must allow it, too.
    with socket.socket(family) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(found)
        yield one.getsockname()[:2]


def connection_limit(serving: Serving) -> int:
    """Raise the limit of open files, and return the number of connections of a process.

    A process without free files accepts no connection, but is woken up for each.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    if soft == resource.RLIM_INFINITY:
        return serving.connection_limit
    return min(serving.connection_limit, max(soft - _OTHER_FILES, soft // 2))


def _granian(
    address: tuple[str, int], serving: Serving, processes: int, connections: int
) -> t.Any:
    return granian.Granian(
        "craton-server",
        *address,
        interface=Interfaces.ASGINL,
        loop=Loops.asyncio,
        workers=processes,
        respawn_failed_workers=True,
        workers_kill_timeout=t.cast("int", max(serving.stop_timeout, 0.001)),  # 0 is no limit
        http=HTTPModes.http1,
        websockets=False,
        backpressure=connections,
        http1_settings=HTTP1Settings(
            header_read_timeout=serving.idle_timeout * 1000,
            max_buffer_size=max(serving.header_size, _MIN_BUFFER),
        ),
        # Its loggers pass their messages on to the log of this program.
        log_level=LogLevels.warning,
        log_dictconfig={"incremental": True, "handlers": {}, "formatters": {}, "loggers": {}},
    )
