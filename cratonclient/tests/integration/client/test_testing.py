# SPDX-License-Identifier: Apache-2.0
"""``cratonclient.testing``: fleets in the process, and servers with a URL."""

from __future__ import annotations

import concurrent.futures
import io
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
import warnings
from unittest import mock

import requests

from cratonclient import auth, crud, exceptions, testing, v1
from cratonclient.fields import Field, Ref, Sub
from cratonclient.testing import backend
from cratonclient.tests import base, toys
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client, labels, shared
from cratonserver import temporary
from cratonserver.kinds import registry

FLEET: dict[str, t.Any] = {
    "variables": {"ntp": "ntp.example.org"},
    "clouds": [
        {
            "name": "prod",
            "variables": {"os": {"name": "debian"}},
            "regions": [
                {
                    "name": "east",
                    "note": "by the sea",
                    "cells": [{"name": "c1", "hosts": [{"name": "db-1", "parent": "rack-1"}]}],
                    "hosts": [
                        {
                            "name": "web-1",
                            "ip_address": "192.0.2.5",
                            "device_type": "container",
                            "active": False,
                            "variables": {"port": 80},
                            "labels": ["web", "blue"],
                            "network_interfaces": [{"name": "eth0", "network": "lan"}],
                        }
                    ],
                    "networks": [{"name": "lan", "cidr": "192.0.2.0/24"}],
                    "network_devices": [{"name": "rack-1", "labels": ["rack"]}],
                }
            ],
        }
    ],
    "projects": [
        {
            "name": "lab",
            "users": [{"username": "ada", "is_admin": True}, {"username": "bob"}],
            "clouds": [{"name": "bench"}],
        },
        {"name": "office", "users": [{"username": "bob"}]},
    ],
}


def names(listed: t.Iterable[t.Any]) -> list[str]:
    """Return the names of objects."""
    return [item.name for item in listed]


class FolderTestCase(base.TestCase):
    """Tests with a folder for temporary files, which must be empty at the end."""

    def setUp(self):
        super().setUp()
        folder = self.folder()
        self.addCleanup(lambda: self.assertEqual([], [*folder.iterdir()]))
        self.enterContext(mock.patch.object(tempfile, "tempdir", str(folder)))
        self.enterContext(warnings.catch_warnings())
        warnings.simplefilter("error", ResourceWarning)
        threads = threading.active_count()
        self.addCleanup(lambda: self.assertEqual(threads, threading.active_count()))


class TestFleet(FolderTestCase):
    def test_it_is_empty_without_a_description(self):
        with testing.fleet() as craton:
            self.assertIsInstance(craton, client.Client)
            self.assertEqual([], list(craton.clouds.list()))
            self.assertEqual("new", craton.clouds.create(name="new").name)

    def test_it_has_what_was_described(self):
        with testing.fleet(FLEET) as craton:
            hosts = {host.name: host for host in craton.hosts.list()}
            web, db = hosts["web-1"], hosts["db-1"]
            rack, lan = next(craton.network_devices.list()), next(craton.networks.list())
            port = next(craton.network_interfaces.list())

            self.assertEqual(
                ("192.0.2.5", "container", False), (web.ip_address, web.device_type, web.active)
            )
            self.assertEqual(["blue", "web"], web.labels.get())
            self.assertEqual(["rack"], rack.labels.get())
            self.assertEqual(
                {"ntp": "ntp.example.org", "os": {"name": "debian"}, "port": 80},
                web.variables.get().to_dict(),
            )
            self.assertEqual((web.id, lan.id), (port.device_id, port.network_id))
            self.assertEqual(("192.0.2.1", "255.255.255.0"), (lan.gateway, lan.netmask))
            cell = next(craton.cells.list())
            self.assertEqual((cell.id, rack.id), (db.cell_id, db.parent_id))
            self.assertEqual("by the sea", craton.regions.get(web.region_id).note)

    def test_the_description_stays_as_it_was(self):
        before = json.dumps(FLEET)
        with testing.fleet(FLEET):
            pass
        self.assertEqual(before, json.dumps(FLEET))

    def test_the_description_describes_the_first_project(self):
        with testing.fleet({"name": "mine", "variables": {"a": 1}}) as craton:
            (project,) = craton.projects.list()
            self.assertEqual("mine", project.name)
            self.assertEqual({"a": 1}, project.variables.get().to_dict())

    def test_fleets_are_independent_in_threads(self):
        def check(number: int) -> list[str]:
            with testing.fleet({"clouds": [{"name": f"c{number}"}]}) as craton:
                craton.clouds.create(name="more")
                return names(craton.clouds.list())

        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            found = list(threads.map(check, range(24)))

        self.assertEqual([[f"c{number}", "more"] for number in range(24)], found)

    def test_threads_can_share_a_client(self):
        with testing.fleet() as craton, concurrent.futures.ThreadPoolExecutor(8) as threads:
            made = threads.map(lambda n: craton.clouds.create(name=f"c{n}").id, range(40))
            self.assertEqual(40, len(set(made)))

    def test_a_pickled_client_has_the_same_fleet(self):
        with testing.fleet(FLEET) as craton, fakes.pickled(craton) as other:
            self.assertEqual(["prod", "bench"], names(other.clouds.list()))
            other.clouds.create(name="new")
            self.assertIn("new", names(craton.clouds.list()))

    def test_it_is_deleted_after_an_error(self):
        with self.assertRaisesRegex(KeyError, "mine"), testing.fleet(FLEET):
            raise KeyError("mine")

    def test_what_the_server_refuses_is_named(self):
        twice = [{"name": "prod"}, {"name": "prod"}]
        for wanted, described in (
            (r"^clouds\[1\]: the cloud cannot be created: .*already exists", {"clouds": twice}),
            (
                r"^clouds\[0\]: the cloud cannot be created: [^(]*- note: 5 is not",
                {"clouds": [{"name": "prod", "note": 5}]},
            ),
            (
                r"^clouds\[0\]: the cloud cannot be created: .*JSON",
                {"clouds": [{"name": "prod", "variables": {"a": object()}}]},
            ),
            (
                r"hosts\[0\]: the host cannot be created: .*'10.0.0.300'",
                place(hosts=[{"name": "a", "ip_address": "10.0.0.300"}]),
            ),
            (
                r"network_devices\[0\]\.labels: 'web' is not a list",
                place(network_devices=[{"name": "a", "labels": "web"}]),
            ),
            (
                r"hosts\[0\]: the host refers to itself",
                place(hosts=[{"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}]),
            ),
        ):
            with (
                self.subTest(wanted),
                self.assertRaisesRegex(testing.DescriptionError, wanted),
                testing.fleet(described),
            ):
                self.fail("there is a fleet")

    def test_it_is_quick(self):
        """Processor time, so that a busy machine makes no test fail."""
        ten = place(hosts=[{"name": f"web-{number}"} for number in range(8)])
        with testing.fleet(ten):
            pass  # the first one imports the server
        began = time.process_time()
        for _ in range(5):
            with testing.fleet(ten):
                pass
        self.assertLess((time.process_time() - began) / 5, 0.25)

    def test_the_tables_are_created_once(self):
        with testing.fleet():
            pass
        broken = mock.patch("cratonserver.db.migrations.upgrade", side_effect=AssertionError)
        with broken, testing.fleet(FLEET):
            pass

    def test_without_a_server_the_error_says_what_to_install(self):
        for failing in (
            mock.patch.object(backend, "GROUP", "cratonclient.nothing"),
            mock.patch.dict(sys.modules, {"cratonserver.temporary": None}),
        ):
            backend.temporary_fleet.cache_clear()
            self.addCleanup(backend.temporary_fleet.cache_clear)
            with (
                failing,
                self.assertRaisesRegex(
                    exceptions.TransportNotFound,
                    r"^cratonclient.testing needs the Craton server.*"
                    r"pip install 'python-cratonclient\[server\]'$",
                ),
                testing.fleet(),
            ):
                self.fail("there is a fleet")


def place(**inside: t.Any) -> dict[str, t.Any]:
    """Return a description with one region."""
    return {"clouds": [{"name": "prod", "regions": [{"name": "east", **inside}]}]}


class Mast(crud.Resource):
    """A kind of another package, inside the hosts of the fleet."""

    name = shared.name("device")
    host_id = Ref("hosts", "host that the mast stands on", required=True)
    height = Field(int, "height in metres", required=True)
    flags = Sub(labels.LabelManager, list, "flags on the mast", create=False)
    variables = shared.variables("not inherited")
    project_id = shared.PROJECT


class TestToys(FolderTestCase):
    """A kind of another package is described like those of this package."""

    def test_it_is_created_with_its_parts(self):
        registered = {"masts": toys.manager_of(Mast)}
        mast = {"name": "m", "height": 3, "flags": ["red"], "variables": {"a": 1}}
        self.enterContext(mock.patch.object(v1, "_registered", return_value=registered))
        self.addCleanup(registry.all_rules.cache_clear)
        self.addCleanup(temporary._empty_fleet.cache_clear)
        registry.all_rules.cache_clear()
        temporary._empty_fleet.cache_clear()

        with testing.fleet(place(hosts=[{"name": "web", "masts": [mast]}])) as craton:
            of_another_package: t.Any = craton
            (found,) = of_another_package.masts.list()
            self.assertEqual((3, next(craton.hosts.list()).id), (found.height, found.host_id))
            self.assertEqual(["red"], found.flags.get())
            self.assertEqual({"a": 1}, found.variables.get().to_dict())


class TestServer(FolderTestCase):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(testing.server(FLEET))

    def test_it_has_what_was_described(self):
        self.assertEqual(["db-1", "web-1"], sorted(names(self.server.client().hosts.list())))

    def test_it_listens_on_this_machine_only(self):
        self.assertRegex(self.server.url, r"^http://127\.0\.0\.1:[0-9]+$")

    def test_a_wrong_key_is_refused(self):
        session = auth.craton_auth(self.server.username, "wrong", self.server.project_id)
        self.addCleanup(session.close)
        craton = client.Client(session, self.server.url)

        self.assertRaises(exceptions.Unauthorized, list, craton.clouds.list())
        # The body of a request that is refused is read, or the connection would be reset.
        for _ in range(20):
            self.assertRaises(
                exceptions.Unauthorized, craton.clouds.create, name="x", note="y" * 60000
            )

    def test_users_of_projects_see_their_own(self):
        ada = self.server.login("ada")

        self.assertEqual(["bench"], names(ada.client().clouds.list()))
        self.assertEqual("lab", ada.client().projects.get(ada.project_id).name)
        office = self.server.login("bob", project="office")
        self.assertEqual([], names(office.client().clouds.list()))

    def test_a_user_must_be_the_only_one_of_the_name(self):
        for wanted, given in (
            ("The description has no user 'eve'.", ("eve",)),
            ("The description has no user 'ada'.", ("ada", "office")),
            ("Several projects have a user 'bob'. Name the project, too.", ("bob",)),
        ):
            error = self.assertRaises(exceptions.CommandError, self.server.login, *given)
            self.assertEqual(wanted, str(error))

    def test_the_command_uses_its_environment(self):
        program = str(pathlib.Path(sys.executable).parent / "craton")
        environment = {"HOME": str(self.folder()), "PATH": os.environ["PATH"]}
        words = [program, "host", "list", "-f", "value", "-c", "name", "--sort", "name"]
        done = subprocess.run(
            words,
            env={**environment, **self.server.environment},
            capture_output=True,
            text=True,
        )
        self.assertEqual((0, "db-1\nweb-1\n"), (done.returncode, done.stdout), done.stderr)

    def test_the_next_requests_fail(self):
        craton = self.server.client()
        self.server.fail_next(500)
        error = self.assertRaises(
            exceptions.InternalServerError, craton.clouds.create, name="x", note="y" * 60000
        )
        self.assertIn("by the test", str(error))
        self.assertNotIn("x", names(craton.clouds.list()))

        self.server.fail_next(409, times=2)
        for _ in range(2):
            self.assertRaises(exceptions.Conflict, craton.clouds.create, name="x")
        self.assertEqual("x", craton.clouds.create(name="x").name)

    def test_requests_of_a_method_and_a_path_fail(self):
        craton = self.server.client()
        host = next(craton.hosts.list())
        self.server.fail_next(500, method="put", path="/labels")
        host.update(note="x")
        host.labels.get()
        host.variables.set("a", 1)
        self.assertRaises(exceptions.InternalServerError, host.labels.add, "x")
        self.assertIn("x", host.labels.add("x"))

    def test_only_errors_can_be_asked_for(self):
        for status in (200, 999):
            self.assertRaises(ValueError, self.server.fail_next, status)

    def test_variables_of_the_process_are_no_headers(self):
        login = self.server
        identity = {
            "HTTP_X_AUTH_USER": login.username,
            "HTTP_X_AUTH_TOKEN": login.token,
            "HTTP_X_AUTH_PROJECT": login.project_id,
        }
        with mock.patch.dict(os.environ, identity):
            self.assertEqual(401, requests.get(f"{login.url}/v1/clouds", timeout=9).status_code)

    def test_a_body_of_unknown_length_is_refused(self):
        answer = requests.post(f"{self.server.url}/v1/clouds", data=iter([b"{}"]), timeout=9)
        self.assertEqual(411, answer.status_code)

    def test_its_log_is_silent(self):
        with mock.patch("sys.stderr") as said:
            self.assertEqual(
                401, requests.get(f"{self.server.url}/v1/clouds", timeout=9).status_code
            )
        said.write.assert_not_called()

    def test_many_clients_at_once(self):
        def create(number: int) -> str:
            return self.server.client().clouds.create(name=f"c{number}").name

        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            self.assertEqual(24, len(set(threads.map(create, range(24)))))


def connect(server: testing.Server) -> socket.socket:
    """Open a connection to a server."""
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=50)


class TestServerEnd(FolderTestCase):
    def test_an_idle_connection_does_not_delay_it(self):
        with testing.server() as server:
            connection = connect(server)
            self.addCleanup(connection.close)
            server.client().clouds.create(name="x")  # the server has accepted the first one
        self.assertEqual(b"", connection.recv(1))

    def test_clients_that_go_away_cause_no_output(self):
        with mock.patch("sys.stderr", io.StringIO()) as said, testing.server() as server:
            half = b"POST /v1 HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
            for sent in (b"", b"GET /v1", half, b"no request\n"):
                connection = connect(server)
                connection.sendall(sent)
                # Close with a reset, as the end of a killed process does.
                connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                connection.close()
            list(server.client().clouds.list())
        self.assertEqual("", said.getvalue())

    def test_nothing_listens_afterwards(self):
        with testing.server() as server:
            pass
        self.assertRaises(requests.ConnectionError, requests.get, server.url, timeout=9)
