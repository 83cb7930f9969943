# SPDX-License-Identifier: Apache-2.0
"""The base of attacks: a live server, a bystander who measures, and raw connections.

An attack looks like this::

    class TestFloods(base.AttackTestCase):
        def test_many_requests(self):
            with self.bystander() as seen:
                ...  # attack self.server, in bounded time
            self.assert_unharmed(seen)
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time
import typing as t

from testtools import content

import cratonclient.tests.base
from cratonclient import auth
from cratonclient.tests.attack import bystander
from cratonclient.tests.integration.server import databases
from cratonclient.v1 import client

BIN = pathlib.Path(sys.executable).parent
#: Seconds to wait for a server that starts or stops.
PATIENCE = 30
#: The address of bystanders. Attacks come from 127.0.0.1.
ELSEWHERE = "127.0.0.2"


class Server:
    """A process ``craton-server run`` with an empty fleet.

    :param test: test at whose end the server stops.
    :param options: options of ``craton-server run``.
    :param environment: environment variables of the process; ``None`` for those of the test.
    :param files: maximum number of open files of the process.
    :param database: URL of the database; by default a new one.
    """

    def __init__(
        self,
        test: cratonclient.tests.base.TestCase,
        *options: str,
        environment: t.Mapping[str, str] | None = None,
        files: int | None = None,
        database: str = "",
    ) -> None:
        self._test = test
        #: The URL of the database.
        self.database = database or databases.new(test.addCleanup)
        said = subprocess.check_output(
            [BIN / "craton-server", "init", f"--database={self.database}"], text=True
        )
        #: The login variables of the first user, such as ``OS_USERNAME``.
        self.login = dict(
            line.removeprefix("export ").split("=", 1) for line in said.splitlines()
        )
        self._log = test.folder() / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(["prlimit", f"--nofile={files}:{files}"] if files else []),
                    BIN / "craton-server",
                    "run",
                    f"--database={self.database}",
                    "--listen=127.0.0.1:0",
                    *options,
                ],
                stderr=log,
                env=environment,
            )
        test.addCleanup(self.stop)
        wait_for(lambda: "(Ctrl-C" in self.log() or self.process.poll() is not None)
        #: The URL of the server.
        self.url = self.log().split(" at ")[1].split()[0]
        self.host, port = self.url.removeprefix("http://").rsplit(":", 1)
        self.port = int(port)

    @property
    def headers(self) -> dict[str, str]:
        """The credentials of the first user, as headers."""
        return headers(
            self.login["OS_USERNAME"], self.login["OS_PASSWORD"], self.login["OS_PROJECT_ID"]
        )

    def client(self) -> client.Client:
        """Return a client of the first user, which is closed after the test."""
        session = auth.create_session_with(
            auth.CratonAuth(
                self.login["OS_USERNAME"],
                self.login["OS_PROJECT_ID"],
                self.login["OS_PASSWORD"],
            ),
            True,
        )
        self._test.addCleanup(session.close)
        return client.Client(session, self.url)

    def new_user(self, name: str, **fields: t.Any) -> dict[str, str]:
        """Create a user in a new project, and return the credentials as headers.

        :param name: name of the user and of the project.
        :param fields: other fields of the user.
        """
        craton = self.client()
        project = craton.projects.create(name=name)
        user = craton.users.create(username=name, project_id=project.id, **fields)
        return headers(name, str(user.api_key), project.id)

    def connect(self, source: str = "127.0.0.1", window: int | None = None) -> socket.socket:
        """Return a new connection, which is closed after the test.

        :param source: address from which to connect, such as ``127.0.0.3``.
        :param window: size of the buffer for responses. A client with a small one makes the
            server wait early.
        """
        connection = socket.socket()
        self._test.addCleanup(connection.close)
        if window:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        connection.settimeout(PATIENCE)
        connection.bind((source, 0))
        connection.connect((self.host, self.port))
        return connection

    def memory(self) -> float:
        """Return the memory of all processes of the server, in MB."""
        return bystander.memory(self.process.pid)

    def log(self) -> str:
        """Return what the server has written to its log."""
        return self._log.read_text()

    def stop(self) -> int:
        """Stop the server, if it runs, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


class Seen:
    """The measurements of a bystander. They are complete when its block ends."""

    #: The seconds of each request, by path.
    waits: t.ClassVar[dict[str, list[float]]] = {}
    #: What went wrong.
    wrong: t.Sequence[str] = ()
    #: The memory of the server before the attack, and the most during it, in MB.
    before = peak = 0.0

    def slowest(self) -> float:
        """Return the seconds of the slowest request."""
        return max(seconds for waits in self.waits.values() for seconds in waits)

    def median(self) -> float:
        """Return the median of the seconds of all requests."""
        return statistics.median(seconds for waits in self.waits.values() for seconds in waits)

    def __str__(self) -> str:
        requests = sum(map(len, self.waits.values()))
        return (
            f"others waited {self.slowest():.3f} s at most, {self.median():.3f} s in the median"
            f" of {requests} requests, {len(self.wrong)} of them failed;"
            f" memory {self.before:.0f} MB before, {self.peak:.0f} MB at most"
        )


class AttackTestCase(cratonclient.tests.base.TestCase):
    """A test that attacks a server."""

    #: Options of ``craton-server run``.
    options: tuple[str, ...] = ("--no-access-log",)

    def setUp(self):
        super().setUp()
        self.server = self.serve()

    def serve(self) -> Server:
        """Start the server of the test."""
        return Server(self, *self.options)

    @contextlib.contextmanager
    def bystander(self, *paths: str, source: str = ELSEWHERE) -> t.Iterator[Seen]:
        """Poll the server as another user, from another address, while the block runs.

        :param paths: paths to poll; by default the health check and a small list.
        :param source: address of the bystander.
        :returns: the measurements, complete after the block.
        """
        task = {
            "host": self.server.host,
            "port": self.server.port,
            "source": source,
            "paths": paths or ("/healthcheck", "/v1/clouds?limit=10"),
            "headers": self.server.new_user("bystander"),
            "pid": self.server.process.pid,
            "timeout": PATIENCE,
        }
        seen = Seen()
        seen.before = self.server.memory()
        with subprocess.Popen(
            [sys.executable, bystander.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as program:
            tell, hear = t.cast("t.IO[str]", program.stdin), t.cast("t.IO[str]", program.stdout)
            tell.write(json.dumps(task) + "\n")
            tell.flush()
            hear.readline()  # the first requests are answered
            try:
                yield seen
            finally:
                said = program.communicate()[0]
        vars(seen).update(json.loads(said))

    def assert_unharmed(
        self, seen: Seen, *, seconds: float = 1.0, megabytes: float = 100
    ) -> None:
        """Check that others did not suffer, and add the measurements to the report.

        :param seen: measurements of a bystander.
        :param seconds: the longest that one request of others may wait. It may wait longer
            if the machine is busy with other work.
        :param megabytes: the most memory that the attack may take.
        """
        self.figures(str(seen))
        self.assertEqual([], list(seen.wrong))
        self.assertLess(seen.slowest(), seconds * slowness(), str(seen))
        self.assertLess(seen.peak - seen.before, megabytes, str(seen))

    def figures(self, text: str) -> None:
        """Add a line to the report that ``tools/test`` prints after the tests."""
        self.addDetailUniqueName("figures", content.text_content(text))


def slowness() -> float:
    """Return how much longer work takes on this machine because of other work: 1 to 3."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(3.0, max(1.0, load / 2))


def headers(username: str, key: str, project: str) -> dict[str, str]:
    """Return credentials as the headers of a request."""
    return {"X-Auth-User": username, "X-Auth-Token": key, "X-Auth-Project": project}


def request(
    path: str,
    headers: t.Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes = b"",
) -> bytes:
    """Return a request as bytes, to send it over a raw connection.

    :param headers: headers, such as credentials. ``Host`` and ``Content-Length`` are added.
    """
    lines = [f"{method} {path} HTTP/1.1", "Host: craton"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def leave(connection: socket.socket, *, reset: bool) -> None:
    """Close a connection, with a FIN or with a RST."""
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def wait_for(condition: t.Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until a condition holds.

    :raises AssertionError: if it does not hold in time.
    """
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"it did not happen within {seconds} seconds")
        time.sleep(0.01)


class Answer(t.NamedTuple):
    """The status of a response, the size of its body, and the seconds until its end."""

    status: int
    size: int
    seconds: float


def ask(server: Server, path: str, *, method: str = "GET", body: bytes | None = None) -> Answer:
    """Send a request as the first user, and read the response without keeping it."""
    began = time.monotonic()
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body=body, headers=_as_json(server.headers))
        response = connection.getresponse()
        size = 0
        while piece := response.read(2**16):
            size += len(piece)
        return Answer(response.status, size, time.monotonic() - began)
    finally:
        connection.close()


def ask_all(server: Server, paths: t.Sequence[str]) -> list[Answer]:
    """Request all paths at the same time, as the first user."""
    with concurrent.futures.ThreadPoolExecutor(len(paths)) as pool:
        return [*pool.map(lambda path: ask(server, path), paths)]


def _as_json(headers: t.Mapping[str, str]) -> dict[str, str]:
    return {"Content-Type": "application/json", **headers}
