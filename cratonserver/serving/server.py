# SPDX-License-Identifier: Apache-2.0
"""Serve an application with waitress, within limits, and stop without harm.

Waitress takes requests in on one thread and answers them on others. What it
lacks is added here: errors in Craton's words, with a request id and in the log;
a time in which a request has to arrive; a bound to the queue; an end in which
requests that have begun are answered. How requests are read is in
:mod:`cratonserver.serving.request_parser`.
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

#: Seconds for which the rest of a refused request is read and thrown away: who
#: is cut off while sending does not get to see the answer.
_LINGER = 5
#: Seconds that a new connection is given for its first request when the server
#: stops: its client may not know yet.
_FRESH = 1
_STOPS = (signal.SIGINT, signal.SIGTERM)


class Answer(task.WSGITask):
    """The answer to one request."""

    channel: Channel

    def build_response_header(self) -> bytes:
        """Make the headers; the last answer before the end says that it is."""
        if self.channel.server.stopping and len(self.channel.requests) < 2:
            self.set_close_on_finish()
        return t.cast("bytes", super().build_response_header())

    def set_close_on_finish(self) -> None:
        """End the connection with this answer, but not for its lack of a body.

        Waitress does so after 204, as if its end could not be known.
        """
        asked = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked or self.version != "1.1" or self.channel.server.stopping:
            super().set_close_on_finish()


class Refusal(Answer):
    """The answer to a request that does not get to the application."""

    def get_environment(self) -> wsgi.WSGIEnvironment:
        """Tell the gateway why."""
        environ = t.cast("wsgi.WSGIEnvironment", super().get_environment())
        unknown = errors.Refused(500, errors.UNKNOWN)
        environ[wsgi_keys.REFUSED] = getattr(self.request.error, "refused", unknown)
        return environ

    def build_response_header(self) -> bytes:
        """Make the headers. What else comes on this connection is not to be trusted."""
        self.request.headers["CONNECTION"] = "close"
        self.channel.lingers = True
        return super().build_response_header()


class Channel(channel.HTTPChannel):
    """A connection."""

    task_class = Answer
    error_task_class = Refusal
    parser_class = request_parser.Parser

    server: Server
    request: request_parser.Parser | None
    close_when_flushed: bool
    will_close: bool
    #: Whether what still comes is to be read and thrown away before the end,
    #: and until when.
    lingers = False
    lingers_until = 0.0
    #: Whether a request came.
    used = False

    def received(self, data: bytes) -> bool:
        """Take in bytes."""
        self.used = True
        if self.lingers_until:
            return False
        return bool(super().received(data))

    def service(self) -> None:
        """Answer a request. The time of the next one begins when it can be read."""
        super().service()
        with self.requests_lock:
            if self.request is not None:
                self.request.began = time.monotonic()

    def handle_write(self) -> None:
        """Send what there is to send."""
        if not (self.lingers and self.close_when_flushed):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif not self.total_outbufs_len:
            self.close_when_flushed = False
            self.lingers_until = time.monotonic() + _LINGER
            with contextlib.suppress(OSError):  # the client is gone
                self.socket.shutdown(socket.SHUT_WR)

    def check_times(self, idle_timeout: int, request_timeout: int) -> None:
        """End what takes too long."""
        silent = time.time() - self.last_activity
        if self.lingers_until:
            self.will_close |= time.monotonic() > self.lingers_until
        elif self.total_outbufs_len and silent > idle_timeout:
            self.will_close = True  # an answer that nobody reads holds a thread
        else:
            self._refuse_late(request_timeout)

    def _refuse_late(self, request_timeout: int) -> None:
        """Answer a request that does not come to its end."""
        with self.requests_lock:
            request = self.request
            if request is None or self.requests:
                return
            if time.monotonic() - request.began > request_timeout:
                message = f"The request did not arrive within {request_timeout} seconds."
                request.refuse(errors.Refused(408, message))
                self.requests.append(request)
                self.request = None
                self.server.add_task(self)

    @property
    def is_idle(self) -> bool:
        """Whether no request has begun, and none is about to."""
        fresh = not self.used and time.time() - self.creation_time < _FRESH
        return not (fresh or self.is_busy or self.lingers_until)

    @property
    def is_busy(self) -> bool:
        """Whether a request has begun that is not answered to its end."""
        return bool(self.requests or self.request or self.total_outbufs_len)


class Server(server.TcpWSGIServer):
    """A server at a socket that listens already.

    :param application: of WSGI.
    :param listening: the socket.
    :param settings: its limits and times.
    """

    channel_class = Channel
    #: Whether it was told to stop, and to do so at once.
    stopping = False
    at_once = False

    def __init__(
        self, application: wsgi.WSGIApplication, listening: socket.socket, settings: Settings
    ) -> None:
        self._settings = serving = settings.serving
        # Refusals have a thread of their own: they are to be quick when nothing is.
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
                # Waitress refuses what has as many bytes.
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
        """Let a thread answer the request that a connection has, if not too many wait."""
        request = task.requests[0]
        working = len(self.task_dispatcher.queue) + self.task_dispatcher.active_count
        if (
            working >= self._settings.request_limit
            and request.path != wsgi_keys.HEALTHCHECK_PATH
        ):
            request.refuse(
                errors.Refused(
                    503, "The server is busy: try again.", headers={"Retry-After": "1"}
                )
            )
        (self._refusals if request.error else self.task_dispatcher).add_task(task)

    def maintenance(self, now: float) -> None:
        """End connections on which nothing happens, or too slowly."""
        super().maintenance(now)
        for connection in list(self.active_channels.values()):
            connection.check_times(self._settings.idle_timeout, self._settings.request_timeout)

    def run(self) -> int:
        """Serve until a signal says to stop.

        Then nothing more is accepted, and requests that have begun are answered,
        until they all are, the time for it is over, or a second signal comes.

        :returns: how many connections were cut off.
        """
        before = {number: signal.signal(number, self._stop) for number in _STOPS}
        try:
            while not self.stopping:
                self._turn(self.adj.asyncore_loop_timeout)
            self._drain(time.monotonic() + self._settings.stop_timeout)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            cut_off = sum(bool(one.is_busy) for one in self.active_channels.values())
            for dispatcher in (self.task_dispatcher, self._refusals):
                dispatcher.shutdown(timeout=0 if cut_off else 5)
            wasyncore.close_all(self._map)
        return cut_off

    def _stop(self, *_signal: t.Any) -> None:
        self.at_once = self.stopping
        self.stopping = True
        self.pull_trigger()

    def _drain(self, until: float) -> None:
        """Answer the requests that have begun."""
        known = -1
        while known != len(self.active_channels):  # those that the system has accepted
            known = len(self.active_channels)
            self.handle_accept()
        wasyncore.dispatcher.close(self)
        self._turn(0)  # a request may have arrived already
        while self.active_channels and time.monotonic() < until and not self.at_once:
            for connection in list(self.active_channels.values()):
                connection.will_close |= connection.is_idle
            self.maintenance(time.time())
            self._turn(0.1)

    def _turn(self, timeout: float) -> None:
        wasyncore.poll2(timeout, self._map)
