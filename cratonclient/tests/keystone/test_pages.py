# SPDX-License-Identifier: Apache-2.0
"""The examples of the documentation that need Keystone."""

from __future__ import annotations

import contextlib
import os
import pathlib
from unittest import mock

from cratonclient.tests.docs import pages
from cratonclient.tests.keystone import base, service


class TestPages(base.KeystoneTestCase):
    """One test for each page, added below. The environment is a cloud operator's."""

    def check(self, page: pathlib.Path) -> None:
        """Run the examples of a page."""
        found = [block for block in pages.blocks(page) if block.needs == "keystone"]
        folder = self.folder()
        environment = pages.environment(folder) | {
            "OS_AUTH_URL": self.keystone.url,
            "OS_USERNAME": "admin",
            "OS_PASSWORD": service.PASSWORD,
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
        }
        places = {
            "https://keystone.example.org/v3": self.keystone.url,
            # The catalog already lists Craton, for other tests.
            "inventory fleet_management": "inventory another_service",
        }
        self.enterContext(mock.patch.dict(os.environ, environment, clear=True))
        self.enterContext(contextlib.chdir(folder))
        shell = pages.Shell(environment, folder)
        self.addCleanup(shell.close)
        pages.run(page, found, shell, lambda text: pages.rewritten(text, places))


def _add(page: pathlib.Path) -> None:
    def test(self: TestPages) -> None:
        self.check(page)

    setattr(TestPages, f"test_{pages.name(page)}", test)


for path in pages.PAGES:
    if "keystone" in pages.needs(path):
        _add(path)
