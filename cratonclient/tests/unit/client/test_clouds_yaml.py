# SPDX-License-Identifier: Apache-2.0
"""Clouds in clouds.yaml: sessions for valid ones, errors for invalid ones."""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
import textwrap
import typing as t
from unittest import mock

from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, secrets, session
from cratonclient.login import clouds_yaml
from cratonclient.tests import base
from cratonclient.v1 import client

CRATON = """
    clouds:
      prod:
        auth_type: craton
        auth:
          endpoint: https://craton.example
          username: demo
          token: s3cr3t
          project_id: b9f10eca66ac4c279c139d01e65f96b4
"""


class TestClouds(base.TestCase):
    def setUp(self):
        super().setUp()
        self.file = self.folder() / "clouds.yaml"
        environment = {"HOME": str(self.file.parent), "OS_CLIENT_CONFIG_FILE": str(self.file)}
        patch = mock.patch.dict(os.environ, environment)
        patch.start()
        self.addCleanup(patch.stop)

    def write(self, text):
        self.file.write_text(textwrap.dedent(text))

    def refused(self, text, name="prod"):
        self.write(text)
        error = self.assertRaises(exceptions.ConfigurationError, client.Client.from_cloud, name)
        self.assertEqual([], [word for word in ("s3cr3t", "\n") if word in str(error)])
        return str(error)

    def test_a_client_has_the_credentials_and_the_url_of_the_cloud(self):
        self.write(CRATON)

        craton = client.Client.from_cloud("prod")

        self.assertEqual("https://craton.example/v1", craton._url)
        plugin = craton._session._session.session.auth
        self.assertEqual(("demo", "s3cr3t"), (plugin.username, plugin.token))

    def test_its_credentials_are_masked_from_then_on(self):
        self.write(CRATON.replace("s3cr3t", "s3cr3t-of-this-test"))
        self.assertIn("s3cr3t-of-this-test", secrets.mask("no s3cr3t-of-this-test"))

        client.Client.from_cloud("prod")

        self.assertEqual("no ***", secrets.mask("no s3cr3t-of-this-test"))

    def test_files_in_the_current_directory_are_not_read(self):
        folder = self.folder()
        self.enterContext(contextlib.chdir(folder))
        (folder / "clouds.yaml").write_text(CRATON)
        (folder / "secure.yaml").write_text(CRATON)
        (folder / "clouds-public.yaml").write_text("public-clouds: {p: {auth: {a: b}}}")
        program = (
            "from cratonclient.v1 import client\n"
            "try: client.Client.from_cloud('prod')\n"
            "except Exception as exc: print(exc)\n"
        )
        for home in (str(self.file.parent), "", "."):
            environment = {"HOME": home}
            said = subprocess.check_output(
                [sys.executable, "-P", "-c", program], env=environment, text=True
            )
            self.assertIn("There is no cloud 'prod'. The clouds.yaml in the current", said)
            self.assertIn("OS_CLIENT_CONFIG_FILE", said)

    def test_the_only_cloud_needs_no_name(self):
        self.write(CRATON)

        self.assertEqual("https://craton.example/v1", client.Client.from_cloud()._url)

    def test_a_file_of_an_editor_on_windows(self):
        text = textwrap.dedent(CRATON).replace("\n", "\r\n")
        self.file.write_bytes(b"\xef\xbb\xbf" + text.encode())

        craton = client.Client.from_cloud("prod")

        self.assertEqual("https://craton.example/v1", craton._url)
        self.assertEqual("s3cr3t", craton._session._session.session.auth.token)

    def test_variables_that_end_in_a_carriage_return_are_named(self):
        self.write(CRATON)
        with mock.patch.dict(os.environ, {"OS_CLOUD": "prod\r"}):
            error = self.assertRaises(exceptions.ConfigurationError, client.Client.from_cloud)
            self.assertIn("OS_CLOUD ends with a carriage return", str(error))

    def test_settings_with_invisible_ends_are_named(self):
        for value, setting, end in (
            ("username: demo", "username", r"ends with a carriage return (U+000D)"),
            ("token: s3cr3t", "token", r"ends with a carriage return (U+000D)"),
            ("endpoint: https://craton.example", "endpoint", "ends with a carriage return"),
            ("auth_type: craton", "auth_type", "ends with a carriage return"),
        ):
            name, _, plain = value.partition(": ")
            said = self.refused(CRATON.replace(value, f'{name}: "{plain}\\r"'))
            self.assertIn(f"The setting {setting!r} of the cloud 'prod' {end}", said)

        said = self.refused(CRATON.replace("demo", '" demo"'))
        self.assertIn("'username' of the cloud 'prod' begins with a space", said)

    def test_a_password_may_end_with_a_space(self):
        login = "{auth_url: https://k.example/v3, username: demo, password: 's3cr3t '}"
        self.write(f"clouds: {{prod: {{auth_type: password, auth: {login}}}}}")

        craton = client.Client.from_cloud("prod")

        self.assertEqual("s3cr3t ", craton._session._session.session.auth._password)

    def test_secrets_may_stand_in_a_file_of_their_own(self):
        self.write(CRATON.replace("          token: s3cr3t\n", ""))
        secure = self.file.with_name("secure.yaml")
        secure.write_text("clouds: {prod: {auth: {token: from-secure}}}")

        with mock.patch.dict(os.environ, {"OS_CLIENT_SECURE_FILE": str(secure)}):
            craton = client.Client.from_cloud("prod")

        self.assertEqual("from-secure", craton._session._session.session.auth.token)

    def test_the_cloud_may_say_where_craton_is(self):
        self.write(CRATON + "        fleet_management_endpoint_override: https://other\n")

        self.assertEqual("https://other/v1", client.Client.from_cloud("prod")._url)

    def test_region_and_interface_come_from_the_cloud_or_the_caller(self):
        self.write(CRATON + "        regions: [east, west]\n        interface: internal\n")

        cases: list[tuple[dict[str, t.Any], tuple[str, str]]] = [
            ({}, ("east", "internal")),
            ({"region_name": "west", "interface": "admin"}, ("west", "admin")),
        ]
        for overrides, wanted in cases:
            adapter = clouds_yaml.open_session("prod", **overrides)._session
            self.assertEqual(wanted, (adapter.region_name, adapter.interface))

    def test_it_waits_as_long_as_the_cloud_says(self):
        for line, seconds in (("", session.DEFAULT_TIMEOUT), ("        api_timeout: 7\n", 7.0)):
            self.write(CRATON + line)
            opened = clouds_yaml.open_session("prod")
            self.assertEqual(seconds, opened._session.session.timeout)

    def test_a_timeout_that_is_no_number_of_seconds_is_refused(self):
        for timeout in (
            "abc",
            "-1",
            "[1]",
            "1e400",
            "0",
            "true",
            "false",
            "'1_0'",
            ".nan",
            ".inf",
        ):
            said = self.refused(f"{CRATON.rstrip()}\n        api_timeout: {timeout}\n")
            self.assertIn("api_timeout", said)
        self.write(CRATON)
        for value in ("x", True, math.nan, -1):
            error = self.assertRaises(
                exceptions.ConfigurationError,
                lambda value=value: client.Client.from_cloud("prod", api_timeout=value),
            )
            self.assertIn("api_timeout to ", str(error))
            self.assertIn(str(value), str(error))

    def test_an_invalid_url_of_keystone_is_refused(self):
        for url in ("http://[", "http://[::1"):
            self.assertRaises(exceptions.TransportNotFound, auth.keystone_auth, url, "u", "p")

    def test_a_misspelled_name_is_corrected(self):
        self.assertIn("Did you mean 'prod'?", self.refused(CRATON, name="prdo"))

    def test_an_unknown_name_is_refused(self):
        self.assertIn("no cloud 'moon'", self.refused(CRATON, name="moon"))

    def test_a_misspelled_credential_is_corrected(self):
        said = self.refused(CRATON.replace("username:", "user_nam:"))

        self.assertIn("'user_nam' below 'auth'", said)
        self.assertIn("Did you mean 'username'?", said)

    def test_a_missing_credential_is_named(self):
        self.assertIn("token", self.refused(CRATON.replace("token: s3cr3t", "")))

    def test_an_unknown_type_is_named(self):
        self.assertIn("nonsense", self.refused(CRATON.replace("craton\n", "nonsense\n", 1)))

    def test_broken_yaml_is_said_to_be_so_with_its_place(self):
        said = self.refused("clouds:\n  prod:\n    auth: {token: s3cr3t\n   x: [")

        self.assertIn(f'"{self.file}", line 4', said)

    def test_what_has_not_the_shape_of_a_cloud_is_refused(self):
        for text in (
            "clouds: {prod: s3cr3t}",
            "clouds: [s3cr3t]",
            "clouds: {prod: {auth: s3cr3t}}",
            "s3cr3t",
        ):
            self.assertIn("cannot be used", self.refused(text))

    def test_without_openstacksdk_the_error_says_how_to_get_it(self):
        self.write(CRATON)
        with mock.patch.dict(sys.modules, {"openstack.config": None}):
            error = self.assertRaises(
                exceptions.ConfigurationError, client.Client.from_cloud, "prod"
            )
        self.assertIn(clouds_yaml.INSTALL, str(error))


class TestAnySession(base.TestCase):
    def test_a_session_of_keystoneauth_can_be_handed_to_a_client(self):
        ksa = ksa_session.Session()

        craton = client.Client(ksa, "https://craton.example")

        self.assertIs(ksa, craton._session._session)
        self.assertIsInstance(craton._session, session.Session)
