# SPDX-License-Identifier: Apache-2.0
"""ASGI requests and responses: WSGI environments of requests, and slow clients.

`ASGI <https://asgi.readthedocs.io/en/latest/specs/www.html>`_ is the interface between an
asynchronous server and its application.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import typing as t
from urllib import parse

if t.TYPE_CHECKING:
    from _typeshed import wsgi

Scope = t.Mapping[str, t.Any]
Message = t.MutableMapping[str, t.Any]
Receive = t.Callable[[], t.Awaitable[Message]]
Send = t.Callable[[Message], t.Awaitable[None]]
Headers = list[tuple[str, str]]

#: The maximum size of the pieces of a response. The server buffers a few of them.
PIECE = 16384
#: Bytes per second that a client must read on average.
READING_RATE = 8192


class Gone(Exception):
    """The client has disconnected, or it reads the response too slowly."""


class TooLarge(Exception):
    """The body of a request is larger than the limit."""


def environ_of(scope: Scope) -> wsgi.WSGIEnvironment:
    """Return the WSGI environment (PEP 3333) of a request, without ``wsgi.input``.

    Headers whose names contain an underscore are omitted: in the environment, they would
    look like others that a proxy in front of the server has checked.
    """
    server, client = scope["server"] or ("", ""), scope["client"] or ("", 0)
    environ: wsgi.WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": parse.unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": "HTTP/1.0" if scope["http_version"] in ("1", "1.0") else "HTTP/1.1",
        "REMOTE_ADDR": client[0],
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if environ.get(key) else text
    return environ


async def read_body(receive: Receive, length: int | None, limit: int) -> bytes:
    """Read the body of a request.

    :param length: its declared size in bytes, None if the client sends chunks. A body that
        has arrived is complete; the message that says so would come later.
    :param limit: maximum size in bytes.
    :raises Gone: if the client disconnects.
    :raises TooLarge: if the body is larger.
    """
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            raise TooLarge
        more = message.get("more_body", False) and size != length
    return b"".join(pieces)


class Response:
    """A response on its way to a client, who must read it at :data:`READING_RATE`.

    :param send: function that sends an ASGI message.
    :param patience: seconds that the client may take in addition.
    """

    def __init__(self, send: Send, patience: float) -> None:
        self._send = send
        self._sent = 0
        self._patience = patience
        self._began = asyncio.get_running_loop().time()

    async def start(self, status: str, headers: Headers) -> None:
        """Send the status line, such as ``200 OK``, and the headers."""
        await self._send(
            {
                "type": "http.response.start",
                "status": int(status[:3]),
                "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers],
            }
        )

    async def write(self, data: bytes) -> None:
        """Send a part of the body.

        :raises Gone: if the client reads too slowly.
        """
        for start in range(0, len(data), PIECE):
            await self._write(data[start : start + PIECE], more=True)

    async def finish(self, data: bytes = b"") -> None:
        """Send the last part of the body.

        :raises Gone: as :meth:`write`.
        """
        if len(data) > PIECE:
            await self.write(data)
            data = b""
        await self._write(data, more=False)

    async def _write(self, piece: bytes, more: bool) -> None:
        message = {"type": "http.response.body", "body": piece, "more_body": more}
        self._sent += len(piece)
        try:
            async with asyncio.timeout_at(
                self._began + self._patience + self._sent / READING_RATE
            ):
                await self._send(message)
        except TimeoutError:
            raise Gone from None


@contextlib.asynccontextmanager
async def watching(receive: Receive) -> t.AsyncIterator[asyncio.Task[None]]:
    """Watch whether a client disconnects. The body of the request must have been read.

    :returns: a context manager that yields a task, which ends when the client disconnects.
    """

    async def wait() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    task = asyncio.create_task(wait())
    try:
        yield task
    finally:
        task.cancel()
