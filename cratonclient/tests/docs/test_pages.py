# SPDX-License-Identifier: Apache-2.0
"""Every example of the README and the documentation, with a live server.

Each page gets a server with an empty fleet, and the environment variables of its root
user. A page that starts a server itself gets neither.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import textwrap
from unittest import mock

from cratonclient.tests import base, postgresql, servers
from cratonclient.tests.docs import pages

#: The address of the server in the pages, and the command that starts a server.
ADDRESS, START = "127.0.0.1:7780", "$ craton-server "
#: The URL of a PostgreSQL database in the pages.
DATABASE = "postgresql://craton@db.example.org/craton"


class TestPages(base.TestCase):
    """One test for each page, added below."""

    def check(self, page: pathlib.Path) -> None:
        found = [block for block in pages.blocks(page) if block.needs != "keystone"]
        places, login = self.begin(page, found)
        folder = self.folder()
        environment = pages.environment(folder) | login
        self.enterContext(mock.patch.dict(os.environ, environment, clear=True))
        self.enterContext(contextlib.chdir(folder))
        shell = pages.Shell(environment, folder)
        self.addCleanup(shell.close)
        pages.run(page, found, shell, lambda text: pages.rewritten(text, places))

    def begin(
        self, page: pathlib.Path, found: list[pages.Block]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Start the servers that a page needs; return their addresses and the login."""
        places = {}
        if any(block.needs == "postgresql" for block in found):
            try:
                cluster = self.enterContext(postgresql.running())
            except postgresql.NotInstalled as exc:
                self.skipTest(str(exc))
            places[DATABASE] = cluster.url()
        if START not in page.read_text():
            login = servers.start(self)
            return {**places, ADDRESS: login["CRATON_URL"].removeprefix("http://")}, login
        places[ADDRESS] = f"127.0.0.1:{free_port()}"
        return places, {"OS_SERVING__LISTEN": places[ADDRESS]}


def free_port() -> int:
    """Return an unused port."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _add(page: pathlib.Path) -> None:
    def test(self: TestPages) -> None:
        self.check(page)

    setattr(TestPages, f"test_{pages.name(page)}", test)


for path in pages.PAGES:
    if pages.needs(path) - {"keystone"}:
        _add(path)


class TestReading(base.TestCase):
    def page(self, text):
        path = self.folder() / "page.rst"
        path.write_text(textwrap.dedent(text))
        return path

    def run_page(self, text):
        path = self.page(text)
        shell = pages.Shell({"PATH": os.environ["PATH"]}, path.parent)
        self.addCleanup(shell.close)
        return pages.run(path, pages.blocks(path), shell, lambda text: text)

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

    def test_what_runs_in_the_background_is_waited_for(self):
        text = "$ (bash -c 'echo late') &\n    late\n    $ echo now\n    now\n"
        self.assertEqual(1, self.run_page(f".. code-block:: console\n\n    {text}"))

    def test_what_is_not_an_example_is_not_run(self):
        self.assertEqual([], pages.blocks(self.page("::\n\n    $ false\n")))

    def test_the_needs_of_each_page_are_known_without_parsing_it(self):
        for page in pages.PAGES:
            self.assertEqual({block.needs for block in pages.blocks(page)}, pages.needs(page))

    def test_wrong_output_is_found(self):
        for text in (
            ".. code-block:: console\n\n    $ echo a\n    b\n",
            ".. code-block:: console\n\n    $ echo a\n",
            ".. code-block:: console\n\n    $ cat /nowhere\n",
            ".. code-block:: console\n\n    $ echo a &\n    b\n",
            ".. code-block:: console\n\n    $ cat <(tail -f /dev/null)\n",
            ".. code-block:: pycon\n\n    >>> 1\n    2\n",
        ):
            with self.subTest(text), mock.patch.object(pages.Shell, "PATIENCE", 1):
                self.assertRaises(pages.Failed, self.run_page, text)
