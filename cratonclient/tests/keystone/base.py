# SPDX-License-Identifier: Apache-2.0
"""Keystone, a Craton server that trusts it, and users with roles in two projects."""

from __future__ import annotations

import atexit
import contextlib
import functools
import pathlib
import shutil
import subprocess
import sys
import tempfile
import typing as t

import requests

from cratonclient.tests import base
from cratonclient.tests.integration.osc.programs import clean_environment
from cratonclient.tests.integration.server import live
from cratonclient.tests.keystone import service

PROGRAM = pathlib.Path(sys.executable).parent / "craton-server"

_CONFIGURATION = """\
[DEFAULT]
auth = keystone
database = sqlite:///{folder}/fleet.db
[serving]
listen = 127.0.0.1:0
[keystone_authtoken]
www_authenticate_uri = {url}
auth_type = password
auth_url = {url}
username = craton
password = {password}
user_domain_id = default
project_name = service
project_domain_id = default
# Do not cache tokens: refuse revoked tokens at once.
token_cache_time = -1
"""


class Craton:
    """A Craton server in Keystone mode.

    :param folder: folder of the fleet.
    :param url: URL of Keystone.
    :param more: lines to append to the configuration.
    """

    def __init__(self, folder: pathlib.Path, url: str, more: str = "") -> None:
        #: The URL of the database.
        self.database = f"sqlite:///{folder}/fleet.db"
        text = _CONFIGURATION.format(folder=folder, url=url, password=service.PASSWORD)
        (folder / "server.conf").write_text(text + more)
        self._said = folder / "said"
        with self._said.open("w") as said:
            self.process = subprocess.Popen(
                [PROGRAM, "run", "--config-file", folder / "server.conf"],
                cwd=folder,
                env=clean_environment(str(folder)),
                stderr=said,
            )
        self.url = live.url_of(self.process, self._said)

    @property
    def said(self) -> str:
        """The output of the server on standard error."""
        return self._said.read_text()

    def stop(self) -> None:
        """Kill the server."""
        self.process.kill()
        self.process.wait()

    def ask(
        self, method: str, path: str, token: str | None = None, **options: t.Any
    ) -> requests.Response:
        """Send a request; the path is relative to ``/v1``."""
        headers = {**({"X-Auth-Token": token} if token else {}), **options.pop("headers", {})}
        return requests.request(
            method, f"{self.url}/v1{path}", headers=headers, timeout=100, **options
        )


class Cloud:
    """Keystone and a Craton server in its catalog.

    ``ada`` is an admin of the project ``alpha``, ``max`` a member, ``rita`` a reader,
    and ``sten`` has a role that Craton does not know. ``bea`` is an admin of ``beta``.

    :param cleanup: function that registers a cleanup, such as ``addCleanup``.
    """

    def __init__(self, cleanup: t.Callable[..., t.Any]) -> None:
        self._cleanup = cleanup
        keystone = self.keystone = service.Keystone(cleanup)
        #: The project ids, by name.
        self.projects = {
            name: keystone.make("project", name=name, domain_id="default")
            for name in ("service", "alpha", "beta")
        }
        keystone.make("role", name="stranger")
        alpha, beta = f"in_{self.projects['alpha']}", f"in_{self.projects['beta']}"
        keystone.make_user("craton", **{f"in_{self.projects['service']}": "service"})
        keystone.make_user("ada", **{alpha: "admin", "on_domain": "admin"})
        keystone.make_user("max", **{alpha: "member", "on_domain": "member"})
        keystone.make_user("rita", **{alpha: "reader"})
        keystone.make_user("sten", **{alpha: "stranger"})
        keystone.make_user("bea", **{beta: "admin"})
        self.craton = self.serve(keystone.url)
        keystone.register(f"{self.craton.url}/v1")

    def serve(self, url: str, more: str = "") -> Craton:
        """Start another Craton server."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="craton-test-"))
        self._cleanup(shutil.rmtree, folder)
        craton = Craton(folder, url, more)
        self._cleanup(craton.stop)
        return craton


@functools.cache
def _cloud() -> Cloud:
    """Start the cloud once per process, since this takes longer than most tests."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return Cloud(stack.callback)


class KeystoneTestCase(base.TestCase):
    """Tests that share one cloud."""

    cloud: t.ClassVar[Cloud]
    keystone: t.ClassVar[service.Keystone]
    craton: t.ClassVar[Craton]
    projects: t.ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cloud = _cloud()
        cls.keystone, cls.craton = cls.cloud.keystone, cls.cloud.craton
        cls.projects = cls.cloud.projects
