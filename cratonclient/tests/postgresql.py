# SPDX-License-Identifier: Apache-2.0
"""A temporary PostgreSQL server for tests, from the system's packages.

The server keeps its data in a temporary folder and listens on a Unix socket in that
folder only. It needs no port, and other users cannot connect. Only a :class:`Pair` also
listens on free ports of the loopback address, as servers on different machines would.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: The superuser of the server, who needs no password on the socket.
USER = "craton"

#: Settings for speed. Only a crash of the machine itself loses data.
_FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}

MISSING = (
    "No PostgreSQL was found (initdb and postgres). Install one: on Debian and Ubuntu, "
    "apt-get install postgresql"
)


class NotInstalled(Exception):
    """PostgreSQL is not installed; the message says what to do."""


def find() -> Path:
    """Return the folder with the programs of the newest installed PostgreSQL.

    Raises:
        NotInstalled: PostgreSQL is not installed.
    """
    # Debian installs each version in a folder of its own, outside the PATH.
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    for folder in reversed(folders):
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise NotInstalled(MISSING)


class Cluster:
    """A PostgreSQL server with its data in a folder.

    Args:
        folder: an empty folder, owned by the current user.
        settings: PostgreSQL settings, in addition to the settings for speed.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._bin = find()
        self._data = folder / "data"
        self._settings = {**_FAST, "max_connections": "200", **settings}
        self._server: subprocess.Popen[str] | None = None
        #: The TCP port on the loopback address, if :attr:`settings` asks for one.
        self.port = settings.get("port", "")

    def url(self, database: str = "postgres", user: str = USER) -> str:
        """Return the URL of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def execute(self, statement: str) -> str:
        """Run a statement with psql, and return its output without a header."""
        words = ["-XAtq", "-h", str(self.folder), "-U", USER, "-c", statement, "postgres"]
        port = ["-p", self.port] if self.port else []
        output = subprocess.check_output([self._bin / "psql", *port, *words], text=True)
        return output.strip()

    def make(self) -> None:
        """Create the cluster. It trusts all users on the socket, except ``locked``."""
        owner = _owner()
        if owner:
            os.chown(self.folder, owner["user"], owner["group"])
        words = ["-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        initdb = str(self._bin / "initdb")
        if "--icu-locale" in subprocess.check_output([initdb, "--help"], text=True):
            # Use the sort order of a language, since a fleet must not depend on it.
            words += ["--locale-provider=icu", "--icu-locale=en-US"]
        subprocess.run(
            [initdb, "-D", str(self._data), *words],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **owner,
        )
        rules = self._data / "pg_hba.conf"
        rules.write_text("local all locked scram-sha-256\n" + rules.read_text())

    def make_standby(self, primary: Cluster) -> None:
        """Create the cluster as a copy of a running primary, which it will follow."""
        owner = _owner()
        if owner:
            os.chown(self.folder, owner["user"], owner["group"])
        source = f"host={primary.folder} port={primary.port} user={USER}"
        subprocess.run(
            [
                *(self._bin / "pg_basebackup", "-D", self._data, "-d", source, "-R"),
                *("--checkpoint=fast", "--wal-method=stream", "--no-sync"),
            ],
            check=True,
            cwd="/",
            **owner,
        )

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            **self._settings,
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("a")
        with log:
            # A session of its own, so that Ctrl-C does not stop the server first.
            self._server = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, *words],
                stdout=log,
                stderr=log,
                text=True,
                cwd="/",
                start_new_session=True,
                **_owner(),
            )
        port = ["-p", self.port] if self.port else []
        ready = [str(self._bin / "pg_isready"), "-q", "-h", str(self.folder), *port]
        until = time.monotonic() + 60
        while subprocess.run(ready, check=False).returncode:
            if self._server.poll() is not None or time.monotonic() > until:
                said = (self.folder / "log").read_text()
                raise RuntimeError(f"PostgreSQL did not start:\n{said}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server, even if clients are connected. SIGKILL simulates a crash."""
        if self._server is not None:
            if self._server.poll() is None:
                self._server.send_signal(how)
            self._server.wait()
            self._server = None

    def signal_all(self, how: signal.Signals) -> None:
        """Send a signal to all processes of the server, as the loss of a machine would.

        PostgreSQL gives each process a group of its own.
        """
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def processes(self) -> list[int]:
        """Return the ids of the processes of the server, the first one first."""
        if self._server is None:
            return []
        return [self._server.pid, *_children(self._server.pid)]


def _children(pid: int) -> list[int]:
    """Return the ids of the child processes of a process."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def _owner() -> dict[str, Any]:
    """Return the user arguments for subprocess: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise NotInstalled("PostgreSQL does not run as root, and no other user was found.")


@contextlib.contextmanager
def running(**settings: str) -> Iterator[Cluster]:
    """Create and start a PostgreSQL server; stop and remove it at the end.

    Args:
        settings: PostgreSQL settings.

    Raises:
        NotInstalled: PostgreSQL is not installed.
    """
    folder = Path(tempfile.mkdtemp(prefix="craton-pg-"))
    cluster = None
    try:
        cluster = Cluster(folder, **settings)
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        try:
            if cluster is not None:
                cluster.stop()
        finally:
            shutil.rmtree(folder)


class Pair:
    """A primary and its standbys, on the loopback address.

    Args:
        primary: the primary, which is running.
        standbys: the standbys, which are running. The first one confirms each commit.
    """

    def __init__(self, primary: Cluster, standbys: list[Cluster]) -> None:
        self.primary = primary
        self.standbys = standbys
        self.standby = standbys[0]

    @property
    def url(self) -> str:
        """The URL of a database that is on the primary and the first standby."""
        return _url_of([self.primary, self.standby])

    @property
    def read_url(self) -> str:
        """The URL of the same database on the standbys."""
        return _url_of(self.standbys)

    def promote(self) -> None:
        """Make the first standby a primary, and wait until it can be written."""
        self.standby.execute("SELECT pg_promote()")


def _url_of(clusters: list[Cluster]) -> str:
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in clusters)
    return f"postgresql://{USER}@{hosts}/postgres"


@contextlib.contextmanager
def running_pair(standbys: int = 1, **settings: str) -> Iterator[Pair]:
    """Create and start a primary with synchronous standbys; remove them at the end.

    Args:
        standbys: number of standbys.
        settings: PostgreSQL settings of all.

    Raises:
        NotInstalled: PostgreSQL is not installed.
    """
    with contextlib.ExitStack() as stack:
        clusters = []
        for port in _free_ports(1 + standbys):
            folder = Path(tempfile.mkdtemp(prefix="craton-pg-"))
            stack.callback(shutil.rmtree, folder)
            more = {"listen_addresses": "127.0.0.1", "port": str(port), **settings}
            clusters.append(Cluster(folder, **more))
        primary, *others = clusters
        for cluster in clusters:
            # SIGKILL: the test may have stopped all processes of the server.
            stack.callback(cluster.stop, signal.SIGKILL)
            stack.callback(cluster.signal_all, signal.SIGKILL)
        primary.make()
        primary.start()
        for standby in others:
            standby.make_standby(primary)
            standby.start()
        # Only now, because the copies must not wait for standbys of their own.
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.execute("SELECT pg_reload_conf()")
        _wait_for(primary, "SELECT sync_state FROM pg_stat_replication", "sync")
        yield Pair(primary, others)


def _free_ports(count: int) -> list[int]:
    """Return ports that are free at the moment, from the system."""
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [one.getsockname()[1] for one in sockets]


def _wait_for(cluster: Cluster, statement: str, wanted: str) -> None:
    """Wait until a statement prints a line."""
    until = time.monotonic() + 60
    while wanted not in cluster.execute(statement).splitlines():
        if time.monotonic() > until:
            raise RuntimeError(f"PostgreSQL does not answer {wanted!r} to {statement}")
        time.sleep(0.05)
