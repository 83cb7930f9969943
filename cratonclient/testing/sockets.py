# SPDX-License-Identifier: Apache-2.0
"""An HTTP server in threads of this process, for a WSGI application.

It is the server of Python's standard library with a thread for each connection. That of
``craton-server run`` handles the signals of its process, so it needs a process of its own,
which takes longer to start than most tests take to run.
"""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import sys
import threading
import typing as t
from wsgiref import simple_server

if t.TYPE_CHECKING:
    from wsgiref import types as wsgi


@contextlib.contextmanager
def serving(application: wsgi.WSGIApplication) -> t.Iterator[str]:
    """Serve an application at a free port of this machine, and yield its URL.

    At the end, requests in progress are finished, and idle connections are closed.

    :param application: WSGI application, which may be called by several threads.
    """
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.set_app(application)
        # A short interval, because shutdown() waits for its end.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.close_idle()


class _Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    """A server with a thread for each connection, which it joins when it closes."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, *args: t.Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(*args)

    def server_bind(self) -> None:
        """Bind the socket. Do not look up the name of the host, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()
        self.setup_environ()

    def process_request(self, request: t.Any, client_address: t.Any) -> None:
        """Remember a connection, and start its thread."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: t.Any) -> None:
        """Close a connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Print a traceback, unless the client went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def close_idle(self) -> None:
        """End the connections that wait for a request. Responses can still be sent."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):  # it is closed already
                connection.shutdown(socket.SHUT_RD)


class _Response(simple_server.ServerHandler):
    """The response to a request."""

    #: The variables of this process are no headers of the request.
    os_environ: dict[str, str] = {}  # noqa: RUF012, the base class has no ClassVar


class _Handler(simple_server.WSGIRequestHandler):
    """The requests of a connection."""

    server: _Server

    def handle(self) -> None:
        """Answer a request."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        if "Transfer-Encoding" in self.headers:
            self.send_error(411)
            return
        # Read all of the body: closing a connection with unread data resets it, and the
        # client loses the response.
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(length) if length.isdigit() else 0)
        output = t.cast("t.IO[bytes]", self.wfile)
        response = _Response(
            io.BytesIO(body), output, self.get_stderr(), self.get_environ(), multithread=True
        )
        response.request_handler = self  # type: ignore[attr-defined]  # it logs requests
        response.run(t.cast("wsgi.WSGIApplication", self.server.get_app()))

    def log_message(self, format: str, *args: t.Any) -> None:
        """Write no log, as the output belongs to the tests."""
