# SPDX-License-Identifier: Apache-2.0
"""Every example of README and the documentation, against a live server.

Each page begins with a server that has an empty fleet, and the variables of its
root user in the environment.
"""

from __future__ import annotations

import os
import pathlib
import textwrap
from unittest import mock

from cratonclient.tests import base, servers
from cratonclient.tests.docs import pages

ROOT = pathlib.Path(__file__).parents[3]
#: How a page calls the place of the server.
ADDRESS = "127.0.0.1:7780"


class TestPages(base.TestCase):
    """One test for each page, made below."""

    def check(self, page: pathlib.Path) -> None:
        login = servers.start(self)
        address = login["CRATON_URL"].removeprefix("http://")
        environment = {
            "PATH": f"{servers.BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder()),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
            **login,
        }
        patch = mock.patch.dict(os.environ, environment, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        shell = pages.Shell(environment, pathlib.Path(environment["HOME"]))
        self.addCleanup(shell.close)

        pages.run(page, shell, lambda text: text.replace(ADDRESS, address))


def _add(page: pathlib.Path) -> None:
    name = "_".join(page.relative_to(ROOT).with_suffix("").parts).replace("-", "_")

    def test(self: TestPages) -> None:
        self.check(page)

    setattr(TestPages, f"test_{name}".lower(), test)


for found in [ROOT / "README.rst", *sorted((ROOT / "doc/source").rglob("*.rst"))]:
    if pages.blocks(found):
        _add(found)


class TestReading(base.TestCase):
    def page(self, text):
        path = self.folder() / "page.rst"
        path.write_text(textwrap.dedent(text))
        return path

    def run_page(self, text):
        path = self.page(text)
        shell = pages.Shell({"PATH": os.environ["PATH"]}, path.parent)
        self.addCleanup(shell.close)
        return pages.run(path, shell, lambda text: text)

    def test_examples_share_a_shell_and_an_interpreter(self):
        count = self.run_page(
            """
            .. code-block:: console

                $ a=1; \\
                  b=2
                $ echo $a$b; echo c
                12
                c

            .. code-block:: python

                x = 1

            .. note::

               .. code-block:: pycon

                   >>> x
                   1
            """
        )

        self.assertEqual(3, count)

    def test_what_is_not_an_example_is_not_run(self):
        self.assertEqual([], pages.blocks(self.page("::\n\n    $ false\n")))

    def test_wrong_output_is_found(self):
        for text in (
            ".. code-block:: console\n\n    $ echo a\n    b\n",
            ".. code-block:: console\n\n    $ echo a\n",
            ".. code-block:: console\n\n    $ cat /nowhere\n",
            ".. code-block:: pycon\n\n    >>> 1\n    2\n",
        ):
            self.assertRaises(pages.Failed, self.run_page, text)
