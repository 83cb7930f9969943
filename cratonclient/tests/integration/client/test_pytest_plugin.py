# SPDX-License-Identifier: Apache-2.0
"""The plugin for pytest, in a run of pytest with tests that use its fixtures."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import textwrap
from importlib import metadata

from cratonclient.tests import base

SUITE = """
    import subprocess
    import sys

    import pytest

    from cratonclient import testing
    from cratonclient.v1 import client

    FLEET = {'clouds': [{'name': 'prod', 'regions': [{'name': 'east'}]}]}

    def test_a_fleet_is_empty(craton):
        assert isinstance(craton, client.Client)
        assert list(craton.clouds.list()) == []
        craton.clouds.create(name='mine')

    def test_a_test_has_a_fleet_of_its_own(craton):
        assert list(craton.clouds.list()) == []

    def test_fleets_are_made_from_descriptions(craton_fleet):
        one, other = craton_fleet(FLEET), craton_fleet({})
        assert [region.name for region in one.regions.list()] == ['east']
        assert list(other.regions.list()) == []

    class TestOfAClass:
        @pytest.fixture
        def craton_description(self):
            return FLEET

        def test_its_fleet_is_described(self, craton):
            assert [cloud.name for cloud in craton.clouds.list()] == ['prod']

        def test_a_server_and_a_client_share_it(self, craton, craton_server):
            assert [c.name for c in craton_server.client().clouds.list()] == ['prod']
            craton.clouds.create(name='new')
            assert len(list(craton_server.client().clouds.list())) == 2

    @pytest.mark.parametrize('craton_description', [{'clouds': [{'name': 'x'}]}])
    def test_a_parameter_describes_it(craton):
        assert [cloud.name for cloud in craton.clouds.list()] == ['x']

    def test_a_description_that_is_wrong(craton_fleet):
        with pytest.raises(testing.DescriptionError, match=r'^clouds\\[0\\]\\.name: missing'):
            craton_fleet({'clouds': [{}]})
"""

QUIET = """
    import sys

    def test_nothing_is_imported():
        slow = {'requests', 'keystoneauth1', 'sqlalchemy', 'cratonserver', 'yaml', 'stevedore'}
        assert not slow & set(sys.modules)
        assert not {name for name in sys.modules if name.startswith('cratonclient.')} - {
            'cratonclient.pytest_plugin'
        }
"""


class TestRuns(base.TestCase):
    def run_pytest(self, suite: str, *words: str) -> str:
        """Run a suite without the plugins of other packages, and return its output."""
        folder = self.folder()
        (folder / "test_suite.py").write_text(textwrap.dedent(suite))
        (folder / "tmp").mkdir()
        installed = metadata.entry_points(group="pytest11").names - {"craton"}
        without = [f"-pno:{name}" for name in ("cacheprovider", *installed)]
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "pytest", *without, *words],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertEqual([], [*(folder / "tmp").iterdir()])
        return done.stdout

    def test_a_suite_uses_the_fixtures(self):
        self.assertIn("7 passed", self.run_pytest(SUITE, "-q", "-W", "error"))

    def test_a_run_that_does_not_use_them_imports_nothing(self):
        self.assertIn("1 passed", self.run_pytest(QUIET, "-q"))

    def test_the_fixtures_are_listed_with_their_help(self):
        said = self.run_pytest(QUIET, "--fixtures", "-v")

        for name in ("craton", "craton_description", "craton_fleet", "craton_server"):
            self.assertRegex(said, rf"(?m)^{name} -- .*pytest_plugin.py:\d+\n    \S")


class TestImports(base.TestCase):
    def test_the_package_does_not_need_pytest(self):
        code = (
            "import sys; sys.modules['pytest'] = None; import cratonclient.testing; "
            "from cratonclient.v1 import client"
        )
        root = str(pathlib.Path(__file__).parents[4])
        subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
