# SPDX-License-Identifier: Apache-2.0
"""The plugin of OpenStackClient, and its use of osc-lib."""

from __future__ import annotations

import argparse
import logging
import os
import types
import typing as t
from unittest import mock

from osc_lib import exceptions as osc_exceptions

from cratonclient import exceptions
from cratonclient.tests import base
from cratonclient.v1 import client
from cratonclient_osc import plugin


class Instance:
    """A client manager of OpenStackClient."""

    region_name = "east"
    interface = "internal"

    def __init__(self, version: str = "1", error: Exception | None = None) -> None:
        self._api_version = {plugin.API_NAME: version}
        self._error = error

    @property
    def session(self) -> t.Any:
        """The session of keystoneauth."""
        if self._error:
            raise self._error
        return types.SimpleNamespace()


class Cloud:
    """A cloud of clouds.yaml, as openstacksdk reads it, with its numbers of retries."""

    name = "prod"

    def __init__(self, connect: int | None, status: int | None) -> None:
        self._connect, self._status = connect, status

    def get_endpoint(self, service: str) -> None:
        """Return no endpoint."""

    def get_connect_retries(self, service: str) -> int | None:
        """Return ``connect_retries``."""
        return self._connect

    def get_status_code_retries(self, service: str) -> int | None:
        """Return ``status_code_retries``."""
        return self._status


class TestClient(base.TestCase):
    def test_the_client_has_the_session_the_region_and_the_interface(self):
        made = plugin.make_client(Instance())

        self.assertIsInstance(made, client.Client)
        below = made._session._session
        self.assertEqual(("east", "internal"), (below.region_name, below.interface))

    def test_the_cloud_chooses_the_retries(self):
        for given, expected in (((2, 0), (2, 0)), ((None, None), (None, None))):
            instance: t.Any = Instance()
            instance._cli_options = Cloud(*given)
            self.assertEqual(expected, plugin.make_client(instance)._session._retries)
        instance._cli_options = Cloud(-1, None)
        error = self.assertRaises(exceptions.ConfigurationError, plugin.make_client, instance)
        self.assertIn("'prod'", str(error))

    def test_a_minor_version_is_the_same_client(self):
        self.assertIsInstance(plugin.make_client(Instance("1.0")), client.Client)

    def test_an_unknown_version_is_refused(self):
        error = self.assertRaises(
            osc_exceptions.UnsupportedVersion, plugin.make_client, Instance("9")
        )

        self.assertIn("'9'", str(error))

    def test_missing_credentials_are_an_error_of_the_library(self):
        instance = Instance(error=osc_exceptions.AuthorizationFailure("no auth_url"))

        error = self.assertRaises(exceptions.UnableToAuthenticate, plugin.make_client, instance)

        self.assertIn("no auth_url", str(error))


class TestLog(base.TestCase):
    def test_command_lines_in_the_log_of_openstack_are_masked(self):
        for words, masked in (
            ("host list --var bmc.pw=x1", "host list --var bmc.pw=***"),
            ("host list --var bmc.pw=x1 -x1 x1 --long", "host list --var bmc.pw=*** --long"),
            ('--var "k pw"=x1 x1\nx1 web1', '--var "k pw"=***'),
            ("--api-token x1 host list", "--api-token ***"),
        ):
            with self.assertLogs("osc_lib.shell", "INFO") as log:
                logging.getLogger("osc_lib.shell").info("START with options: %s", words)
            self.assertEqual([f"INFO:osc_lib.shell:START with options: {masked}"], log.output)


class TestOption(base.TestCase):
    def version(self, *words: str, **environment: str) -> str:
        """Parse a command line and return the version."""
        with mock.patch.dict(os.environ, environment):
            parser = plugin.build_option_parser(argparse.ArgumentParser())
        return str(parser.parse_args(words).os_fleet_management_api_version)

    def test_it_comes_before_the_environment_and_that_before_the_default(self):
        variable = {"OS_FLEET_MANAGEMENT_API_VERSION": "1.0"}

        self.assertEqual("1", self.version())
        self.assertEqual("1.0", self.version(**variable))
        self.assertEqual(
            "1.5", self.version("--os-fleet-management-api-version", "1.5", **variable)
        )

    def test_an_empty_variable_is_no_version(self):
        self.assertEqual("1", self.version(OS_FLEET_MANAGEMENT_API_VERSION=""))
