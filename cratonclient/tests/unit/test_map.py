# SPDX-License-Identifier: Apache-2.0
"""The contributors' map names every file, and no file that does not exist."""

from __future__ import annotations

import importlib.util
import re

from cratonclient.tests import base, structure

TOOL = structure.ROOT / "tools/_map.py"


class TestMap(base.TestCase):
    def setUp(self):
        super().setUp()
        spec = importlib.util.spec_from_file_location("_map", TOOL)
        assert spec and spec.loader
        self.map = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.map)
        self.page = self.map.PAGE.read_text("utf-8")

    def test_it_lists_every_file_with_its_docstring(self):
        listed = self.page.partition(self.map.BEGIN)[2].partition(self.map.END)[0]
        self.assertEqual(
            self.map.listing().strip("\n").split("\n"),
            listed.strip("\n").split("\n"),
            "Run: python tools/_map.py",
        )

    def test_every_file_says_in_a_line_what_it_is(self):
        for folder in self.map.FOLDERS:
            for path in self.map.files(folder):
                self.assertTrue(self.map.description(path), path)

    def test_the_changes_name_files_that_exist(self):
        changes = self.page.partition(self.map.BEGIN)[0]
        names = re.findall(
            r"``((?:cratonclient|cratonclient_osc|cratonserver)/[^`]*)``", changes
        )
        self.assertTrue(names)
        for name in names:
            if "<" not in name:
                self.assertTrue((structure.ROOT / name).exists(), name)
