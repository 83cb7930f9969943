# SPDX-License-Identifier: Apache-2.0
"""The types that are generated from the declarations are up to date."""

from __future__ import annotations

import ast
import importlib.util

from cratonclient import crud, v1
from cratonclient.fields import Field
from cratonclient.tests import base, structure
from cratonclient.v1 import shared, types


def statements(text: str) -> list[str]:
    """Return the statements of a module without the imports, whose order does not matter."""
    found = [
        node
        for node in ast.parse(text).body
        if not isinstance(node, (ast.Import, ast.ImportFrom, ast.If))
    ]
    return [ast.unparse(node) for node in found]


class TestTypes(base.TestCase):
    def setUp(self):
        super().setUp()
        path = structure.ROOT / "tools" / "_types.py"
        spec = importlib.util.spec_from_file_location("_types", path)
        assert spec and spec.loader
        self.tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.tool)

    def test_the_files_follow_the_declarations(self):
        for path, text in self.tool.files().items():
            self.assertEqual(
                statements(text),
                statements(path.read_text("utf-8")),
                f"run tools/_types.py: {path.name} differs",
            )

    def test_every_kind_has_a_stub(self):
        stubs = {path.stem for path in self.tool.FOLDER.glob("*.pyi")}
        self.assertEqual(set(v1.COLLECTIONS), stubs)

    def test_programs_can_import_the_types(self):
        self.assertIn("region", types.HostCreate.__annotations__)
        for kind in v1.kinds():
            shown = getattr(types, f"{kind.resource_class.__name__}Dict")
            self.assertEqual(set(kind.fields), set(shown.__annotations__))

    def test_a_changed_declaration_changes_the_types(self):
        class Region(crud.Resource):
            name = shared.name("cloud")
            colour = Field(str, "colour", update=True)

        class RegionManager(crud.CRUDClient[Region]):
            key = "region"
            resource_class = Region

        lines = "\n".join(self.tool._types([self.tool.Kind(RegionManager)]))

        self.assertIn("class RegionUpdate(UpdateOptions, total=False)", lines)
        self.assertIn("colour: str", lines)
        self.assertNotIn("colour", self.tool.files()[self.tool.FOLDER / "types.py"])
