# SPDX-License-Identifier: Apache-2.0
"""Lists by name or id, as a server of 2017 answers them for clouds and regions."""

from __future__ import annotations

from cratonclient import exceptions
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client, clouds, regions

ROWS = [
    {"id": 1, "name": "east", "cloud_id": 1},
    {"id": 2, "name": "east", "cloud_id": 2},
]


def craton(*answers):
    """Return a client that receives these responses, and the fake session below it."""
    session, below = fakes.session_on(*answers)
    return client.Client(session, "http://craton.example"), below


class TestShortcuts(base.TestCase):
    def test_a_name_or_id_that_does_not_exist_is_an_empty_list(self):
        for query in ({"name": "none"}, {"id": 9}, {"name": "none", "details": True}):
            found, below = craton(fakes.answer({"message": "Not Found"}, 404))
            self.assertEqual([], list(found.clouds.list(**query)))
            self.assertEqual(1, len(below.calls))

    def test_at_a_wrong_url_it_is_an_error(self):
        for body in ({"message": "The requested URL was not found on the server."}, "no JSON"):
            for query in ({"name": "none"}, {"id": 9}):
                found, _ = craton(fakes.answer(body, 404))
                self.assertRaises(exceptions.NotFound, list, found.clouds.list(**query))
                found, _ = craton(fakes.answer(body, 404))
                self.assertRaises(exceptions.NotFound, found.hosts.find, **query)

    def test_without_such_a_filter_it_is_an_error(self):
        found, _ = craton(fakes.answer({"message": "Not Found"}, 404))
        self.assertRaises(exceptions.NotFound, list, found.regions.list(cloud_id=1))

    def test_filters_that_the_server_ignores_are_applied(self):
        for query, wanted in (
            ({"name": "east", "cloud_id": 2}, []),
            ({"name": "east", "cloud_id": "1"}, [1]),
            ({"name": "east", "cloud": clouds.Cloud(None, {"id": 2})}, []),
            ({"name": "east", "id": 2}, []),
        ):
            found, _ = craton(fakes.answer({"regions": ROWS[:1], "links": []}))
            self.assertEqual(wanted, [row.id for row in found.regions.list(**query)])

    def test_a_name_that_several_objects_have(self):
        """The server responds with 500, so the list is requested without the name."""
        rows = [*ROWS, {"id": 3, "name": "west", "cloud_id": 2}]
        for query, wanted in (
            ({"name": "east"}, [1, 2]),
            ({"name": "east", "cloud_id": 2}, [2]),
        ):
            found, below = craton(
                fakes.answer({"message": "Error"}, 500),
                fakes.answer({"regions": rows, "links": []}),
            )
            self.assertEqual(wanted, [row.id for row in found.regions.list(**query)])
            self.assertNotIn("name", below.calls[1]["params"])

    def test_other_failures_are_reported(self):
        for query in ({"id": 1}, {"cloud_id": 1}):
            found, below = craton(fakes.answer({"message": "Error"}, 500))
            self.assertRaises(exceptions.InternalServerError, list, found.regions.list(**query))
            self.assertEqual(1, len(below.calls))

    def test_pages_too(self):
        found, _ = craton(fakes.answer({"regions": ROWS[:1], "links": []}))
        pages = list(found.regions.pages(name="east", cloud_id=2))
        self.assertEqual([[]], pages)
        self.assertIs(regions.Region, found.regions.resource_class)
