# SPDX-License-Identifier: Apache-2.0
"""URL schemes other than HTTP, and the transports that open them."""

from __future__ import annotations

import pathlib
import typing as t
from unittest import mock

import requests
from requests import adapters

from cratonclient import auth, exceptions
from cratonclient import session as sessions
from cratonclient.http import direct, transport
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client


class TestMount(base.TestCase):
    def setUp(self):
        super().setUp()
        self.session = auth.create_session_with(None, True)
        self.addCleanup(self.session.close)

    def refused(self, url):
        return self.assertRaises(
            exceptions.TransportNotFound, transport.mount, self.session, url
        )

    def test_an_http_url_needs_none(self):
        before = dict(self.session._session.session.adapters)

        for url in ("http://craton.example", "https://craton.example/v1", "HTTP://craton"):
            self.assertEqual(url, transport.mount(self.session, url))
            self.assertTrue(transport.is_http(url))

        self.assertEqual(before, dict(self.session._session.session.adapters))

    def test_a_url_without_a_scheme_is_refused(self):
        for url in ("", "craton.example", "/var/lib/fleet.db", "//craton.example"):
            self.assertIn("http://", str(self.refused(url)))

    def test_a_scheme_that_nothing_opens_is_refused(self):
        error = self.refused("gopher://craton.example")

        self.assertIn("gopher", str(error))

    def test_a_url_with_a_query_or_a_fragment_is_refused(self):
        for end, said in (
            ("/?x=1", "a query ('?x=1')"),
            ("?", "a query ('?')"),
            ("/v1#top", "a fragment ('#top')"),
            ("/v1?a=b#c", "a query ('?a=b#c')"),
            ("/#", "a fragment ('#')"),
        ):
            for scheme in ("http", "https", "HTTP"):
                refused = str(self.refused(f"{scheme}://craton.example{end}"))
                self.assertIn(f"'{scheme}://craton.example{end}' has {said}", refused)
                self.assertIn("Remove it", refused)

    def test_a_query_with_a_secret_is_not_shown(self):
        said = str(self.refused("http://ada:s3cret@craton.example/?token=s3cret"))
        self.assertNotIn("s3cret", said)

    def test_every_way_to_name_a_server_refuses_a_query(self):
        url = "http://craton.example/?x=1"
        plugin = auth.CratonAuth(
            username="u",
            token="t",
            project_id="b9f10eca-66ac-4c27-9c13-9d01e65f96b4",
            endpoint=url,
        )
        from_catalog = auth.create_session_with(plugin, True)
        bound = auth.bind(self.session._session, endpoint_override=url)
        for session, given in ((self.session, url), (from_catalog, None), (bound, None)):
            error = self.assertRaises(
                exceptions.ClientException,
                lambda session=session, given=given: client.Client(session, given).hosts,
            )
            self.assertIn(repr(url), str(error))

    def test_a_query_in_the_url_of_keystone_is_refused(self):
        error = self.assertRaises(
            exceptions.TransportNotFound, auth.keystone_auth, "http://keystone/v3?x", "u", "p"
        )
        self.assertIn("'http://keystone/v3?x' has a query ('?x')", str(error))

    def test_the_question_mark_in_the_path_of_a_file_must_be_quoted(self):
        error = self.assertRaises(
            exceptions.ClientException, client.Client, self.session, "sqlite:///f.db?mode=ro"
        )
        self.assertIn("?mode=ro", str(error))

    def test_what_installs_a_missing_one_is_named(self):
        with mock.patch.object(transport, "GROUP", "cratonclient.no_such_group"):
            error = self.refused("sqlite:///fleet.db")

        self.assertIn("pip install 'python-cratonclient[server]'", str(error))

    def test_one_whose_server_does_not_import_is_missing(self):
        with (
            mock.patch("importlib.metadata.EntryPoint.load", side_effect=ImportError),
            self.assertNoLogs(),
        ):
            error = self.refused("sqlite:///fleet.db")

        self.assertIn("pip install", str(error))

    def test_a_file_is_opened_by_the_server(self):
        url = transport.mount(self.session, f"sqlite:///{self.folder() / 'fleet.db'}")

        self.assertTrue(transport.is_http(url))
        self.assertRaises(exceptions.ConnectionFailed, self.session.get, f"{url}/v1/hosts")
        self.session.post(f"{url}/v1/clouds", json={"name": "prod"})
        self.assertEqual([], self.session.get(f"{url}/v1/hosts").json()["hosts"])
        self.assertRaises(exceptions.NotFound, self.session.get, f"{url}/v1/nothing")

    def test_a_session_without_a_session_below_is_mounted_itself(self):
        below = mock.Mock(spec=["mount", "close"])
        session = sessions.Session(session=below)

        url = transport.mount(session, f"sqlite:///{self.folder() / 'fleet.db'}")

        [call] = below.mount.call_args_list
        self.addCleanup(call.args[1].close)
        self.assertEqual(url, call.args[0])


class TestFiles(base.FleetTestCase):
    def path(self) -> pathlib.Path:
        return pathlib.Path(self.database.removeprefix("sqlite:///"))

    def test_the_file_is_made_on_first_use(self):
        self.assertTrue(self.path().exists())

    def test_what_was_written_is_there_the_next_time(self):
        self.make_cloud(name="prod")

        self.assertEqual(["prod"], [cloud.name for cloud in self.connect().clouds.list()])

    def test_a_url_with_the_version_is_the_same_fleet(self):
        self.make_cloud(name="prod")
        session = auth.create_session_with(None, True)
        self.addCleanup(session.close)

        craton = client.Client(session, f"{self.database}/v1")

        self.assertEqual(["prod"], [cloud.name for cloud in craton.clouds.list()])

    def test_two_fleets_in_one_session_stay_apart(self):
        session = auth.create_session_with(None, True)
        self.addCleanup(session.close)
        here = client.Client(session, self.database)
        there = client.Client(session, f"sqlite:///{self.folder() / 'other.db'}")

        here.clouds.create(name="here")
        there.clouds.create(name="there")

        self.assertEqual(["here"], [cloud.name for cloud in here.clouds.list()])
        self.assertEqual(["there"], [cloud.name for cloud in there.clouds.list()])

    def test_a_file_that_is_no_database_is_left_alone(self):
        path = self.folder() / "notes.txt"
        path.write_text("Buy milk. " * 100)

        error = self.assertRaises(
            exceptions.ConnectionFailed,
            client.Client,
            auth.create_session_with(None, True),
            f"sqlite:///{path}",
        )

        self.assertIn(str(path), str(error))
        self.assertEqual("Buy milk. " * 100, path.read_text())

    def test_a_folder_that_is_not_there_is_a_failed_connection(self):
        path = self.folder() / "nowhere" / "fleet.db"

        craton = client.Client(auth.create_session_with(None, True), f"sqlite:///{path}")

        for use in (lambda: craton.clouds.get(1), lambda: craton.clouds.create(name="x")):
            error = self.assertRaises(exceptions.ConnectionFailed, use)
            self.assertIn(str(path), str(error))

    def test_what_the_server_says_is_the_error(self):
        error = self.assertRaises(exceptions.NotFound, self.craton.hosts.get, 99)

        self.assertEqual("Not Found", error.server_message)
        self.assertTrue((error.request_id or "").startswith("req-"))


class TestForeignAdapters(base.TestCase):
    def test_a_response_needs_no_more_than_its_own_attributes(self):
        class Adapter(adapters.BaseAdapter):
            def send(self, request: t.Any, *args: t.Any, **kwargs: t.Any) -> requests.Response:
                return fakes.answer({"id": 1, "name": "web1"})

        for build in (
            lambda: auth.create_session_with(None, True),
            lambda: sessions.Session(session=direct.DirectSession({})),
        ):
            craton = build()
            craton.mount("http://h.invalid", Adapter())
            self.assertEqual(
                "web1", client.Client(craton, "http://h.invalid").hosts.get(1).name
            )
