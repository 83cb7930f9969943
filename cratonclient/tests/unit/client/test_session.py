# SPDX-License-Identifier: Apache-2.0
"""The session: its methods, the arguments it passes on, and its errors."""

from __future__ import annotations

import os
from unittest import mock

import requests
from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, session
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes

FILTER = {"service_type": "fleet_management"}
PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"


class TestTheSessionBelow(base.TestCase):
    def test_it_is_kept_as_it_is(self):
        below = ksa_session.Session()
        before = dict(vars(below))

        craton = session.Session(session=below)

        self.assertIs(below, craton._session)
        self.assertEqual(before, dict(vars(below)))
        self.assertIsNone(below.timeout)

    def test_each_verb_calls_it_with_nothing_added(self):
        for verb in ("delete", "get", "head", "options", "post", "put", "patch"):
            craton, below = fakes.session_on(fakes.answer())

            getattr(craton, verb)("http://h/v1/hosts")

            expected = {"method": verb.upper(), "url": "http://h/v1/hosts"}
            self.assertEqual([{**expected, "endpoint_filter": FILTER}], below.calls)

    def test_keywords_are_handed_on(self):
        craton, below = fakes.session_on(fakes.answer())

        craton.request("POST", "http://h", json={"a": 1}, params={"b": "2"}, headers={"c": "d"})

        [call] = below.calls
        self.assertEqual({"a": 1}, call["json"])
        self.assertEqual({"b": "2"}, call["params"])
        self.assertEqual({"c": "d"}, call["headers"])

    def test_a_filter_of_the_caller_takes_the_place_of_ours(self):
        craton, below = fakes.session_on(fakes.answer())

        craton.get("/hosts", endpoint_filter={"service_type": "other"})

        self.assertEqual({"service_type": "other"}, below.calls[0]["endpoint_filter"])

    def test_its_answer_is_given_back_itself(self):
        response = fakes.answer({"id": 1}, 201)
        craton, _ = fakes.session_on(response)

        self.assertIs(response, craton.post("http://h", json={}))


class TestCredentials(base.TestCase):
    def test_they_make_a_session_of_our_own(self):
        craton = session.Session(username="demo", token="key", project_id=PROJECT)

        plugin = craton._session.auth
        self.assertIsInstance(plugin, auth.CratonAuth)
        self.assertEqual(("demo", "key"), (plugin.username, plugin.token))
        self.assertEqual(PROJECT, plugin.project_id)

    def test_they_may_be_given_by_position(self):
        craton = session.Session(None, "demo", "key", PROJECT)

        plugin = craton._session.auth
        self.assertEqual(
            ("demo", "key", PROJECT), (plugin.username, plugin.token, plugin.project_id)
        )

    def test_without_any_there_is_no_session(self):
        error = self.assertRaises(exceptions.UnableToAuthenticate, session.Session)

        self.assertIn("username", str(error))

    def test_our_own_session_ends_in_time_and_follows_no_redirect(self):
        below = session.Session(username="demo", token="key", project_id=PROJECT)._session

        self.assertEqual(session.DEFAULT_TIMEOUT, below.timeout)
        self.assertIs(False, below.redirect)

    def test_configure_takes_another_timeout(self):
        below = ksa_session.Session()

        session.configure(below, timeout=2.5)
        self.assertEqual(2.5, below.timeout)
        session.configure(below, timeout=None)
        self.assertIsNone(below.timeout)

    def test_all_three_arrive_at_the_server(self):
        server = fakes.Server(fakes.Reply(body={}))
        self.addCleanup(server.close)
        craton = session.Session(username="demo", token="key", project_id=PROJECT)
        self.addCleanup(craton.close)

        craton.get(server.url)

        headers = server.seen[0].headers
        self.assertEqual("demo", headers["X-Auth-User"])
        self.assertEqual("key", headers["X-Auth-Token"])
        self.assertEqual(PROJECT, headers["X-Auth-Project"])
        self.assertTrue(headers["User-Agent"].startswith("python-cratonclient/"))


class TestErrors(base.TestCase):
    def test_an_answer_above_400_is_raised(self):
        craton, _ = fakes.session_on(fakes.answer({"message": "Not Found"}, 404))

        error = self.assertRaises(exceptions.NotFound, craton.get, "http://h/v1/hosts/9")

        self.assertEqual("Not Found", error.server_message)

    def test_what_keystoneauth_raised_is_behind_ours(self):
        below = ksa_exceptions.ConnectFailure("Unable to establish connection to http://h")
        craton, _ = fakes.session_on(below)

        error = self.assertRaises(exceptions.ConnectionFailed, craton.get, "http://h")

        self.assertIs(below, error.__cause__)
        self.assertIs(below, error.original_exception)

    def test_what_requests_raised_is_turned_into_ours(self):
        response = fakes.answer({"message": "taken", "status": 409}, 409)
        raised = self.assertRaises(requests.HTTPError, response.raise_for_status)
        for below, cls in (
            (raised, exceptions.Conflict),
            (requests.HTTPError("500"), exceptions.ConnectionFailed),
            (requests.ConnectTimeout(), exceptions.Timeout),
            (requests.ReadTimeout(), exceptions.Timeout),
            (requests.ConnectionError(), exceptions.ConnectionFailed),
            (requests.exceptions.ChunkedEncodingError(), exceptions.ConnectionFailed),
            (requests.exceptions.RetryError(), exceptions.ConnectionFailed),
            (requests.exceptions.InvalidURL(), exceptions.TransportNotFound),
        ):
            craton, _ = fakes.session_on(below)
            error = self.assertRaises(cls, craton.get, "http://h/v1")
            self.assertIs(cls, type(error))
            self.assertIs(below, error.original_exception)
        self.assertEqual("taken (HTTP 409)", str(exceptions.raise_from(raised)))

    def test_what_is_no_error_of_the_client_is_not_hidden(self):
        craton, _ = fakes.session_on(KeyboardInterruptLike())

        self.assertRaises(KeyboardInterruptLike, craton.get, "http://h")

    def test_an_unreachable_server_is_named(self):
        server = fakes.Server(fakes.Reply())
        server.close()
        craton = auth.create_session_with(None, True, retries=0)
        self.addCleanup(craton.close)

        error = self.assertRaises(exceptions.ConnectionFailed, craton.get, server.url)

        self.assertIn(server.url, str(error))
        self.assertIn("refused", str(error))
        self.assertNotIn("HTTPConnectionPool", str(error))

    def test_a_server_that_does_not_speak_tls_is_a_failed_connection(self):
        server = fakes.Server(fakes.Reply())
        self.addCleanup(server.close)
        craton = auth.create_session_with(None, True, retries=0)
        self.addCleanup(craton.close)

        url = server.url.replace("http:", "https:")
        self.assertRaises(exceptions.ConnectionFailed, craton.get, url)

    def test_an_answer_that_breaks_off_is_a_failed_connection(self):
        server = fakes.Server(fakes.Reply(body={}, headers={"Content-Length": "1000"}))
        self.addCleanup(server.close)
        craton = auth.create_session_with(None, True)
        self.addCleanup(craton.close)

        self.assertRaises(exceptions.ConnectionFailed, craton.get, server.url)


class KeyboardInterruptLike(Exception):
    """An exception that keystoneauth does not define."""


class TestRedirects(base.TestCase):
    def setUp(self):
        super().setUp()
        self.elsewhere = fakes.Server(fakes.Reply(body={}))
        self.addCleanup(self.elsewhere.close)
        self.craton = auth.craton_auth("demo", "key", PROJECT)
        self.addCleanup(self.craton.close)

    def test_credentials_do_not_follow_them(self):
        for status in (301, 302, 303, 305, 307, 308):
            reply = fakes.Reply(status, headers={"Location": self.elsewhere.url})
            server = fakes.Server(reply)
            self.addCleanup(server.close)

            error = self.assertRaises(
                exceptions.HTTPRedirection, self.craton.get, f"{server.url}/v1/hosts"
            )

            self.assertEqual(status, error.status_code)
            self.assertIn(self.elsewhere.url, str(error))
        self.assertEqual([], self.elsewhere.seen)

    def test_a_target_cannot_command_a_terminal(self):
        redirect = fakes.answer({}, 302, Location="http://x/\x1b[2J")
        craton, _ = fakes.session_on(redirect)

        error = self.assertRaises(exceptions.HTTPRedirection, craton.get, "http://h")

        self.assertNotIn("\x1b", str(error))
        self.assertIn("\\x1b[2J", str(error))


class TestEndpoint(base.TestCase):
    def test_the_credentials_name_it(self):
        plugin = auth.CratonAuth("demo", PROJECT, "key", endpoint="http://craton.example")

        craton = auth.create_session_with(plugin, True)

        self.assertEqual("http://craton.example", craton.endpoint())

    def test_the_environment_names_it(self):
        with mock.patch.dict(os.environ, CRATON_URL="http://env.example"):
            craton = auth.craton_auth("demo", "key", PROJECT)

        self.assertEqual("http://env.example", craton.endpoint())

    def test_without_one_the_error_says_what_to_do(self):
        with mock.patch.dict(os.environ):
            os.environ.pop("CRATON_URL", None)
            craton = auth.craton_auth("demo", "key", PROJECT)

        error = self.assertRaises(exceptions.EndpointNotFound, craton.endpoint)

        self.assertIn("CRATON_URL", str(error))

    def test_an_empty_catalogue_is_no_endpoint(self):
        below = mock.Mock()
        below.get_endpoint.side_effect = ksa_exceptions.EmptyCatalog()
        craton = session.Session(session=below)

        self.assertRaises(exceptions.EndpointNotFound, craton.endpoint)
        below.get_endpoint.assert_called_once_with(service_type="fleet_management")
