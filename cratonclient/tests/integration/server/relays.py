# SPDX-License-Identifier: Apache-2.0
"""An address that stays the same while the server behind it is stopped and started again."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t
from urllib import parse


class Relay:
    """A TCP relay to a server that may change, at a free port of this machine.

    While there is no server, connections are closed at once.

    :param add_cleanup: function that registers a cleanup, such as ``addCleanup``.
    """

    def __init__(self, add_cleanup: t.Callable[..., t.Any]) -> None:
        self._server: tuple[str, int] | None = None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        add_cleanup(self._close)
        #: URL of the relay.
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def lead_to(self, url: str | None) -> None:
        """Set the server of new connections.

        :param url: its URL, ``None`` for none.
        """
        parts = parse.urlsplit(url or "")
        self._server = (parts.hostname, parts.port) if parts.hostname and parts.port else None

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:  # it is closed
                return
            try:
                if self._server is None:
                    raise ConnectionRefusedError
                server = socket.create_connection(self._server)
            except OSError:
                client.close()
                continue
            self._open |= {client, server}
            for pair in ((client, server), (server, client)):
                self._threads.append(threading.Thread(target=self._copy, args=pair))
                self._threads[-1].start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        """Copy bytes until one side closes the connection. Then close the other one, too."""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._threads[0].join()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for one in self._open:
            one.close()
