# SPDX-License-Identifier: Apache-2.0
"""Receivers of webhooks that keep the server busy, by the path of their URL.

``/silent`` never responds, ``/drip`` responds byte by byte, ``/headers`` and ``/body`` send
data without an end, and ``/redirect`` sends the server to a service of its own machine.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import typing as t

#: The paths.
PATHS = ("silent", "drip", "headers", "body", "redirect")


class HostileReceiver:
    """A receiver on a free port of the loopback interface.

    :param add_cleanup: function that registers a cleanup, such as ``addCleanup``.
    :param target: URL of the redirects.
    """

    def __init__(self, add_cleanup: t.Callable[..., t.Any], target: str) -> None:
        self._target = target
        self._done = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        #: The number of connections for each path, and the most at the same time.
        self.seen: dict[str, int] = dict.fromkeys(PATHS, 0)
        self.open = self.most = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()
        add_cleanup(self._listening.close)
        add_cleanup(self._listening.shutdown, socket.SHUT_RDWR)
        add_cleanup(self._done.set)

    def url(self, path: str) -> str:
        """Return the URL of a path."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/{path}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listening.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, self._counted():
            client.settimeout(60)
            path = client.recv(65536).split()[1][1:].decode()
            self.seen[path] += 1
            getattr(self, f"_{path}")(client)

    @contextlib.contextmanager
    def _counted(self) -> t.Iterator[None]:
        with self._lock:
            self.open += 1
            self.most = max(self.most, self.open)
        try:
            yield
        finally:
            with self._lock:
                self.open -= 1

    def _silent(self, client: socket.socket) -> None:
        while not self._done.is_set() and client.recv(65536):
            pass

    def _drip(self, client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not self._done.wait(0.05):
            client.sendall(b"x")

    def _headers(self, client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not self._done.is_set():
            client.sendall(b"x" * 65536)

    def _body(self, client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 500 OK\r\nContent-Length: 9999999999\r\n\r\n")
        while not self._done.is_set():
            client.sendall(b"x" * 65536)

    def _redirect(self, client: socket.socket) -> None:
        place = self._target.encode()
        client.sendall(
            b"HTTP/1.1 307 OK\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n"
        )
        time.sleep(0.1)
