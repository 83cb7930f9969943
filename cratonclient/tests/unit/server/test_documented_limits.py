# SPDX-License-Identifier: Apache-2.0
"""The page about running the server explains each limit that the log and the metrics name."""

from __future__ import annotations

import pathlib
import re

import cratonserver
from cratonclient.tests import base

SOURCES = pathlib.Path(cratonserver.__file__).parent
PAGE = SOURCES.parent / "doc/source/server/running.rst"
#: How a limit is named in the sources: as a keyword argument, or as the last one.
NAME = re.compile(r'reason="(\w+)"|_refused\(\d+, (?:\w+|".*"), "(\w+)"\)')
#: Names that are not in such a call.
OTHERS = {"disk"}


class TestLimits(base.TestCase):
    def test_each_limit_is_explained(self):
        found = {
            name
            for path in SOURCES.rglob("*.py")
            for names in NAME.findall(path.read_text())
            for name in names
            if name
        }
        self.assertLess({"address_limit", "request_limit", "user_limit"}, found)
        text = PAGE.read_text()
        table = text[text.index("have its name:") : text.index("The maximum nesting")]
        self.assertEqual(
            [], sorted(name for name in found | OTHERS if f"``{name}``" not in table)
        )
