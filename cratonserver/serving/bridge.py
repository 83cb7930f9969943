# SPDX-License-Identifier: Apache-2.0
"""The bridge between an ASGI server and the WSGI application.

It reads the body of a request, waits for the turn of the request, calls the application in
a thread, and sends the response. A client that sends or reads slowly takes no thread, no
address takes all threads, and the work for a client that disconnects ends.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import http
import io
import typing as t

from cratonserver import deadlines, errors, wsgi_keys
from cratonserver.config.settings import Settings
from cratonserver.serving import asgi, proxies, size_limits
from cratonserver.serving.connections import Connections
from cratonserver.serving.departures import Departure
from cratonserver.serving.holders import holder
from cratonserver.serving.turns import Turns
from cratonserver.serving.waits import Waits

if t.TYPE_CHECKING:
    from _typeshed import wsgi

T = t.TypeVar("T")

#: The seconds that a client has to read a refusal before its connection is closed.
_LINGER = 0.5
#: The number of threads for each path with which operators watch the server. The liveness check
#: must not wait for health checks, which wait for the database.
_MONITORS = 2


class Answer(t.NamedTuple):
    """The response of the application.

    :param body: the body, or an iterable that produces it in parts.
    """

    status: str
    headers: asgi.Headers
    body: bytes | t.Iterable[bytes]


class Bridge:
    """An ASGI application that calls a WSGI application.

    :param application: WSGI application whose outermost layer is a
        :class:`cratonserver.serving.gateway.Gateway`.
    :param settings: limits and timeouts.
    :param connections: connections of this process.
    """

    def __init__(
        self,
        application: wsgi.WSGIApplication,
        settings: Settings,
        connections: Connections,
    ) -> None:
        self._application = application
        self._forwarding = proxies.Forwarding(settings.proxies)
        self._body_size = settings.limits.body_size
        self._deadline = settings.limits.request_deadline
        self._serving = serving = settings.serving
        self._connections = connections
        #: The requests that wait for a change.
        limit = min(serving.wait_limit, connections.limit // 2)
        self.waits = Waits(limit, serving.user_wait_limit)
        limits = serving.request_limit, serving.address_limit, serving.request_timeout
        self._turns = Turns(serving.threads, *limits)
        paths = wsgi_keys.WATCHED_PATHS
        self._monitors = {path: Turns(_MONITORS, *limits) for path in paths}
        threads = serving.threads + _MONITORS * len(paths)
        self._threads = concurrent.futures.ThreadPoolExecutor(threads)

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Respond to a request."""
        client = scope["client"][0], int(scope["client"][1])
        with self._connections.busy_with(client) as departure:
            try:
                await self._respond(scope, receive, send, departure)
            except asgi.Gone:
                self._connections.close(client)

    async def _respond(
        self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send, departure: Departure
    ) -> None:
        """Respond to a request.

        :param departure: departure of the client, which stops the work for it.
        :raises cratonserver.serving.asgi.Gone: if the client reads or sends too slowly.
        """
        environ = asgi.environ_of(scope)
        turns = self._monitors.get(environ["PATH_INFO"], self._turns)
        response = asgi.Response(send, self._serving.idle_timeout)
        try:
            self._forwarding.apply(environ)
            address = holder(environ["REMOTE_ADDR"])
            with turns.presence(address):
                await self._read_body(environ, receive)
                environ[wsgi_keys.CAN_WAIT] = True
                async with turns.turn(address, departure):
                    answer = await self._call_in_thread(environ, departure)
            if wsgi_keys.WAIT in environ:  # without a turn, and without being present
                waited = self.waits.over(environ, departure)
                async with waited, turns.turn(address, departure):
                    answer = await self._call_in_thread(environ, departure)
            with turns.presence(address):
                # A turn would wait for the client. Large bodies are complete, in a file.
                if not isinstance(answer.body, bytes):
                    await self._stream(answer, receive, response)
                if isinstance(answer.body, bytes):
                    await response.start(answer.status, answer.headers)
                    await response.finish(answer.body)
        except errors.Refused as exc:
            await self._refuse(environ, exc, response)
            if exc.status == http.HTTPStatus.REQUEST_TIMEOUT:
                # The server still waits for the body, and would keep the connection open.
                await asyncio.sleep(_LINGER)
                raise asgi.Gone from None

    async def _read_body(self, environ: wsgi.WSGIEnvironment, receive: asgi.Receive) -> None:
        """Read the body of a request into its environment.

        :raises cratonserver.errors.Refused: with status 400, 408, 413 or 501.
        """
        chunked = environ.pop("HTTP_TRANSFER_ENCODING", None)
        if chunked and chunked.strip().lower() != "chunked":
            message = "The Transfer-Encoding is not supported: use chunked."
            raise errors.Refused(501, message)
        length = size_limits.content_length(environ)
        if length > self._body_size:
            raise size_limits.too_large(self._body_size)
        body = b""
        if chunked or length:
            timeout = self._serving.request_timeout
            try:
                async with asyncio.timeout(timeout):
                    declared = None if chunked else length
                    body = await asgi.read_body(receive, declared, self._body_size)
            except TimeoutError:
                message = f"The request did not arrive within {timeout} seconds."
                raise errors.Refused(408, message, reason="request_timeout") from None
            except asgi.Gone:  # or the chunks of the body are malformed
                raise errors.Refused(400, "The body of the request is incomplete.") from None
            except asgi.TooLarge:
                raise size_limits.too_large(self._body_size) from None
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))

    async def _refuse(
        self, environ: wsgi.WSGIEnvironment, refused: errors.Refused, response: asgi.Response
    ) -> None:
        """Send the error response of a request that does not reach the application.

        The gateway builds it without delay, so it takes no thread.
        """
        environ[wsgi_keys.REFUSED] = refused
        answer = _call(self._application, environ)
        await response.start(answer.status, [*answer.headers, ("Connection", "close")])
        await response.finish(t.cast("bytes", answer.body))

    async def _call_in_thread(
        self, environ: wsgi.WSGIEnvironment, departure: Departure
    ) -> Answer:
        deadline = environ[wsgi_keys.DEADLINE] = deadlines.Deadline(self._deadline)
        departure.calls(deadline.client_gone)
        return await self._in_thread(_call, self._application, environ)

    async def _stream(
        self, answer: Answer, receive: asgi.Receive, response: asgi.Response
    ) -> None:
        """Send a response while the application produces it.

        :raises cratonserver.serving.asgi.Gone: if the client disconnects or reads too slowly.
        """
        context = contextvars.copy_context()
        body = t.cast("t.Iterable[bytes]", answer.body)
        parts = iter(body)
        in_thread = functools.partial(self._in_thread, context.run)
        try:
            async with asgi.watching(receive) as gone:
                await response.start(answer.status, answer.headers)
                while (part := await in_thread(next, parts, None)) is not None:
                    await response.write(part)
                    if gone.done():
                        raise asgi.Gone
            await response.finish()
        finally:
            close = getattr(body, "close", None)
            if close:
                await in_thread(close)

    async def _in_thread(self, function: t.Callable[..., T], *arguments: t.Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *arguments)


def _call(application: wsgi.WSGIApplication, environ: wsgi.WSGIEnvironment) -> Answer:
    """Call a WSGI application."""
    started: list[tuple[str, asgi.Headers]] = []

    def start_response(status: str, headers: asgi.Headers, exc_info: t.Any = None) -> t.Any:
        started.append((status, headers))

    result = application(environ, start_response)
    body = b"".join(result) if isinstance(result, list) else result
    return Answer(*started[-1], body)
