# SPDX-License-Identifier: Apache-2.0
"""Workflows with a live server, over a real socket.

The tests use the server that the environment variables CRATON_URL, OS_USERNAME,
OS_PASSWORD and OS_PROJECT_ID name; without these variables they start a server. It may
be an original Craton server: the tests use only the 2017 protocol, create unique names
and delete everything that they create.
"""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
import uuid

from cratonclient import auth, exceptions
from cratonclient.tests import base, servers
from cratonclient.v1 import client


class LiveTestCase(base.TestCase):
    """A test with a client, and with a cloud and a region that are deleted afterwards."""

    def setUp(self) -> None:
        super().setUp()
        self.login = servers.given_or_started(self)
        self.craton = self.client(self.login["OS_PASSWORD"])
        self.name = f"test-{uuid.uuid4().hex[:12]}"
        self.cloud = self.craton.clouds.create(name=self.name, variables={"ntp": "a"})
        self.addCleanup(self.craton.clouds.delete, self.cloud.id)
        self.region = self.craton.regions.create(name=self.name, cloud_id=self.cloud.id)

    def client(self, key: str) -> client.Client:
        """Return a client that uses an API key."""
        session = auth.craton_auth(self.login["OS_USERNAME"], key, self.login["OS_PROJECT_ID"])
        self.addCleanup(session.close)
        return client.Client(session, self.login["CRATON_URL"])

    def host(self, number: int, **more: t.Any) -> t.Any:
        """Create a host in the region."""
        return self.craton.hosts.create(
            name=f"{self.name}-{number}",
            ip_address=f"10.0.0.{number}",
            device_type="server",
            cloud_id=self.cloud.id,
            region_id=self.region.id,
            **more,
        )


class TestLibrary(LiveTestCase):
    def test_a_host_lives_and_dies(self):
        host = self.host(1, note="new")

        self.craton.hosts.update(host.id, note="used")

        self.assertEqual("used", self.craton.hosts.get(host.id).note)
        self.assertTrue(host.delete())
        self.assertRaises(exceptions.NotFound, self.craton.hosts.get, host.id)

    def test_variables_are_inherited_until_they_are_overridden(self):
        host = self.host(1)

        self.assertEqual("a", host.variables.get()["ntp"].value)
        host.variables.update(ntp="b", own=[1, {"deep": None}])
        self.assertEqual(
            {"ntp": "b", "own": [1, {"deep": None}]}, host.variables.get().to_dict()
        )
        host.variables.delete("ntp", "own")
        self.assertEqual({"ntp": "a"}, host.variables.get().to_dict())

    def test_labels_are_added_found_and_removed(self):
        host = self.host(1)

        host.labels.add(self.name, "web")
        [found] = self.craton.hosts.list(label=self.name)
        host.labels.remove(self.name)

        self.assertEqual(host.id, found.id)
        self.assertEqual(["web"], host.labels.get())

    def test_a_list_is_walked_to_its_end(self):
        made = [self.host(number).id for number in range(1, 24)]

        found = self.craton.hosts.list(region_id=self.region.id, limit=10)

        self.assertEqual(made, [host.id for host in found])

    def test_devices_are_hosts_and_network_devices(self):
        host = self.host(1)
        switch = self.craton.network_devices.create(
            name=self.name,
            ip_address="10.0.1.1",
            device_type="switch",
            cloud_id=self.cloud.id,
            region_id=self.region.id,
        )

        found = self.craton.devices.list(region_id=self.region.id)

        self.assertEqual({host.id, switch.id}, {device.id for device in found})

    def test_a_name_that_is_taken_is_a_conflict(self):
        error = self.assertRaises(
            exceptions.Conflict, self.craton.clouds.create, name=self.name
        )

        self.assertEqual("A cloud with the given name already exists.", error.server_message)
        self.assertTrue((error.request_id or "").startswith("req-"))

    def test_a_wrong_key_is_refused(self):
        craton = self.client(str(uuid.uuid4()))

        self.assertRaises(exceptions.Unauthorized, list, craton.hosts.list())


class TestCommands(LiveTestCase):
    def run_program(self, *words: str, **environment: str) -> t.Any:
        """Run a program and return its output, parsed as JSON."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return json.loads(
            subprocess.check_output(
                [servers.BIN / words[0], *words[1:], "-f", "json"], env={**kept, **environment}
            )
        )

    def test_both_front_doors_show_the_same(self):
        self.host(1)
        words = ("host", "list", "--region", str(self.region.id))

        ours = self.run_program("craton", *words, **self.login)
        theirs = self.run_program(
            "openstack",
            "craton",
            *words,
            OS_AUTH_TYPE="craton",
            OS_ENDPOINT=self.login["CRATON_URL"],
            OS_USERNAME=self.login["OS_USERNAME"],
            OS_TOKEN=self.login["OS_PASSWORD"],
            OS_PROJECT_ID=self.login["OS_PROJECT_ID"],
        )

        self.assertEqual([f"{self.name}-1"], [host["name"] for host in ours])
        self.assertEqual(ours, theirs)

    def test_options_stand_for_the_environment(self):
        options = (
            f"--craton-url={self.login['CRATON_URL']}",
            f"--os-username={self.login['OS_USERNAME']}",
            f"--os-password={self.login['OS_PASSWORD']}",
            f"--os-project-id={self.login['OS_PROJECT_ID']}",
        )

        shown = self.run_program("craton", *options, "cloud", "show", self.name)

        self.assertEqual(self.cloud.id, shown["id"])
        self.assertEqual({"ntp": "a"}, shown["variables"])
