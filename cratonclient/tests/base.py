# SPDX-License-Identifier: Apache-2.0
"""Base classes of the tests of the library, the commands and the server."""

from __future__ import annotations

import pathlib
import shutil
import tempfile
import typing as t

import testtools

from cratonclient import auth, secrets
from cratonclient.v1 import cells, client, clouds, hosts, regions
from cratonserver import temporary


class TestCase(testtools.TestCase):
    """The base of all tests."""

    def setUp(self):
        super().setUp()
        # Credentials of a test must not be masked in the texts of others.
        hidden = frozenset(secrets._hidden)
        self.addCleanup(secrets._hidden.intersection_update, hidden)

    def folder(self) -> pathlib.Path:
        """Create a folder that is removed after the test, and return its path."""
        path = pathlib.Path(tempfile.mkdtemp(prefix="craton-test-"))
        self.addCleanup(shutil.rmtree, path)
        return path


class FleetTestCase(TestCase):
    """A test with an empty fleet in a file, without a server."""

    def setUp(self):
        super().setUp()
        fleet = temporary.TemporaryFleet()
        self.addCleanup(fleet.close)
        #: The URL of the database and of the fleet.
        self.database = fleet.url
        self.craton = self.connect()
        self._made = 0

    def connect(self) -> client.Client:
        """Return a client of the fleet that is closed after the test."""
        session = auth.create_session_with(None, True)
        craton = client.Client(session, self.database)
        self.addCleanup(session.close)
        return craton

    def make_cloud(self, **fields: t.Any) -> clouds.Cloud:
        """Create a cloud."""
        return self.craton.clouds.create(**self._named("cloud", fields))

    def make_region(self, **fields: t.Any) -> regions.Region:
        """Create a region, in a new cloud unless ``cloud_id`` is given."""
        if "cloud_id" not in fields:
            fields["cloud_id"] = self.make_cloud().id
        return self.craton.regions.create(**self._named("region", fields))

    def make_cell(self, **fields: t.Any) -> cells.Cell:
        """Create a cell, in a new region unless ``region_id`` is given."""
        return self.craton.cells.create(**self._placed(self._named("cell", fields)))

    def make_host(self, **fields: t.Any) -> hosts.Host:
        """Create a host, in a new region unless ``region_id`` is given."""
        fields = self._placed(self._named("host", fields))
        number = self._made
        fields.setdefault("ip_address", f"10.0.{number // 256}.{number % 256}")
        fields.setdefault("device_type", "server")
        return self.craton.hosts.create(**fields)

    def _named(self, kind: str, fields: dict[str, t.Any]) -> dict[str, t.Any]:
        self._made += 1
        return {"name": f"{kind}-{self._made}", **fields}

    def _placed(self, fields: dict[str, t.Any]) -> dict[str, t.Any]:
        if "region_id" not in fields:
            region = self.make_region()
            return {**fields, "cloud_id": region.cloud_id, "region_id": region.id}
        if "cloud_id" not in fields:
            region = self.craton.regions.get(fields["region_id"])
            return {**fields, "cloud_id": region.cloud_id}
        return fields
