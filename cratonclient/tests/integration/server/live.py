# SPDX-License-Identifier: Apache-2.0
"""``craton-server run`` in a separate process, and raw bytes over sockets."""

from __future__ import annotations

import contextlib
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import typing as t

from cratonclient.tests import base
from cratonclient.tests.integration.osc.programs import clean_environment
from cratonclient.tests.integration.server.base import Answer
from cratonserver import composition

PROGRAM = str(pathlib.Path(sys.executable).parent / "craton-server")


def url_of(process: subprocess.Popen[bytes], said: pathlib.Path) -> str:
    """Wait until a server writes its URL, and return the URL.

    :param said: file with the output of the server.
    :raises AssertionError: the server ended before.
    """
    while not (found := re.search(r"(http://127\.0\.0\.1:\d+)\s", said.read_text())):
        if process.poll() is not None:
            raise AssertionError(said.read_text())
    return found[1]


class Connection:
    """A connection on which a test sends raw bytes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=50)
        self.file = self.socket.makefile("rb")

    def send(self, *lines: str, body: str | bytes = "") -> Connection:
        """Send header lines, an empty line and a body."""
        head = "".join(f"{line}\r\n" for line in lines) + "\r\n"
        self.send_bytes(
            head.encode("latin-1"), body.encode() if isinstance(body, str) else body
        )
        return self

    def send_bytes(self, *parts: bytes) -> None:
        """Send bytes. The server may close the connection before the end."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                self.socket.sendall(part)

    def answer(self) -> Answer:
        """Return the next response."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode("latin-1").partition(": ")
            assert name.lower() not in headers, f"two {name}"
            headers[name.lower()] = value
        length = int(headers.get("content-length", "0")) if status != 100 else 0
        return Answer(status, headers, self.file.read(length).decode())

    def rest(self) -> bytes:
        """Read until the server closes the connection."""
        try:
            return self.file.read()
        except ConnectionResetError:
            return b""


class Server:
    """A server with a new fleet.

    :param folder: folder of the fleet.
    :param words: more command-line options.
    """

    def __init__(self, folder: pathlib.Path, *words: str) -> None:
        self.folder = folder
        self._said = folder / "said"
        url = f"sqlite:///{folder}/fleet.db"
        with contextlib.closing(composition.store_at(url)) as store:
            store.open()
            self.key = str(store.add_root_user("root"))
        self.again(*words)

    def again(self, *words: str) -> None:
        """Start the server, also after it ended, at a new port.

        :param words: more command-line options.
        """
        url = f"sqlite:///{self.folder}/fleet.db"
        with self._said.open("w") as said:
            self.process = subprocess.Popen(
                [PROGRAM, "run", f"--database={url}", "--listen=127.0.0.1:0", *words],
                cwd=self.folder,
                env=clean_environment(str(self.folder)) | {"TMPDIR": str(self.folder)},
                stderr=said,
            )
        self.port = int(url_of(self.process, self._said).rpartition(":")[2])

    @property
    def said(self) -> str:
        """The output of the server on standard error."""
        return self._said.read_text()

    def stop(self) -> None:
        """Stop the server, and kill it if it does not react."""
        self.process.terminate()  # a killed process writes no coverage data
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def head(self, line: str, *more: str) -> tuple[str, ...]:
        """Return the header lines of a request by root."""
        return (
            f"{line} HTTP/1.1",
            "Host: craton.example",
            "X-Auth-User: root",
            f"X-Auth-Token: {self.key}",
            "X-Auth-Project: 1",
            "Content-Type: application/json",
            *more,
        )

    def wait_until_refused(self) -> None:
        """Wait until the server refuses connections."""
        with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
            while True:
                socket.create_connection(("127.0.0.1", self.port), timeout=50).close()


class LiveTestCase(base.TestCase):
    """Tests that run ``craton-server``."""

    server: Server

    def serve(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a server for this test."""
        self.server = Server(self.folder(), *words)
        self.addCleanup(self.server.stop)
        return self.server.process

    def connect(self) -> Connection:
        """Open a connection to the server."""
        connection = Connection(self.server.port)
        self.addCleanup(connection.socket.close)
        self.addCleanup(connection.file.close)
        return connection

    def ask(self, line: str, *more: str, body: str | bytes = "") -> Answer:
        """Send a request on a new connection and return the response."""
        return self.connect().send(*self.server.head(line, *more), body=body).answer()


class SharedServerTestCase(LiveTestCase):
    """Tests that share a server."""

    options: t.ClassVar[tuple[str, ...]]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="craton-test-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.server = Server(folder, *cls.options)
        cls.addClassCleanup(cls.server.stop)
