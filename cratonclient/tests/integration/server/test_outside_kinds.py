# SPDX-License-Identifier: Apache-2.0
"""Kinds of other packages: parts with any name, and rules of their own."""

from __future__ import annotations

import pathlib
import types
import typing as t
from unittest import mock

import sqlalchemy as sa

from cratonclient import crud, exceptions, kinds
from cratonclient.fields import Field, Parameter, Sub
from cratonclient.kinds import Kind
from cratonclient.tests import base, toys
from cratonclient.tests.integration.server import base as base_of_server
from cratonclient.v1 import labels, shared, variables
from cratonserver import errors
from cratonserver.db import policy, storage
from cratonserver.db.tables import Tables
from cratonserver.kinds import registry


class Rack(crud.Resource):
    """A rack in a region."""

    name = shared.name("region")
    units = Field(int, "height in rack units", null=True, update=True)
    region_id = shared.REGION
    project_id = shared.PROJECT
    power_settings = Sub(variables.VariableManager, dict, "settings of its power supply")
    tags = Sub(labels.LabelManager, list, "words to find the rack by")

    filters = ("id", "name", "units")
    parameters: t.ClassVar[crud.Parameters] = {
        "tag": Parameter(str, "tag of the rack", compares="tags")
    }
    unique = ("region_id", "name")


RackManager = toys.manager_of(Rack)


class Rules(types.ModuleType):
    """A module with rules, as another package would register it."""

    class Storage(storage.Storage):
        """The storage rules of racks: ``units`` is a minimum."""

        def condition(self, table, name, value, given):
            """Return the condition for racks that are at least so high."""
            return table.c.units >= value if name == "units" else None

    class Policy(policy.Policy):
        """The policy of racks."""

        name_taken = "There is such a rack."

        def check_update(self, change):
            """Refuse a rack without height."""
            if change.values.get("units") == 0:
                raise errors.Refused(400, "A rack has at least one unit.")

        def requirements(self, change):
            """Allow three racks in a region."""
            if not change.is_new:
                return []
            values = {"craton_region": change.values["region_id"]}
            return [policy.Requirement(count_racks, values, 2, self.full)]

        @staticmethod
        def full(found):
            """Return the error for one rack too many."""
            return errors.Refused(403, f"The region has {found} racks.")


def count_racks(tables: Tables, kind: Kind) -> sa.Select[int]:
    """Count the racks in a region."""
    racks = tables.table(kind)
    return sa.select(sa.func.count()).where(racks.c.region_id == sa.bindparam("craton_region"))


class OutsideTestCase(toys.ToyTestCase):
    """A fleet with racks."""

    manager_class = RackManager

    def setUp(self):
        super().setUp()
        cloud = self.craton.clouds.create(name="prod")
        self.region = self.craton.regions.create(name="east", cloud_id=cloud.id)

    def create(self, name: str, **fields: t.Any) -> Rack:
        """Create a rack."""
        rack: Rack = self.toys.create(name=name, region_id=self.region.id, **fields)
        return rack


class TestParts(OutsideTestCase):
    """A part does not have to be called variables or labels."""

    def test_a_mapping_can_be_changed(self):
        rack = self.create("r1", power_settings={"volts": 230})
        self.assertEqual({"volts": 230}, rack.to_dict()["power_settings"])
        changed = rack.power_settings.update(phases=3)
        self.assertEqual({"volts": 230, "phases": 3}, changed.to_dict())
        rack.power_settings.delete("volts")
        self.assertEqual({"phases": 3}, rack.power_settings.get().to_dict())
        self.assertEqual({"phases": 3}, self.toys.get(rack.id).to_dict()["power_settings"])

    def test_a_list_can_be_changed_and_filtered_by(self):
        rack, _ = self.create("r1", tags=["old", "b"]), self.create("r2")
        self.assertEqual(["b", "new", "old"], rack.tags.add("new"))
        rack.tags.remove("old")
        self.assertEqual(["b", "new"], rack.tags.get())
        self.assertEqual(["b", "new"], self.toys.get(rack.id).to_dict()["tags"])
        self.assertEqual(["r1"], [one.name for one in self.toys.list(tag="new")])

    def test_parts_go_with_their_owner(self):
        rack = self.create("r1", tags=["a"], power_settings={"volts": 230})
        rack.delete()
        self.assertRaises(exceptions.NotFound, rack.tags.get)
        self.assertEqual([], list(self.toys.list(tag="a")))

    def test_the_document_describes_them(self):
        document = self.toys.session.get("http://fleet.invalid/v1/openapi.json").json()
        for path in ("/v1/racks/{id}/power-settings", "/v1/racks/{id}/tags"):
            self.assertLessEqual({"get", "put", "delete"}, set(document["paths"][path]))


class TestRules(OutsideTestCase):
    """Another package registers rules for its kind."""

    module = Rules("racks")

    def test_its_policy_applies(self):
        self.create("r1")
        error = self.assertRaises(exceptions.Conflict, self.create, "r1")
        self.assertEqual("There is such a rack.", error.server_message)
        invalid = self.assertRaises(exceptions.BadRequest, self.create, "r2", units=0)
        self.assertEqual("A rack has at least one unit.", invalid.server_message)
        self.assertEqual(["r1"], [one.name for one in self.toys.list()])

    def test_its_requirements_are_checked_after_the_references(self):
        for name in ("r1", "r2", "r3"):
            self.create(name, tags=["a"], power_settings={"volts": 230})
        error = self.assertRaises(exceptions.Forbidden, self.create, "r4", tags=["b"])
        self.assertEqual("The region has 3 racks.", error.server_message)
        lost = self.assertRaises(
            exceptions.NotFound, self.toys.create, name="r4", region_id=base_of_server.NOWHERE
        )
        self.assertIn("region_id", str(lost.server_message))
        self.assertEqual(3, len(list(self.toys.list())))
        self.assertEqual([], list(self.toys.list(tag="b")))

    def test_its_storage_rules_apply(self):
        for name, units in (("low", 10), ("high", 42)):
            self.create(name, units=units)
        self.assertEqual(["high"], [one.name for one in self.toys.list(units=20)])

    def test_a_kind_without_a_module_has_the_defaults(self):
        with mock.patch.object(registry, "_registered", return_value={}):
            rules = registry.rules_of(kinds.kind_of(RackManager))
        self.assertIs(storage.Storage, type(rules.storage))
        self.assertIs(policy.Policy, type(rules.policy))


class TestRegistry(base.TestCase):
    def test_every_module_of_the_room_is_registered(self):
        room = pathlib.Path(registry.__file__).parent
        names = {path.stem for path in room.glob("*.py")} - {"__init__", "registry"}
        self.assertEqual(names, set(registry.COLLECTIONS))
