# SPDX-License-Identifier: Apache-2.0
"""Sorted lists are complete and in order, also from an original server of 2017."""

from __future__ import annotations

import contextlib
import itertools
import typing as t
from unittest import mock
from urllib import parse

import requests

from cratonclient import exceptions, session
from cratonclient.lists import sorting
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

Item = dict[str, t.Any]


class OriginalServer:
    """A list of a server of 2017, with its faults.

    It takes the place of the session of keystoneauth. The rows after a marker are those with
    greater values of the sort keys; a value that is null is left out of the comparison.

    :param items: the objects.
    :param keeps_place: the next links contain the values of the sort keys.
    :param folds: texts that differ only in case are equal.
    """

    user_agent = ""

    def __init__(
        self, items: list[Item], keeps_place: bool = False, folds: bool = False
    ) -> None:
        self.items, self.keeps_place, self.folds = items, keeps_place, folds
        self.queries: list[dict[str, str]] = []

    def request(self, method: str, url: str, **kwargs: t.Any) -> requests.Response:
        """Return a page."""
        query = dict(parse.parse_qsl(parse.urlsplit(url).query))
        query |= {n: str(v) for n, v in (kwargs.get("params") or {}).items()}
        self.queries.append(query)
        found = self._after(query)[: int(query.get("limit", 30))]
        body: dict[str, t.Any] = {"hosts": found, "links": []}
        if "devices" in url:
            hosts = [item for item in found if item["device_type"] == "server"]
            others = [item for item in found if item["device_type"] != "server"]
            body = {"devices": {"hosts": hosts, "network-devices": others}, "links": []}
        if found:
            query = {"limit": "30", **query, "marker": str(found[-1]["id"])}
            if self.keeps_place:
                query["marker_values"] = "[]"
            href = f"{fakes.URL}/{url.partition('/v1/')[2].partition('?')[0]}"
            body["links"] = [{"rel": "next", "href": f"{href}?{parse.urlencode(query)}"}]
        return fakes.answer(body, url=url)

    def _after(self, query: dict[str, str]) -> list[Item]:
        keys = query.get("sort_keys", "created_at,id").split(",")
        down = query.get("sort_dir") == "desc"

        def values(item: Item) -> list[tuple[bool, t.Any]]:
            return [(item[key] is not None, self._folded(item[key]) or 0) for key in keys]

        rows = sorted(self.items, key=values, reverse=down)
        if "marker" not in query:
            return rows
        marker = next(item for item in self.items if str(item["id"]) == query["marker"])
        if self.keeps_place:
            return rows[rows.index(marker) + 1 :]
        known = [key for key in keys if marker[key] is not None]
        if known != keys:
            return rows

        def beyond(item: Item) -> bool:
            if any(item[key] is None for key in keys):
                return False
            mine, other = ([self._folded(one[k]) for k in keys] for one in (item, marker))
            return mine < other if down else mine > other

        return [item for item in rows if beyond(item)]

    def _folded(self, value: t.Any) -> t.Any:
        return value.lower() if self.folds and isinstance(value, str) else value


def in_order(items: list[Item], names: list[str], down: bool = False) -> list[int]:
    """Return the ids of objects, sorted; null comes last, or first when descending."""

    def values(item: Item) -> list[tuple[bool, t.Any]]:
        return [(item[name] is None, item[name] or 0) for name in [*names, "id"]]

    return [item["id"] for item in sorted(items, key=values, reverse=down)]


def hosts(count: int) -> list[Item]:
    """Return hosts, of which every third one has a cell and every seventh one a note."""
    return [
        {
            "id": number,
            "created_at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}",
            "name": f"h{number * 7 % count:03}",
            "device_type": "server" if number % 2 else "switch",
            "cell_id": number % 4 if number % 3 == 0 else None,
            "note": f"n{number % 5}" if number % 7 == 0 else None,
        }
        for number in range(1, count + 1)
    ]


class TestSorting(base.TestCase):
    def craton(self, server: OriginalServer) -> client.Client:
        """Return a client of a server."""
        return client.Client(session.Session(t.cast("t.Any", server)), fakes.URL)

    def ids(self, server: OriginalServer, kind: str = "hosts", **query: t.Any) -> list[int]:
        """Return the ids of a sorted list."""
        return [found.id for found in getattr(self.craton(server), kind).list(**query)]

    def test_the_fake_server_has_the_faults(self):
        server = OriginalServer(hosts(50))
        for keys in ("cell_id,id", "device_type"):
            seen: list[int] = []
            with self.subTest(keys):
                with contextlib.suppress(exceptions.UnexpectedResponse):
                    for page in session.Session(t.cast("t.Any", server)).paginate(
                        f"{fakes.URL}/hosts", "hosts", params={"sort_keys": keys, "limit": 10}
                    ):
                        seen += [item["id"] for item in page.items]
                self.assertNotEqual(sorted(seen), list(range(1, 51)))

    def test_every_key_in_both_directions(self):
        items = hosts(57)
        for keys, down, limit in itertools.product(
            (
                "cell_id",
                "note",
                "cell_id,note",
                "note device_type",
                "name",
                "device_type",
                "id",
            ),
            (False, True),
            (10, 25, 100),
        ):
            server = OriginalServer(items)
            query: dict[str, t.Any] = {
                "sort_keys": keys,
                "sort_dir": "desc" if down else "asc",
                "limit": limit,
            }
            names = keys.replace(" ", ",").split(",")
            self.assertEqual(
                in_order(items, names, down), self.ids(server, **query), str(query)
            )

    def test_a_server_that_keeps_its_place_sorts(self):
        server = OriginalServer(hosts(57), keeps_place=True)
        self.assertEqual(57, len(set(self.ids(server, sort_keys="cell_id", limit=10))))
        self.assertEqual({"cell_id,id"}, {query["sort_keys"] for query in server.queries})
        self.assertEqual(57, len(self.ids(server, sort_keys="cell_id", limit=10)))

    def test_no_more_requests_than_before_in_the_usual_cases(self):
        for keys, count, requested in (("name", 50, 2), ("note", 20, 1), (None, 50, 2)):
            server = OriginalServer(hosts(count))
            query: dict[str, t.Any] = {"sort_keys": keys} if keys else {}
            self.ids(server, limit=100, **query)
            self.assertEqual(requested, len(server.queries), str(keys))

    def test_marker(self):
        items = hosts(40)
        whole = self.ids(OriginalServer(items), sort_keys="cell_id", limit=10)
        for position in (0, 5, 20, 39):
            server = OriginalServer(items)
            query: dict[str, t.Any] = {
                "sort_keys": "cell_id",
                "limit": 10,
                "marker": whole[position],
            }
            self.assertEqual(whole[position + 1 :], self.ids(server, **query))
        one = self.ids(OriginalServer(items), sort_keys="cell_id", limit=10, autopaginate=False)
        self.assertEqual(whole[:10], one)
        two = self.ids(
            OriginalServer(items),
            sort_keys="cell_id",
            limit=10,
            autopaginate=False,
            marker=one[-1],
        )
        self.assertEqual(whole[10:20], two)

    def test_a_list_that_is_too_long(self):
        with mock.patch.object(sorting, "MAX_OBJECTS", 30):
            error = self.assertRaises(
                exceptions.CommandError,
                self.ids,
                OriginalServer(hosts(50)),
                sort_keys="note",
                limit=10,
            )
        self.assertIn("'note'", str(error))

    def test_keys_that_the_server_must_refuse(self):
        for keys in ("", "name,", ",", "name;id", "a b,,c"):
            server = OriginalServer(hosts(1))
            with contextlib.suppress(KeyError):  # the fake server has no such key
                self.ids(server, sort_keys=keys)
            self.assertEqual(keys, server.queries[0].get("sort_keys", ""))

    def test_the_order_of_hosts_and_network_devices(self):
        items = hosts(57)
        for keeps_place in (False, True):
            for keys in ("name", "created_at", "cell_id", None):
                server = OriginalServer(items, keeps_place)
                query: dict[str, t.Any] = {"sort_keys": keys} if keys else {}
                found = self.ids(server, "devices", limit=20, **query)
                names = (keys or "created_at").split(",")
                if keeps_place and keys == "cell_id":
                    self.assertEqual(57, len(set(found)))  # the fake puts null first
                    continue
                self.assertEqual(in_order(items, names), found, f"{keys}")

    def test_a_server_that_ignores_case_keeps_its_order(self):
        items = hosts(57)
        for item in items[::3]:
            item["name"] = item["name"].upper()
        for down in (False, True):
            query: dict[str, t.Any] = {
                "sort_keys": "name",
                "sort_dir": "desc" if down else "asc",
                "limit": 20,
            }
            whole = self.ids(OriginalServer(items, folds=True), "devices", **query)
            folded = [{**item, "name": item["name"].lower()} for item in items]
            self.assertEqual(in_order(folded, ["name"], down), whole)
            server = OriginalServer(items, folds=True)
            query |= {"autopaginate": False, "marker": whole[19]}
            self.assertEqual(whole[20:40], self.ids(server, "devices", **query))

    def test_integers_that_are_texts_in_responses(self):
        field = client.Client(
            session.Session(t.cast("t.Any", OriginalServer([]))), fakes.URL
        ).network_interfaces.resource_class.fields()
        order = sorting.Order(("speed", "id"), False, field)
        rows: list[Item] = [
            {"id": 1, "speed": "100"},
            {"id": 2, "speed": "25"},
            {"id": 3, "speed": None},
        ]
        self.assertEqual([2, 1, 3], [row["id"] for row in order.sorted(rows)])
