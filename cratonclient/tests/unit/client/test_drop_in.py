# SPDX-License-Identifier: Apache-2.0
"""Programs of 2017 find what they use: modules, attributes, names of parameters."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from unittest import mock

import cratonclient
from cratonclient import exceptions, v1
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client, hosts, variables


def in_new_process(code: str) -> object:
    """Run code in a new interpreter, and return its output, parsed as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class TestModules(base.TestCase):
    """Modules are attributes of their packages, without an import of their own."""

    def test_the_client_brings_the_modules_of_the_collections(self):
        code = (
            "import json, cratonclient.v1.client; v1 = cratonclient.v1;"
            "names = [*v1.COLLECTIONS, 'variables', 'labels', 'inventory'];"
            "print(json.dumps([getattr(v1, name).__name__ for name in names]))"
        )
        names = [*v1.COLLECTIONS, "variables", "labels", "inventory"]
        self.assertEqual([f"cratonclient.v1.{name}" for name in names], in_new_process(code))

    def test_the_package_brings_its_modules(self):
        code = (
            "import json, cratonclient;"
            "print(json.dumps([cratonclient.exceptions.NotFound.__name__,"
            " cratonclient.crud.Resource.__name__, cratonclient.session.Session.__name__,"
            " cratonclient.auth.__name__, cratonclient.v1.client.Client.__name__]))"
        )
        self.assertEqual(
            ["NotFound", "Resource", "Session", "cratonclient.auth", "Client"],
            in_new_process(code),
        )

    def test_a_module_is_imported_when_it_is_read_and_not_before(self):
        code = (
            "import json, sys, cratonclient.v1.client;"
            "print(json.dumps([m for m in sys.modules if m in"
            " ('cratonclient.v1.hosts', 'cratonclient.auth', 'requests', 'keystoneauth1')]))"
        )
        self.assertEqual([], in_new_process(code))

    def test_an_unknown_name_is_no_attribute(self):
        for package in (cratonclient, v1):
            for name in ("nothing", "_hidden", "__wrapped__"):
                error = self.assertRaises(AttributeError, getattr, package, name)
                self.assertIn(f"{package.__name__!r} has no attribute {name!r}", str(error))

    def test_an_error_inside_a_module_is_not_hidden(self):
        failure = ModuleNotFoundError("No module named 'requests'", name="requests")
        with mock.patch("importlib.import_module", side_effect=failure):
            error = self.assertRaises(
                ModuleNotFoundError, cratonclient.submodule, "cratonclient", "auth"
            )
        self.assertEqual("requests", error.name)


class TestVars(base.TestCase):
    """``vars(client)`` has the managers, which are created when they are needed."""

    def setUp(self):
        super().setUp()
        self.session, self.below = fakes.session_on()
        self.craton = client.Client(self.session, fakes.URL)

    def test_it_has_every_manager(self):
        found = vars(self.craton)

        for name in v1.COLLECTIONS:
            self.assertIsInstance(found[name], v1.manager(name))
            self.assertIs(getattr(self.craton, name), found[name])
        self.assertEqual([], self.below.calls)

    def test_it_is_the_dictionary_itself(self):
        double = object()
        vars(self.craton)["hosts"] = double

        self.assertIs(double, self.craton.hosts)
        self.assertIs(vars(self.craton), self.craton.__dict__)

    def test_a_manager_can_be_replaced(self):
        double = object()
        self.craton.hosts = double  # type: ignore[assignment]

        self.assertIs(double, self.craton.hosts)
        self.assertIs(double, vars(self.craton)["hosts"])
        with mock.patch.object(self.craton, "cells", "patched"):
            self.assertEqual("patched", self.craton.cells)
        self.assertEqual("CellManager", type(self.craton.cells).__name__)
        del self.craton.hosts
        self.assertEqual("HostManager", type(self.craton.hosts).__name__)

    def test_nothing_else_creates_managers(self):
        dir(self.craton)
        repr(self.craton)
        copied = copy.copy(self.craton)
        self.craton.extra = 1  # type: ignore[attr-defined]

        for one in (self.craton, copied):
            self.assertEqual(set(), set(v1.COLLECTIONS) & one._attributes().keys())
        self.assertIn("extra", dir(self.craton))

    def test_without_a_url_the_error_says_so(self):
        below = mock.Mock(spec=["request", "get_endpoint", "user_agent"])
        below.get_endpoint.return_value = None
        craton = client.Client(below)

        self.assertRaises(exceptions.EndpointNotFound, vars, craton)
        self.assertIn("hosts", dir(craton))

    def test_a_subclass_has_it_too(self):
        class Fleet(client.Client):
            """A client of a program, with an attribute of its own."""

            def __init__(self) -> None:
                super().__init__(fakes.session_on()[0], fakes.URL)
                self.name = "prod"

        self.assertLessEqual({"name", *v1.COLLECTIONS}, vars(Fleet()).keys())


class TestSmallNames(base.TestCase):
    def test_set_loaded_takes_val(self):
        host = hosts.Host(None, {"id": 1})

        host.set_loaded(val=True)

        self.assertTrue(host.is_loaded())

    def test_a_manager_says_what_it_manages(self):
        manager = hosts.HostManager(fakes.session_on()[0], fakes.URL)

        self.assertEqual(f"<HostManager {fakes.URL}/hosts>", repr(manager))
        host = hosts.Host(manager, {"id": 1}, loaded=True)
        self.assertEqual(
            f"<VariableManager {fakes.URL}/hosts/1/variables>", repr(host.variables)
        )

    def test_the_values_of_variables_have_their_old_name(self):
        found = variables.Variables(None, {"variables": {"rack": "r1"}})

        self.assertEqual({"rack": variables.Variable("rack", "r1")}, found._variables_dict)
        found._variables_dict["slot"] = variables.Variable("slot", 4)
        self.assertEqual(4, found["slot"].value)
