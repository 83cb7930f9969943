# SPDX-License-Identifier: Apache-2.0
"""Every dependency is documented, and every documented dependency is required."""

from __future__ import annotations

import configparser
import pathlib
import re

from cratonclient.tests import base

ROOT = pathlib.Path(__file__).parents[3]
PAGE = ROOT / "doc/source/contributor/dependencies.rst"


def required() -> set[str]:
    """Return the names of the required distributions, including those of the extras."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    for extra in settings["extras"].values():
        lines += extra.split("\n")
    names = {re.match(r"[\w.-]*", line.strip())[0] for line in lines}  # type: ignore[index]
    return {name for name in names if name and not name.startswith("types-")}


class TestDependencies(base.TestCase):
    def test_each_has_a_reason(self):
        found = re.findall(r"^   \* - (.+)$", PAGE.read_text(), re.M)
        self.assertEqual(required(), {name for row in found for name in row.split(", ")})
