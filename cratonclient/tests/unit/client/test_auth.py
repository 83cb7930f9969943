# SPDX-License-Identifier: Apache-2.0
"""Authentication: the functions that create sessions, and the plugin."""

from __future__ import annotations

import inspect
import os
import typing as t
from unittest import mock

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading
from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, session
from cratonclient.tests import base

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"

#: The keyword-only arguments that came after 2017.
MORE = ["session", "cert", "timeout", "retries", "pool_size", "max_wait"]


class TestCratonAuth(base.TestCase):
    def test_it_gives_a_session_with_the_credentials(self):
        craton = auth.craton_auth(username="demo", token="key", project_id=PROJECT)

        self.assertIsInstance(craton, session.Session)
        plugin = craton._session.auth
        self.assertIsInstance(plugin, auth.CratonAuth)
        self.assertEqual(
            {"X-Auth-User": "demo", "X-Auth-Token": "key", "X-Auth-Project": PROJECT},
            plugin.get_headers(craton._session),
        )

    def test_its_signature_is_the_documented_one(self):
        found = inspect.signature(auth.craton_auth)

        self.assertEqual(
            ["username", "token", "project_id", "verify", *MORE], list(found.parameters)
        )
        for name in MORE:
            self.assertEqual(inspect.Parameter.KEYWORD_ONLY, found.parameters[name].kind)
        self.assertIs(True, found.parameters["verify"].default)

    def test_what_is_no_certificate(self):
        for cert in (5, ("a",), ("a", None), (), b"a", ("a", "b", "c"), object()):
            wrong: t.Any = cert
            error = self.assertRaises(
                exceptions.CommandError, auth.craton_auth, "demo", "key", PROJECT, cert=wrong
            )
            self.assertIn("cert must be", str(error))

    def test_arguments_may_be_given_by_position(self):
        plugin = auth.craton_auth("demo", "key", PROJECT, False)._session.auth

        self.assertEqual(
            ("demo", "key", PROJECT), (plugin.username, plugin.token, plugin.project_id)
        )

    def test_certificates_are_verified_unless_told_otherwise(self):
        for verify in (False, "/etc/ca.pem"):
            craton = auth.craton_auth("demo", "key", PROJECT, verify=verify)
            self.assertEqual(verify, craton._session.verify)
        self.assertIs(True, auth.craton_auth("demo", "key", PROJECT)._session.verify)

    def test_what_is_missing_is_named(self):
        for username, token, project, names in (
            ("", "key", PROJECT, ["username"]),
            ("demo", None, PROJECT, ["token"]),
            ("demo", "key", "", ["project_id"]),
            (None, None, None, ["username", "token", "project_id"]),
        ):
            error = self.assertRaises(
                exceptions.UnableToAuthenticate, auth.craton_auth, username, token, project
            )
            for name in ("username", "token", "project_id"):
                self.assertEqual(name in names, name in str(error))

    def test_the_plugin_is_looked_up_when_it_is_needed(self):
        with mock.patch("cratonclient.auth.CratonAuth") as plugin:
            craton = auth.craton_auth("demo", "key", PROJECT)

        plugin.assert_called_once_with(username="demo", token="key", project_id=PROJECT)
        self.assertIs(plugin.return_value, craton._session.auth)


class TestKeystoneAuth(base.TestCase):
    def test_its_signature_is_the_documented_one(self):
        found = inspect.signature(auth.keystone_auth).parameters

        self.assertEqual(
            [
                "auth_url",
                "username",
                "password",
                "verify",
                "project_name",
                "project_id",
                "project_domain_name",
                "project_domain_id",
                "user_domain_name",
                "user_domain_id",
                *MORE,
                "auth_parameters",
            ],
            list(found),
        )
        self.assertEqual(inspect.Parameter.VAR_KEYWORD, found["auth_parameters"].kind)

    def test_the_plugin_gets_all_of_it(self):
        with mock.patch("keystoneauth1.identity.v3.password.Password") as plugin:
            craton = auth.keystone_auth(
                "https://keystone.example/v3",
                "admin",
                "secret",
                project_name="p",
                project_id="pi",
                project_domain_name="pd",
                project_domain_id="pdi",
                user_domain_name="ud",
                user_domain_id="udi",
                trust_id="t",
            )

        plugin.assert_called_once_with(
            auth_url="https://keystone.example/v3",
            username="admin",
            password="secret",
            project_name="p",
            project_id="pi",
            project_domain_name="pd",
            project_domain_id="pdi",
            user_domain_name="ud",
            user_domain_id="udi",
            trust_id="t",
        )
        self.assertIs(plugin.return_value, craton._session.auth)

    def test_verify_is_the_fourth_argument(self):
        craton = auth.keystone_auth("https://keystone.example/v3", "admin", "secret", False)

        self.assertIs(False, craton._session.verify)


class TestCreateSessionWith(base.TestCase):
    def test_the_classes_are_looked_up_when_they_are_needed(self):
        with (
            mock.patch("keystoneauth1.session.Session") as below,
            mock.patch("cratonclient.session.Session") as above,
        ):
            found = auth.create_session_with(mock.sentinel.plugin, True)

        below.assert_called_once_with(
            auth=mock.sentinel.plugin, session=mock.ANY, verify=True, cert=None, redirect=False
        )
        above.assert_called_once_with(session=below.return_value)
        self.assertIs(above.return_value, found)

    def test_it_ends_in_time_unless_told_otherwise(self):
        self.assertEqual(
            session.DEFAULT_TIMEOUT, auth.create_session_with(None, True)._session.timeout
        )
        short = auth.create_session_with(None, True, timeout=3)
        self.assertEqual(3, short._session.timeout)

    def test_it_needs_no_credentials(self):
        self.assertIsNone(auth.create_session_with(None, True)._session.auth)


class TestPlugin(base.TestCase):
    def setUp(self):
        super().setUp()
        self.session = ksa_session.Session()

    def test_arguments_may_be_given_by_position(self):
        plugin = auth.CratonAuth("demo", PROJECT, "key")

        self.assertEqual("key", plugin.get_token(self.session))
        self.assertEqual(PROJECT, plugin.get_project_id(self.session))
        self.assertEqual("demo", plugin.username)

    def test_its_endpoint_is_the_one_that_was_given(self):
        with mock.patch.dict(os.environ, CRATON_URL="http://env.example"):
            plugin = auth.CratonAuth("demo", PROJECT, "key", endpoint="http://craton.example")

        self.assertEqual("http://craton.example", plugin.get_endpoint(self.session))

    def test_a_refused_key_is_not_tried_again(self):
        self.assertFalse(auth.CratonAuth("demo", PROJECT, "key").invalidate())

    def test_the_key_is_in_no_text_of_it(self):
        plugin = auth.CratonAuth("demo", PROJECT, "5f4dcc3b")

        for thing in (plugin, auth.create_session_with(plugin, True)):
            self.assertNotIn("5f4dcc3b", repr(thing) + str(thing))


class TestLoader(base.TestCase):
    def test_keystoneauth_finds_it_by_its_name(self):
        loader: t.Any = loading.get_plugin_loader("craton")

        plugin = loader.load_from_options(
            endpoint="http://craton.example", username="demo", token="key", project_id=PROJECT
        )

        self.assertIsInstance(plugin, auth.CratonAuth)
        self.assertEqual("http://craton.example", plugin.get_endpoint(ksa_session.Session()))
        self.assertEqual("demo", plugin.username)

    def test_the_key_is_asked_for_without_an_echo(self):
        options = {opt.dest: opt for opt in loading.get_plugin_loader("craton").get_options()}

        self.assertTrue(options["token"].secret)
        self.assertTrue(options["token"].prompt)
        self.assertFalse(options["username"].secret)

    def test_missing_options_are_named(self):
        loader: t.Any = loading.get_plugin_loader("craton")

        error = self.assertRaises(
            ksa_exceptions.MissingRequiredOptions, loader.load_from_options, username="demo"
        )

        self.assertIn("token", str(error))
        self.assertIn("project_id", str(error))
