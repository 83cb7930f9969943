# SPDX-License-Identifier: Apache-2.0
"""The fields in the declaration of a resource."""

from __future__ import annotations

import subprocess
import sys

from cratonclient import crud, v1
from cratonclient.fields import Field, Ref, Storage, Sub
from cratonclient.tests import base
from cratonclient.v1 import variables


class Tent(crud.Resource):
    name = Field(str, "what it is called", required=True, update=True)
    places = Field(int, "for how many", null=True, create=False)
    cloud_id = Ref("clouds", "cloud it is in", required=True)
    owner_id = Ref("users", "whose it is", null=True, storage=Storage(cascade=False))
    variables = Sub(variables.VariableManager, dict, "JSON values")


class BigTent(Tent):
    poles = Field(int, "that hold it up")
    name = Field(str, "what the big one is called")


class TestField(base.TestCase):
    def test_the_class_gives_the_declaration(self):
        self.assertIsInstance(Tent.name, Field)
        self.assertEqual("name", Tent.name.name)
        self.assertIs(str, Tent.name.type)
        self.assertEqual("what it is called", Tent.name.help)

    def test_an_object_gives_the_value(self):
        tent = Tent(None, {"id": 1, "name": "big"}, loaded=True)

        self.assertEqual("big", tent.name)
        self.assertIsNone(tent.places)

    def test_what_is_required_can_be_sent(self):
        field = Field(str, "x", required=True, create=False)

        self.assertTrue(field.create)

    def test_the_defaults_are_the_careful_ones(self):
        field = Field(str, "x")

        self.assertEqual(
            (False, True, False, False, False, False, "always", True),
            (
                field.required,
                field.create,
                field.update,
                field.null,
                field.clear,
                field.secret,
                field.shown,
                field.storage.column,
            ),
        )

    def test_it_says_what_it_is(self):
        self.assertEqual("<Field name: str>", repr(Tent.name))
        self.assertEqual("<Ref cloud_id: int>", repr(Tent.cloud_id))


class TestRef(base.TestCase):
    def test_it_knows_its_target(self):
        self.assertEqual("clouds", Tent.cloud_id.target)
        self.assertIs(int, Tent.cloud_id.type)
        self.assertTrue(Tent.cloud_id.storage.cascade)
        self.assertFalse(Tent.owner_id.storage.cascade)

    def test_every_target_is_a_collection(self):
        for kind in v1.kinds():
            for field in kind.fields.values():
                if isinstance(field, Ref):
                    self.assertIs(field.type, v1.kind(field.target).fields["id"].type)


class TestSub(base.TestCase):
    def test_it_names_the_manager_of_a_part(self):
        self.assertEqual({"variables": variables.VariableManager}, Tent.subresource_managers)

    def test_it_is_no_column_and_shown_with_the_details(self):
        self.assertFalse(Tent.variables.storage.column)
        self.assertEqual("details", Tent.variables.shown)


class TestFields(base.TestCase):
    def test_they_come_in_the_order_to_show_them(self):
        self.assertEqual(
            ["id", "name", "places", "cloud_id", "owner_id", "variables"],
            [name for name in Tent.fields() if name not in ("created_at", "updated_at")],
        )
        self.assertEqual(["created_at", "updated_at"], list(Tent.fields())[-2:])

    def test_a_subclass_adds_and_replaces(self):
        self.assertIn("poles", BigTent.fields())
        self.assertEqual("what the big one is called", BigTent.fields()["name"].help)
        self.assertEqual("what it is called", Tent.fields()["name"].help)
        self.assertNotIn("poles", Tent.fields())

    def test_every_declaration_is_sound(self):
        for kind in v1.kinds():
            cls = kind.resource_class
            fields = cls.fields()
            for name, field in fields.items():
                self.assertEqual(name, field.name)
                self.assertIn(field.type, (str, int, bool, list, dict), repr(field))
                self.assertTrue(field.help, field)
                self.assertFalse(field.help.endswith("."), field)
            for names in (cls.columns, cls.unique, cls.inherits):
                self.assertEqual(set(), set(names) - set(fields), cls.__name__)
            self.assertEqual(set(), set(cls.filters) - set(fields), cls.__name__)
            for name, parameter in cls.parameters.items():
                self.assertTrue(
                    not parameter.compares or parameter.compares in fields,
                    f"{name}: {parameter}",
                )

    def test_secrets_are_declared_as_such(self):
        self.assertTrue(v1.kind("users").fields["api_key"].secret)

    def test_reading_them_needs_the_standard_library_only(self):
        program = (
            "import sys; import cratonclient.fields;"
            "print([m for m in sys.modules if m.split('.')[0] in "
            "('requests', 'urllib3', 'keystoneauth1', 'cliff', 'sqlalchemy')])"
        )

        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )

        self.assertEqual("[]", done.stdout.strip())
