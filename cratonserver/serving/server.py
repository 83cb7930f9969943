# SPDX-License-Identifier: Apache-2.0
"""The HTTP server of ``craton-server run``: waitress with limits and a graceful shutdown.

Waitress reads requests in one thread and calls the application in other threads. This
module adds

- errors in Craton's format, with a request id and an access log line;
- a timeout for receiving a request;
- a limit on the number of queued requests;
- a shutdown that finishes the requests in progress.

:mod:`cratonserver.serving.request_parser` reads the requests.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import time
import typing as t

from waitress import channel, server, task, wasyncore
from waitress.adjustments import Adjustments

from cratonserver import errors, wsgi_keys
from cratonserver.config.settings import Settings
from cratonserver.serving import request_parser

if t.TYPE_CHECKING:
    from _typeshed import wsgi

LOG = logging.getLogger(__name__)

#: Seconds for which the server discards the rest of a refused request. A client whose
#: connection is closed while it still sends gets a connection reset and no response.
_LINGER_SECONDS = 5
#: During shutdown, seconds that a new connection has to send its first request: its client
#: connected before the server closed its port.
_FRESH_SECONDS = 1
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ResponseTask(task.WSGITask):
    """The task that responds to one request."""

    channel: Channel

    def build_response_header(self) -> bytes:
        """Build the response headers.

        During shutdown, the last response on a connection has ``Connection: close``.
        """
        if self.channel.server.stopping and len(self.channel.requests) < 2:
            self.set_close_on_finish()
        return t.cast("bytes", super().build_response_header())

    def set_close_on_finish(self) -> None:
        """Close the connection after this response.

        Waitress calls this for every response without Content-Length. Ignore that if the
        response has no body, such as 204: its end is known, and the connection stays usable.
        """
        requested = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or requested or self.version != "1.1" or self.channel.server.stopping:
            super().set_close_on_finish()


class RefusalTask(ResponseTask):
    """The task that responds to a request that the server refused."""

    def get_environment(self) -> wsgi.WSGIEnvironment:
        """Return the WSGI environment, with the error for the gateway."""
        environ = t.cast("wsgi.WSGIEnvironment", super().get_environment())
        unknown = errors.Refused(500, errors.UNKNOWN)
        environ[wsgi_keys.REFUSED] = getattr(self.request.error, "refused", unknown)
        return environ

    def build_response_header(self) -> bytes:
        """Build the response headers, with ``Connection: close``.

        After a refused request, the server cannot know where the next one starts.
        """
        self.request.headers["CONNECTION"] = "close"
        self.channel.lingers = True
        return super().build_response_header()


class Channel(channel.HTTPChannel):
    """A connection of a client."""

    task_class = ResponseTask
    error_task_class = RefusalTask
    parser_class = request_parser.Parser

    server: Server
    request: request_parser.Parser | None
    close_when_flushed: bool
    will_close: bool
    #: A request was refused: discard further data for a while before closing.
    lingers = False
    #: The time at which discarding ends, by ``time.monotonic``; 0.0 before it begins.
    lingers_until = 0.0
    #: The client has sent data.
    used = False

    def received(self, data: bytes) -> bool:
        """Pass received bytes to the request parser, or discard them."""
        self.used = True
        if self.lingers_until:
            return False
        return bool(super().received(data))

    def service(self) -> None:
        """Respond to a request, in a thread of the dispatcher.

        The timeout of the next request starts here, because the server does not read while
        a response is pending.
        """
        super().service()
        with self.requests_lock:
            if self.request is not None:
                self.request.began = time.monotonic()

    def handle_write(self) -> None:
        """Send buffered data. Close, or begin to discard, when a final response is sent."""
        if not (self.lingers and self.close_when_flushed):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif not self.total_outbufs_len:
            self.close_when_flushed = False
            self.lingers_until = time.monotonic() + _LINGER_SECONDS
            with contextlib.suppress(OSError):  # the client has disconnected
                self.socket.shutdown(socket.SHUT_WR)

    def check_timeouts(self, idle_timeout: int, request_timeout: int) -> None:
        """Close the connection, or refuse its request, after a timeout.

        :param idle_timeout: seconds in which a client must read its response.
        :param request_timeout: seconds in which a request must arrive.
        """
        silent = time.time() - self.last_activity
        if self.lingers_until:
            self.will_close |= time.monotonic() > self.lingers_until
        elif self.total_outbufs_len and silent > idle_timeout:
            self.will_close = True  # a response that is not read occupies a thread
        else:
            self._refuse_late(request_timeout)

    def _refuse_late(self, request_timeout: int) -> None:
        """Refuse a request that did not arrive in time, with 408."""
        with self.requests_lock:
            request = self.request
            if request is None or self.requests:
                return
            if time.monotonic() - request.began > request_timeout:
                message = f"The request did not arrive within {request_timeout} seconds."
                request.refuse(errors.Refused(408, message, reason="request_timeout"))
                self.requests.append(request)
                self.request = None
                self.server.add_task(self)

    @property
    def is_idle(self) -> bool:
        """True if the connection can be closed: no request is in progress or expected."""
        fresh = not self.used and time.time() - self.creation_time < _FRESH_SECONDS
        return not (fresh or self.is_busy or self.lingers_until)

    @property
    def is_busy(self) -> bool:
        """True if a request is being received, or its response is not completely sent."""
        return bool(self.requests or self.request or self.total_outbufs_len)


class Server(server.TcpWSGIServer):
    """A server on a socket that is already listening.

    :param application: WSGI application.
    :param listening: listening socket.
    :param settings: limits and timeouts.
    """

    channel_class = Channel
    #: A signal requested shutdown.
    stopping = False
    #: A second signal requested shutdown without waiting for requests in progress.
    stop_at_once = False

    def __init__(
        self, application: wsgi.WSGIApplication, listening: socket.socket, settings: Settings
    ) -> None:
        self._settings = serving = settings.serving
        # A separate thread keeps refusals fast while all other threads are busy.
        self._refusals = task.ThreadedTaskDispatcher()
        self._refusals.set_thread_count(1)
        dispatcher = task.ThreadedTaskDispatcher()
        dispatcher.set_thread_count(serving.threads)
        super().__init__(
            application,
            {},
            _sock=listening,
            dispatcher=dispatcher,
            adj=Adjustments(
                threads=serving.threads,
                connection_limit=serving.connection_limit,
                channel_timeout=serving.idle_timeout,
                cleanup_interval=1,
                # Waitress refuses sizes equal to its limit; the settings are inclusive.
                max_request_body_size=settings.limits.body_size + 1,
                max_request_header_size=serving.header_size + 1,
                asyncore_use_poll=True,
                clear_untrusted_proxy_headers=False,
                ident=None,
            ),
            sockinfo=(listening.family, listening.type, listening.proto, None),
            bind_socket=False,
        )

    def add_task(self, task: Channel) -> None:
        """Queue the request of a connection, or refuse it with 503 if too many wait."""
        request = task.requests[0]
        working = len(self.task_dispatcher.queue) + self.task_dispatcher.active_count
        if (
            working >= self._settings.request_limit
            and request.path not in wsgi_keys.WATCHED_PATHS
        ):
            request.refuse(
                errors.Refused(
                    503,
                    "The server is busy: try again.",
                    headers={"Retry-After": "1"},
                    reason="request_limit",
                )
            )
        (self._refusals if request.error else self.task_dispatcher).add_task(task)

    def maintenance(self, now: float) -> None:
        """Close connections that are idle or too slow."""
        super().maintenance(now)
        for connection in list(self.active_channels.values()):
            connection.check_timeouts(
                self._settings.idle_timeout, self._settings.request_timeout
            )

    def run(self) -> int:
        """Serve until SIGINT or SIGTERM arrives, then shut down.

        Shutdown accepts no new connections and finishes the requests in progress. It ends
        when all are finished, when ``stop_timeout`` expires, or at a second signal.

        :returns: the number of connections that were closed in the middle of a request.
        """
        before = {number: signal.signal(number, self._stop) for number in _STOP_SIGNALS}
        try:
            while not self.stopping:
                self._poll(self.adj.asyncore_loop_timeout)
            self._drain(time.monotonic() + self._settings.stop_timeout)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            cut_off = sum(
                bool(connection.is_busy) for connection in self.active_channels.values()
            )
            for dispatcher in (self.task_dispatcher, self._refusals):
                dispatcher.shutdown(timeout=0 if cut_off else 5)
            wasyncore.close_all(self._map)
        return cut_off

    def _stop(self, *_signal: t.Any) -> None:
        self.stop_at_once = self.stopping
        self.stopping = True
        self.pull_trigger()

    def _drain(self, until: float) -> None:
        """Finish the requests in progress.

        :param until: deadline, by ``time.monotonic``.
        """
        # The kernel may have accepted connections that this process has not seen yet.
        known = -1
        while known != len(self.active_channels):
            known = len(self.active_channels)
            self.handle_accept()
        wasyncore.dispatcher.close(self)
        self._poll(0)  # read requests that have already arrived
        while self.active_channels and time.monotonic() < until and not self.stop_at_once:
            for connection in list(self.active_channels.values()):
                connection.will_close |= connection.is_idle
            self.maintenance(time.time())
            self._poll(0.1)

    def _poll(self, timeout: float) -> None:
        """Wait for events on the sockets and handle them."""
        wasyncore.poll2(timeout, self._map)
