# SPDX-License-Identifier: Apache-2.0
"""The features of a server: asked once, and believed only if they look like features."""

from __future__ import annotations

import concurrent.futures
import threading
import typing as t

from cratonclient import exceptions, features
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client


def document(found: t.Any, version: str = "v1.0") -> dict[str, t.Any]:
    """Return a version document with these features."""
    return {"versions": [{"id": version, "status": "CURRENT", "features": found}]}


def craton_on(*answers: t.Any) -> tuple[client.Client, fakes.FakeSession]:
    """Return a client that receives these responses, and the fake session below it."""
    session, below = fakes.session_on(*answers)
    return client.Client(session, fakes.URL), below


class TestFeatures(base.TestCase):
    def test_they_are_asked_once_and_only_when_needed(self):
        craton, below = craton_on(fakes.answer(document(["moving", "undo"])))
        hosts, _changes = craton.hosts, craton.changes
        self.assertEqual([], below.calls)
        self.assertEqual({"moving", "undo"}, craton.features)
        craton.require_feature("moving")
        self.assertIn("undo", features.of(hosts.session, hosts.url))
        self.assertEqual([fakes.URL], below.urls)

    def test_copies_of_a_session_do_not_ask_again(self):
        craton, below = craton_on(fakes.answer(document(["undo"])))
        self.assertEqual({"undo"}, craton.features)
        for other in (
            client.Client(craton._session, fakes.URL, connect_retries=0),
            client.Client(craton._session, fakes.URL, reason="a test"),
            client.Client(below, fakes.URL),
        ):
            self.assertEqual({"undo"}, other.features)
        self.assertEqual(1, len(below.calls))

    def test_each_session_asks_for_itself(self):
        for wanted in ({"moving"}, {"undo"}):
            craton, _below = craton_on(fakes.answer(document([*wanted])))
            self.assertEqual(wanted, craton.features)

    def test_no_features_are_asked_once_too(self):
        craton, below = craton_on(fakes.answer({"message": "Not Found"}, 404))
        self.assertEqual([frozenset()] * 2, [craton.features, craton.features])
        self.assertEqual(1, len(below.calls))

    def test_threads_ask_once(self):
        asked = threading.Event()

        class Slow(fakes.FakeSession):
            def request(self, **kwargs: t.Any) -> t.Any:
                asked.set()
                return super().request(**kwargs)

        below = Slow(fakes.answer(document(["undo"])))
        craton = client.Client(below, fakes.URL)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            found = [*pool.map(lambda _: craton.features, range(8))]
        self.assertEqual([{"undo"}] * 8, found)
        self.assertEqual(1, len(below.calls))

    def test_responses_that_are_no_version_document(self):
        bodies: tuple[t.Any, ...] = (
            {},
            {"versions": None},
            {"versions": ["v1.0", None, 3]},
            {"versions": [{"id": "v1.0"}]},
            {"versions": [{"id": ["v1"], "features": ["undo"]}]},
            document(None),
            document("undo"),
            document({"undo": True}),
            document([None, 7, ["undo"], {"undo": 1}]),
            document(["UNDO", "un do", "\x1b[2J", "u" * 65, ""]),
            document(["undo"], version="v2.0"),
            [],
            None,
            b"<html>a portal</html>",
        )
        for body in bodies:
            with self.subTest(body):
                craton, _below = craton_on(fakes.answer(body))
                self.assertEqual(frozenset(), craton.features)

    def test_statuses_that_say_no(self):
        for status in (301, 400, 403, 404, 405, 410, 500):
            with self.subTest(status):
                craton, _below = craton_on(fakes.answer({"message": "no"}, status))
                self.assertEqual(frozenset(), craton.features)

    def test_failures_say_nothing_about_the_server(self):
        for status in (401, 407, 429, 502, 503, 504):
            with self.subTest(status):
                craton, _below = craton_on(
                    fakes.answer({"message": "no"}, status),
                    fakes.answer(document(["undo"])),
                )
                self.assertRaises(exceptions.class_for(status), getattr, craton, "features")
                self.assertEqual({"undo"}, craton.features)

    def test_a_missing_feature_is_refused_in_one_line(self):
        craton, _below = craton_on(fakes.answer(document(["undo"])))
        craton.require_feature("undo")
        error = self.assertRaises(
            exceptions.FeatureMissing, craton.require_feature, "comparisons"
        )
        for part in (fakes.URL, "comparisons in filters", "'comparisons'", "2017"):
            self.assertIn(part, str(error))
        self.assertNotIn("\n", str(error))

    def test_every_feature_of_our_server_has_words(self):
        from cratonserver.api import versions

        self.assertLessEqual({*versions.FEATURES}, features._IN_WORDS.keys())


class TestOurServer(base.FleetTestCase):
    def test_the_features_of_a_fleet(self):
        from cratonserver.api import versions

        self.assertEqual({*versions.FEATURES}, self.craton.features)
