# SPDX-License-Identifier: Apache-2.0
"""The tables of the kinds in the documentation follow from the declarations."""

from __future__ import annotations

import importlib.util
import types
import typing as t

from docutils import core, nodes

from cratonclient import crud, kinds, v1
from cratonclient.fields import Field
from cratonclient.tests import base, toys
from cratonclient.tests.docs import pages
from cratonclient.v1 import relations


def directive() -> types.ModuleType:
    """Import the module with the directive, which is not part of a package."""
    path = pages.ROOT / "doc" / "source" / "kinds.py"
    spec = importlib.util.spec_from_file_location("documented_kinds", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestTables(base.TestCase):
    def setUp(self):
        super().setUp()
        self.directive: t.Any = directive()

    def rows(self, kind: kinds.Kind) -> dict[str, tuple[str, ...]]:
        fields = kind.fields.items()
        return {name: self.directive.row(kind, name, field) for name, field in fields}

    def test_every_name_is_in_the_text(self):
        for kind in v1.kinds():
            text = self.directive.text_of(kind)
            names = [*kind.fields, *kind.resource_class.filters]
            names += kind.resource_class.parameters
            names += [f"{kind.key}.{n}" for n in relations.reachable(kind.resource_class)]
            for name in names:
                self.assertIn(f"``{name}``", text)

    def test_fields_of_hosts(self):
        rows = self.rows(v1.kind("hosts"))
        self.assertEqual(("``str``", "required", "yes", "yes"), rows["name"][1:5])
        self.assertEqual(("required", "yes", "yes"), rows["region_id"][2:5])
        self.assertIn(":ref:`region <kind-regions>`", rows["region_id"][1])
        self.assertEqual(("``str``, or ``None``", "yes", "yes", ""), rows["note"][1:5])
        self.assertIn("Default: ``True``.", rows["active"][5])
        self.assertIn("VariableManager", rows["variables"][1])
        self.assertIn("``details=True``", rows["variables"][5])

    def test_devices_can_only_be_listed(self):
        for row in self.rows(v1.kind("devices")).values():
            self.assertEqual(("", ""), row[2:4])

    def test_a_new_kind_has_a_table(self):
        class Rack(crud.Resource):
            height = Field(int, "height in units", required=True)

        text = self.directive.text_of(kinds.kind_of(toys.manager_of(Rack)))
        self.assertIn("Height in units.", text)

    def test_tables_are_valid(self):
        rows = [("``a``", "", "b"), ("``c``", "d", "")]
        text = self.directive.table(("x", "y", "z"), (1, 1, 1), rows)
        tree = core.publish_doctree(text, settings_overrides={"halt_level": 2})
        self.assertEqual(9, len([*tree.findall(nodes.entry)]))
