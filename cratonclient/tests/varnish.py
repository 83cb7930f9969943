# SPDX-License-Identifier: Apache-2.0
"""A temporary Varnish, a cache in front of a server, from the system's packages.

It keeps its files in a folder of its own and listens on a free port of the loopback
interface.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import typing as t
from collections.abc import Callable

#: The configuration of a cache that keeps every response, whatever its headers permit.
CACHE_EVERYTHING = """
vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "%d"; }
sub vcl_backend_response {
    set beresp.ttl = 1h;
    return (deliver);
}
"""

MISSING = "No varnishd was found. Install it: on Debian and Ubuntu, apt-get install varnish"


def find() -> str | None:
    """Return the path of ``varnishd``, ``None`` if it is not installed."""
    # Debian installs it in a folder that only root has in the PATH.
    return shutil.which("varnishd") or shutil.which("varnishd", path="/usr/sbin")


class Varnish:
    """A running Varnish.

    :param folder: empty folder for its files.
    :param port: port of the server on the loopback interface.
    :param configuration: text in the Varnish Configuration Language, with ``%d`` for the
        port of the server. By default, the configuration that Varnish comes with.
    """

    def __init__(self, folder: pathlib.Path, port: int, configuration: str = "") -> None:
        self._folder = folder / "work"
        options = ["-a", "127.0.0.1:0", "-s", "malloc,16m", "-n", str(self._folder)]
        place = ["-b", f"127.0.0.1:{port}"]
        if configuration:
            file = folder / "default.vcl"
            file.write_text(configuration % port)
            place = ["-f", str(file)]
        self._said = folder / "varnish-said"
        with self._said.open("w") as said:
            self._process = subprocess.Popen(
                # No jail: it would run as another user, who cannot read the folder.
                [str(find()), "-F", "-j", "none", *options, *place],
                stdout=said,
                stderr=said,
            )
        self.port = self._wait_for_port()

    def _wait_for_port(self) -> int:
        """Return the port, which Varnish chooses when it starts."""
        admin = shutil.which("varnishadm") or "/usr/bin/varnishadm"
        while True:
            done = subprocess.run(
                [admin, "-n", str(self._folder), "debug.listen_address"],
                capture_output=True,
                text=True,
            )
            if done.returncode == 0 and done.stdout.strip():
                return int(done.stdout.split()[-1])
            if self._process.poll() is not None:
                raise AssertionError(self._said.read_text())

    def stop(self) -> None:
        """Stop Varnish."""
        self._process.terminate()
        self._process.wait(20)


def start(add_cleanup: Callable[..., t.Any], *arguments: t.Any) -> Varnish:
    """Start a Varnish that the end of a test stops.

    :param add_cleanup: method ``addCleanup`` of the test.
    :param arguments: arguments of :class:`Varnish`.
    """
    found = Varnish(*arguments)
    add_cleanup(found.stop)
    return found
