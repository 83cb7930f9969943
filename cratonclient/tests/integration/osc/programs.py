# SPDX-License-Identifier: Apache-2.0
"""Run the programs as a user does, and read their output.

``craton`` runs in this process, which is faster, or as a separate process where that
matters. ``openstack`` runs as a separate process.
"""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import typing as t
import warnings
from unittest import mock

from cratonclient import auth
from cratonclient.tests import base
from cratonclient.v1 import client
from cratonclient_osc.program import shell
from cratonserver import cli, composition

#: The project that every new fleet has.
PROJECT = "00000000-0000-0000-0000-000000000001"


class Result(t.NamedTuple):
    """The exit status and the output of a program."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> t.Any:
        """The output, parsed as JSON."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        """The output, parsed as a table."""
        return read_table(self.out)

    @property
    def fields(self) -> dict[str, str]:
        """The output, parsed as a table with the fields of one object."""
        return {row["Field"]: row["Value"] for row in self.rows}


def read_table(text: str) -> list[dict[str, str]]:
    """Parse a table with borders.

    :raises ValueError: the text is not a well-formed table.
    """
    lines = text.splitlines()
    if len(lines) < 4 or not re.fullmatch(r"\+(?:-+\+)+", lines[0]):
        raise ValueError(f"not a table: {text!r}")
    border = lines[0]
    if lines[2] != border or lines[-1] != border or border in lines[3:-1]:
        raise ValueError(f"the borders of the table are not aligned: {text}")
    edges = [place for place, character in enumerate(border) if character == "+"]

    def cells(line: str) -> list[str]:
        if len(line) != len(border) or any(line[edge] != "|" for edge in edges):
            raise ValueError(f"not a row of the table: {line!r}")
        return [line[left + 1 : right].strip() for left, right in itertools.pairwise(edges)]

    names = cells(lines[1])
    return [dict(zip(names, cells(line), strict=True)) for line in lines[3:-1]]


def clean_environment(home: str) -> dict[str, str]:
    """Return the environment without settings of the tools, with caches in ``home``."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("OS_", "CRATON_"))}
    kept.pop("PYTHONPATH", None)
    return kept | {"HOME": home, "XDG_CACHE_HOME": f"{home}/.cache", "PYTHONWARNINGS": "ignore"}


def script(name: str) -> str:
    """Return the path of a program in the virtual environment of the tests."""
    return str(pathlib.Path(sys.executable).parent / name)


#: The loggers whose level a program sets.
_LOGGERS = (
    "urllib3",
    "cratonserver",
    "keystoneauth",
    "stevedore",
    "cratonclient.wait",
)


@contextlib.contextmanager
def _restored_state() -> t.Iterator[None]:
    """Restore the process-wide state that a program changes."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    loggers = [logging.getLogger(name) for name in (None, *_LOGGERS)]
    levels = [logger.level for logger in loggers]
    threshold = gc.get_threshold()
    try:
        with warnings.catch_warnings():
            # unittest enables warnings that a program does not show.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers = handlers
        for logger, level in zip(loggers, levels, strict=True):
            if logger.level != level:  # setting a level clears all loggers' caches
                logger.setLevel(level)
        gc.set_threshold(*threshold)
        gc.unfreeze()


def run(main: t.Callable[[], int], settings: dict[str, str]) -> Result:
    """Run a program in this process.

    :param main: main function of the program.
    :param settings: environment variables.
    """
    out, err = io.StringIO(), io.StringIO()
    environment = clean_environment(os.environ.get("HOME", "/")) | settings
    with (
        _restored_state(),
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            status = main()
        except SystemExit as ending:
            status = ending.code if isinstance(ending.code, int) else int(bool(ending.code))
    return Result(status, out.getvalue(), err.getvalue())


def craton(*words: str, **settings: str) -> Result:
    """Run ``craton`` in this process.

    :param words: command-line arguments.
    :param settings: environment variables.
    """
    return run(lambda: shell.main([*words]), settings)


def craton_server(*words: str, **settings: str) -> Result:
    """Run a ``craton-server`` command in this process. It must end by itself."""
    return run(lambda: cli.main([*words]), settings)


class CommandTestCase(base.TestCase):
    """Tests that run programs and check their results."""

    def program(self, name: str, *words: str, **settings: str) -> Result:
        """Run a program as a separate process, in an empty folder.

        :param name: name of the program, such as ``'openstack'``.
        :param words: command-line arguments.
        :param settings: environment variables.
        """
        home = str(self.folder())
        done = subprocess.run(
            [script(name), *words],
            cwd=home,
            env=clean_environment(home) | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=50,
        )
        # Unlike text=True, this keeps line ends: those of CSV are CR LF.
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def assert_done(self, result: Result) -> Result:
        """Check that a program succeeded and wrote nothing to standard error."""
        self.assertEqual((0, ""), (result.status, result.err))
        return result

    def assert_refused(self, result: Result, status: int, *said: str) -> None:
        """Check that a program failed with an exit status and a one-line message."""
        self.assertEqual(status, result.status, repr(result))
        self.assertEqual("", result.out)
        self.assertNotIn("Traceback", result.err)
        self.assertNotIn("?.", result.err)
        self.assertEqual(1, len(result.err.splitlines()), result.err)
        self.assertTrue(result.err.strip() and result.err.endswith("\n"), result.err)
        for words in said:
            self.assertIn(words, result.err)


class Server:
    """A server in a separate process, with a new fleet and a root user.

    :param folder: folder of the fleet.
    :param settings: environment variables.
    """

    def __init__(self, folder: str, **settings: str) -> None:
        self.database = f"sqlite:///{folder}/fleet.db"
        environment = clean_environment(folder) | settings
        made = subprocess.run(
            [script("craton-server"), "init", "--database", self.database],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.key = re.findall("OS_PASSWORD=(.+)", made.stdout)[0]
        self._process = subprocess.Popen(
            [
                script("craton-server"),
                "run",
                "--no-access-log",
                f"--database={self.database}",
                "--listen=127.0.0.1:0",
            ],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr
        said = self._process.stderr.readline()  # the server writes its URL once it listens
        found = re.search(r"http://\S+", said)
        if not found:
            rest = self._process.communicate()[1]
            raise AssertionError(f"the server did not start: {said}{rest}")
        self.url = found[0]

    def stop(self) -> None:
        """Stop the server and wait until it has ended."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables of the root user, for ``craton``."""
        return {
            "CRATON_URL": self.url,
            "OS_USERNAME": "root",
            "OS_PASSWORD": self.key,
            "OS_PROJECT_ID": PROJECT,
        }

    @property
    def cloud(self) -> dict[str, str]:
        """The environment variables of the root user, for ``openstack``."""
        return {
            "OS_AUTH_TYPE": "craton",
            "OS_ENDPOINT": self.url,
            "OS_USERNAME": "root",
            "OS_TOKEN": self.key,
            "OS_PROJECT_ID": PROJECT,
        }


class ServerTestCase(CommandTestCase):
    """Tests that share a live server."""

    server: t.ClassVar[Server]

    @classmethod
    def setUpClass(cls) -> None:
        """Start the server."""
        super().setUpClass()
        folder = tempfile.mkdtemp(prefix="craton-test-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.server = Server(folder)
        cls.addClassCleanup(cls.server.stop)


def new_fleet(folder: pathlib.Path) -> str:
    """Create an empty fleet in a folder, and return its URL."""
    url = f"sqlite:///{folder}/fleet.db"
    with contextlib.closing(composition.store_at(url)) as store:
        store.open()
    return url


@contextlib.contextmanager
def opened(url: str) -> t.Iterator[client.Client]:
    """Open a fleet in a file with the library, and close it afterwards."""
    session = auth.create_session_with(None, True)
    try:
        yield client.Client(session, url=url)
    finally:
        session.close()


class SharedFleetTestCase(CommandTestCase):
    """Tests that share a fleet in a file and only read it."""

    database: t.ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        """Create the fleet."""
        super().setUpClass()
        folder = tempfile.mkdtemp(prefix="craton-test-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.database = f"sqlite:///{folder}/fleet.db"
        with opened(cls.database) as fleet:
            cls.fill(fleet)

    @classmethod
    def fill(cls, fleet: client.Client) -> None:
        """Fill the fleet."""

    def enter(self, *words: str, **settings: str) -> Result:
        """Run ``craton`` on the fleet."""
        return craton(*words, **{"CRATON_URL": self.database, **settings})

    def listed(self, *words: str) -> list[dict[str, t.Any]]:
        """Run a list command and return its JSON."""
        done = self.assert_done(self.enter(*words, "-f", "json"))
        return t.cast("list[dict[str, t.Any]]", done.json)


#: The kinds with variables, and for each an object that :func:`fill` creates.
OWNERS = (
    ("cloud", "prod"),
    ("region", "east"),
    ("cell", "c1"),
    ("host", "h2"),
    ("network", "lan"),
    ("network device", "sw1"),
    ("project", "research"),
)


def fill(fleet: client.Client) -> None:
    """Create objects of every kind in an empty fleet."""
    prod = fleet.clouds.create(name="prod", note="the big one", variables={"dns": "10.0.0.53"})
    test = fleet.clouds.create(name="test")
    here: dict[str, t.Any] = {"cloud_id": prod.id}
    east = fleet.regions.create(name="east", **here, variables={"ntp": "10.0.0.123"})
    west = fleet.regions.create(name="west", cloud_id=test.id)
    cell = fleet.cells.create(name="c1", region_id=east.id, **here)
    fleet.cells.create(name="c2", region_id=west.id, cloud_id=test.id)
    there: dict[str, t.Any] = {**here, "region_id": east.id}
    net = fleet.networks.create(
        name="lan", cidr="10.0.0.0/8", gateway="10.0.0.1", netmask="255.0.0.0", **there
    )
    device: dict[str, t.Any] = {"device_type": "server", **there}
    host = fleet.hosts.create(
        name="h1", ip_address="10.0.1.1", cell_id=cell.id, labels=["web"], **device
    )
    guest = fleet.hosts.create(name="h1-vm", ip_address="10.0.1.2", parent_id=host.id, **device)
    fleet.hosts.create(name="h1-vm-box", ip_address="10.0.1.3", parent_id=guest.id, **device)
    fleet.hosts.create(name="h2", ip_address="10.0.1.4", active=False, **device)
    fleet.hosts.create(
        name="h1",
        ip_address="10.9.1.1",
        device_type="container",
        region_id=west.id,
        cloud_id=test.id,
    )
    switch = fleet.network_devices.create(
        name="sw1",
        ip_address="10.0.2.1",
        model_name="S4048",
        **{**device, "device_type": "switch"},
    )
    fleet.network_interfaces.create(
        name="eth0",
        ip_address="10.0.1.1",
        interface_type="ethernet",
        device_id=host.id,
        network_id=net.id,
        variables={"mtu": 9000},
    )
    fleet.network_interfaces.create(
        name="xe0", ip_address="10.0.2.1", interface_type="fiber", device_id=switch.id
    )
    project = fleet.projects.create(name="research")
    fleet.users.create(username="ada", project_id=project.id, is_admin=True)
    bob = fleet.users.create(username="bob", project_id=project.id)
    fleet.user_keys.create(name="laptop", user_id=bob.id)
    fleet.webhooks.create(name="cmdb", url="https://cmdb.example.com/craton")
