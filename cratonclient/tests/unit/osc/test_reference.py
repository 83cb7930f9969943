# SPDX-License-Identifier: Apache-2.0
"""The command reference has a page for each object."""

from __future__ import annotations

import pathlib

from cratonclient import v1
from cratonclient.tests import base

PAGES = pathlib.Path(__file__).parents[4] / "doc" / "source" / "cli"


class TestReference(base.TestCase):
    """The pages are generated from the parsers."""

    def test_a_page_for_each_object(self):
        index = (PAGES / "index.rst").read_text()
        for collection in v1.COLLECTIONS:
            name = v1.kind(collection).key.replace("_", "-")
            page = (PAGES / f"{name}.rst").read_text()
            self.assertIn(f".. parsers:: craton {name.replace('-', ' ')}\n", page)
            self.assertIn(f"   {name}\n", index)
