# SPDX-License-Identifier: Apache-2.0
"""Kinds that only tests declare, and a fleet that has one of them."""

from __future__ import annotations

import types
import typing as t
from unittest import mock

from cratonclient import auth, crud, kinds
from cratonclient.fields import Field, Parameter, Sub
from cratonclient.tests import base
from cratonclient.tests.integration.server import databases
from cratonclient.v1 import client, labels, shared
from cratonserver import composition, embedded
from cratonserver.db.store import Store
from cratonserver.kinds import registry

R = t.TypeVar("R", bound=crud.Resource)

#: The URL of a fleet in this process. No resolver knows names in .invalid.
_URL = "http://fleet.invalid"


def manager_of(resource_class: type[R]) -> type[crud.CRUDClient[R]]:
    """Return the manager class of a kind: the kind of the class ``Tent`` is in ``/tents``."""
    key = resource_class.__name__.lower()
    members = {
        "__doc__": f"A manager for {key}s.",
        "key": key,
        "base_path": f"/{key}s",
        "resource_class": resource_class,
    }
    return type(f"{resource_class.__name__}Manager", (crud.CRUDClient,), members)


class Segment(crud.Resource):
    """A segment of a network, with a field of each format."""

    name = shared.name("project")
    area = Field(str, "addresses of the segment", required=True, update=True, format="cidr")
    around = Field(str, "addresses around it", null=True, update=True, format="cidr")
    part = Field(str, "a part of it", null=True, update=True, format="cidr", within="area")
    mask = Field(str, "its netmask", null=True, update=True, format="netmask", within="area")
    router = Field(str, "its router", null=True, update=True, format="ip", within="area")
    servers = Sub(labels.LabelManager, list, "name servers", format="ip")
    project_id = shared.PROJECT

    filters = ("id", "name", "area", "mask", "router")
    parameters: t.ClassVar[crud.Parameters] = {
        "server": Parameter(str, "a name server", compares="servers"),
        "via": Parameter(str, "the router", compares="router"),
    }
    unique = ("project_id", "router")


SegmentManager = manager_of(Segment)


class ToyTestCase(base.TestCase):
    """Tests with a fleet that has a kind of another package, without a server."""

    #: The manager class of the kind.
    manager_class: type[crud.CRUDClient[t.Any]]
    #: The module with the rules of the kind, as another package would register it.
    module: types.ModuleType | None = None

    def setUp(self):
        super().setUp()
        kind = kinds.kind_of(self.manager_class)
        registered = {kind.collection: self.module} if self.module else {}
        with mock.patch.object(registry, "_registered", return_value=registered):
            rules = (*registry.all_rules(), registry.rules_of(kind))
        self.store = Store(databases.new(self.addCleanup), rules)
        self.addCleanup(self.store.close)
        self.store.open()
        session = auth.create_session_with(None, True)
        application = composition.application_of(self.store, embedded.SETTINGS)
        session.mount(_URL, embedded.Adapter(application, self.store))
        self.craton = client.Client(session, _URL)
        #: The manager of the kind.
        self.toys = self.manager_class(session, f"{_URL}/v1")
