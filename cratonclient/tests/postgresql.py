# SPDX-License-Identifier: Apache-2.0
"""A temporary PostgreSQL server for tests, from the system's packages.

The server keeps its data in a temporary folder and listens on a Unix socket in that
folder only. It needs no port, and other users cannot connect.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
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

    def url(self, database: str = "postgres", user: str = USER) -> str:
        """Return the URL of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

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
        ready = [str(self._bin / "pg_isready"), "-q", "-h", str(self.folder)]
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
