# SPDX-License-Identifier: Apache-2.0
"""Pages: their links, and reading lists page by page."""

from __future__ import annotations

import functools
import operator
import typing as t
from urllib import parse

from cratonclient.tests.integration.server import base

ROWS = 25


class PagesTestCase(base.ServerTestCase):
    """A project with 25 hosts. Their cells, types and notes repeat or are missing."""

    hosts: t.ClassVar[t.Any]
    user: t.ClassVar[t.Any]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        project = cls.root.make("projects")["id"]
        user = cls.root.make("users", project_id=project)
        headers = base.credentials(user["username"], user["api_key"], project)
        cls.user = base.Caller(cls.root.application, headers)
        region = cls.user.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        cells = [cls.user.make("cells", **place)["id"] for _ in range(3)]
        cls.hosts = []
        for number in range(ROWS):
            fields: dict[str, t.Any] = {"device_type": f"type {number % 2}"}
            if number % 4:
                fields["cell_id"] = cells[number % 3]
            if number % 5 == 0:
                fields["note"] = f"note {number % 3}"
            cls.hosts.append(cls.user.make("hosts", **place, **fields)["id"])

    def links(self, path: str) -> dict[str, str]:
        """Return the links of a page."""
        found = self.user.get(path).json["links"]
        return {link["rel"]: link["href"].removeprefix(base.BASE) for link in found}

    def walk(self, path: str, rel: str = "next") -> list[list[t.Any]]:
        """Follow links and return the ids of each page."""
        pages: list[list[t.Any]] = []
        while path:
            pages.append([item["id"] for item in self.user.items(path)])
            self.assertLess(len(pages), 10, "too many pages")
            path = self.links(path).get(rel, "")
        return pages


class TestLinks(PagesTestCase):
    """The links of a page."""

    hosts: t.ClassVar[t.Any]
    user: t.ClassVar[t.Any]

    def test_they_stand_in_this_order(self):
        for path, rels in (
            ("/hosts?limit=10", ["first", "prev", "self", "next"]),
            ("/hosts?name=nosuch", ["first", "prev", "self"]),
        ):
            found = [link["rel"] for link in self.user.get(path).json["links"]]
            self.assertEqual(rels, found)

    def test_they_have_an_address_and_a_relation(self):
        for link in self.user.get("/hosts").json["links"]:
            self.assertEqual({"href", "rel"}, set(link))
            self.assertTrue(link["href"].startswith(f"{base.BASE}/hosts?"))

    def test_they_repeat_the_parameters_with_the_defaults(self):
        defaults = {"sort_keys": "created_at,id", "sort_dir": "asc", "limit": "30"}
        for name in (*base.COLLECTIONS, "devices"):
            inherits = name in (
                "regions", "cells", "hosts", "devices", "network-devices", "networks"
            )  # fmt: skip
            expected = {**defaults, **({"resolved-values": "True"} if inherits else {})}
            body = self.root.get(f"/{name}").json
            for link in body["links"]:
                with self.about(f"{name} {link['rel']}"):
                    query = _query(link["href"])
                    self.assertEqual(expected, {key: query.get(key) for key in expected})

    def test_they_repeat_filters_as_they_were_given(self):
        sent = {
            "device_type": "type 0",
            "label": "a&b=ü",
            "sort_keys": "name,id",
            "sort_dir": "desc",
            "limit": "12",
            "details": "True",
            "resolved-values": "False",
        }
        for href in self.links(f"/hosts?{parse.urlencode(sent)}").values():
            self.assertEqual(sent, {key: _query(href).get(key) for key in sent})

    def test_sort_keys_separated_by_blanks_are_joined_by_commas(self):
        self.assertEqual(
            "name,id", _query(self.links("/hosts?sort_keys=name+id")["self"])["sort_keys"]
        )

    def test_first_and_prev_and_self_of_the_first_page_are_the_first_page(self):
        links = self.links("/hosts?limit=10")
        self.assertEqual(links["first"], links["prev"])
        self.assertEqual(links["first"], links["self"])
        self.assertNotIn("marker", _query(links["first"]))

    def test_next_begins_after_the_last_row(self):
        last = self.user.items("/hosts?limit=10")[-1]["id"]
        self.assertEqual(str(last), _query(self.links("/hosts?limit=10")["next"])["marker"])

    def test_self_has_the_marker_of_the_request(self):
        links = self.links(f"/hosts?limit=10&marker={self.hosts[9]}")
        self.assertEqual(str(self.hosts[9]), _query(links["self"])["marker"])

    def test_a_last_page_that_is_short_or_full_has_a_next_one_which_is_empty(self):
        for limit in (10, 25):
            *pages, last = self.walk(f"/hosts?limit={limit}")
            self.assertEqual([], last)
            self.assertEqual(self.hosts, functools.reduce(operator.iadd, pages, []))

    def test_prev_of_the_second_page_is_the_first_page(self):
        second = self.links("/hosts?limit=10")["next"]
        self.assertNotIn("marker", _query(self.links(second)["prev"]))

    def test_prev_of_the_third_page_is_the_second(self):
        second = self.links("/hosts?limit=10")["next"]
        third = self.links(second)["next"]
        before = self.user.items(self.links(third)["prev"])
        self.assertEqual(self.user.items(second), before)

    def test_prev_of_a_page_that_is_less_than_a_page_away_is_the_first(self):
        links = self.links(f"/hosts?limit=10&marker={self.hosts[4]}")
        self.assertNotIn("marker", _query(links["prev"]))

    def test_prev_of_the_empty_page_at_the_end_shows_the_last_rows(self):
        links = self.links(f"/hosts?limit=10&marker={self.hosts[-1]}")
        found = [item["id"] for item in self.user.items(links["prev"])]
        self.assertEqual(self.hosts[-10:], found)


class TestMarkers(PagesTestCase):
    """Markers: the start of a page."""

    hosts: t.ClassVar[t.Any]
    user: t.ClassVar[t.Any]

    def test_a_page_begins_after_the_marker(self):
        found = [i["id"] for i in self.user.items(f"/hosts?limit=10&marker={self.hosts[2]}")]
        self.assertEqual(self.hosts[3:13], found)

    def test_a_marker_can_lie_outside_the_filters(self):
        path = f"/hosts?limit=10&device_type=type+0&marker={self.hosts[1]}"
        found = [item["id"] for item in self.user.items(path)]
        self.assertEqual(self.hosts[2:22:2], found)

    def test_an_unknown_marker_is_refused(self):
        for name in (*base.COLLECTIONS, "devices"):
            unknown = base.NO_PROJECT if name == "projects" else "999999"
            with self.about(name):
                answer = self.root.get(f"/{name}?marker={unknown}")
                self.assertAnswer(answer, 400, f'Marker "{unknown}" does not exist')

    def test_a_marker_that_is_no_id_is_refused(self):
        for name in ("hosts", "devices", "users"):
            for marker in ("abc", "", "1.0", "1e0", "2abc", "%EF%BC%91", "9" * 30):
                with self.about(f"{name} {marker}"):
                    answer = self.root.get(f"/{name}?marker={marker}")
                    self.assertAnswer(answer, 400)
                    self.assertIn("\n- marker: ", answer.json["message"])
        for marker in ("abc", "", "%EF%BC%91" * 32):
            with self.about(f"projects {marker}"):
                self.assertAnswer(self.root.get(f"/projects?marker={marker}"), 400)

    def test_a_marker_that_was_deleted_is_refused(self):
        someone = self.member()
        cloud = someone.make("clouds")["id"]
        someone.delete(f"/clouds/{cloud}")
        answer = someone.get(f"/clouds?marker={cloud}")
        self.assertAnswer(answer, 400, f'Marker "{cloud}" does not exist')

    def test_a_list_of_hosts_begins_at_hosts_only(self):
        device = self.user.make("network-devices")["id"]
        self.addCleanup(self.user.delete, f"/network-devices/{device}")
        self.assertEqual(400, self.user.get(f"/hosts?marker={device}").status)
        self.assertEqual(200, self.user.get(f"/devices?marker={device}").status)

    def test_a_page_of_projects_can_be_filtered_and_begin_at_a_marker(self):
        made = [self.root.make("projects", name=f"paged {n}")["id"] for n in range(3)]
        found = self.root.items(f"/projects?name=paged%25&marker={made[0]}")
        self.assertEqual(made[1:], [project["id"] for project in found])


class TestDeletedMarkers(PagesTestCase):
    """A page that follows a deleted row is found by the values in the link."""

    hosts: t.ClassVar[t.Any]
    user: t.ClassVar[t.Any]

    def setUp(self):
        super().setUp()
        self.mine = self.member()
        region = self.mine.make("regions")
        self.place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        self.cell = self.mine.make("cells", **self.place)["id"]

    def fill(self, collection: str = "hosts", count: int = 24) -> list[int]:
        """Create rows of which every third has no cell and no note."""
        made = []
        for number in range(count):
            more = {"cell_id": self.cell} if number % 3 else {}
            fields = {"device_type": f"type {number % 2}", **self.place, **more}
            made.append(self.mine.make(collection, **fields)["id"])
        return made

    def walk_deleting(self, path: str, collection: str = "hosts") -> list[int]:
        """Delete all rows of each page before the next one is requested."""
        found: list[int] = []
        while path:
            answer = self.mine.get(path)
            self.assertAnswer(answer, 200)
            links = {n["rel"]: n["href"].removeprefix(base.BASE) for n in answer.json["links"]}
            items = self.mine.items(path)
            for item in items:
                kind = "hosts" if "note" in item else "network-devices"
                self.assertAnswer(self.mine.delete(f"/{kind}/{item['id']}"), 204)
            found += [item["id"] for item in items]
            path = links.get("next", "")
        return found

    def test_a_walk_that_deletes_what_it_meets_meets_everything(self):
        for keys in ("", "id", "name", "cell_id", "device_type,cell_id", "active", "note"):
            for direction in ("asc", "desc"):
                made = self.fill()
                sort = f"&sort_keys={keys}" if keys else ""
                path = f"/hosts?limit=10&sort_dir={direction}{sort}"
                with self.about(path):
                    found = self.walk_deleting(path)
                    self.assertEqual(sorted(made), sorted(found))

    def test_with_filters_and_conditions(self):
        made = self.fill()
        for host in made:
            self.mine.put(f"/hosts/{host}/variables", {"rack": "r1"})
        condition = parse.urlencode({"vars": 'rack:"r1"', "region_id": self.place["region_id"]})

        found = self.walk_deleting(f"/hosts?limit=10&{condition}&sort_keys=device_type")

        self.assertEqual(sorted(made), sorted(found))

    def test_devices_of_both_kinds(self):
        made = [*self.fill(count=12), *self.fill("network-devices", 12)]

        found = self.walk_deleting("/devices?limit=10&sort_keys=cell_id")

        self.assertEqual(sorted(made), sorted(found))

    def test_projects_and_their_order(self):
        made = [self.root.make("projects", name=f"going {n:02}")["id"] for n in range(12)]
        page = self.root.get("/projects?name=going%25&limit=10&sort_keys=name")
        (link,) = (n["href"] for n in page.json["links"] if n["rel"] == "next")
        self.root.delete(f"/projects/{made[9]}")

        rest = self.root.items(link.removeprefix(base.BASE))

        self.assertEqual(made[10:], [project["id"] for project in rest])

    def test_the_page_before_is_known_too(self):
        made = self.fill()
        second = self.link("/hosts?limit=10", "next")
        self.mine.delete(f"/hosts/{made[9]}")

        third = self.link(second, "next")
        before = self.mine.items(self.link(third, "prev"))

        self.assertEqual(made[10:20], [item["id"] for item in before])
        self.assertEqual(_query(second), _query(self.link(second, "self")))

    def link(self, path: str, rel: str) -> str:
        links = self.mine.get(path).json["links"]
        return str(next(n["href"] for n in links if n["rel"] == rel)).removeprefix(base.BASE)

    def test_an_existing_marker_is_worth_more_than_values(self):
        made = self.fill()
        values = parse.urlencode({"marker_values": '["9999"]'})

        found = self.mine.items(f"/hosts?limit=10&marker={made[2]}&{values}")

        self.assertEqual(made[3:13], [item["id"] for item in found])

    def test_values_that_do_not_fit_are_refused(self):
        sorts = {"": ['["a","b"]', "[]", "[null]", "[1]", "5", "x", '["\\u0000"]', "[NaN]", ""]}
        sorts["cell_id"] = ['["1"]', "[true]", "[1.0]", f"[{2**31}]", "[[]]", "[1,2]"]
        sorts["active"], sorts["name"] = ["[1]", '["true"]'], ["[1]", '["\\ud800"]', "[{}]"]
        for keys, values in sorts.items():
            for value in values:
                query = {"marker": "7", "marker_values": value}
                path = f"/hosts?{parse.urlencode(query)}" + (keys and f"&sort_keys={keys}")
                with self.about(path):
                    answer = self.mine.get(path)
                    self.assertAnswer(answer, 400)
                    self.assertIn("marker_values: ", answer.json["message"])

    def test_values_without_a_marker_are_refused(self):
        answer = self.mine.get("/hosts?marker_values=%5B%5D")
        self.assertAnswer(answer, 400)
        self.assertIn("'marker' is required", answer.json["message"])


class TestWalks(PagesTestCase):
    """Reading lists page by page."""

    hosts: t.ClassVar[t.Any]
    user: t.ClassVar[t.Any]

    SORTS = (
        "",
        "id",
        "name",
        "device_type",
        "cell_id",
        "cell_id,device_type",
        "device_type,cell_id",
        "note",
        "note,cell_id,name",
        "parent_id",
        "updated_at",
        "active",
        "created_at",
        "region_id,cell_id",
        "cell_id,cell_id",
        "id,cell_id",
    )

    def test_every_row_comes_once_whatever_the_order(self):
        for keys in self.SORTS:
            for direction in ("asc", "desc"):
                for limit in (10, 12):
                    sort = f"&sort_keys={keys}" if keys else ""
                    path = f"/hosts?limit={limit}&sort_dir={direction}{sort}"
                    with self.about(path):
                        pages = self.walk(path)
                        self.assertEqual([limit, limit], [len(page) for page in pages[:2]])
                        found: list[int] = functools.reduce(operator.iadd, pages, [])
                        self.assertEqual(sorted(self.hosts), sorted(found))
                        whole = self.user.items(path.replace(f"={limit}&", "=100&", 1))
                        self.assertEqual([item["id"] for item in whole], found)

    def test_descending_is_ascending_backwards(self):
        for keys in self.SORTS[1:]:
            path = f"/hosts?limit=100&sort_keys={keys}&sort_dir="
            up = [item["id"] for item in self.user.items(f"{path}asc")]
            down = [item["id"] for item in self.user.items(f"{path}desc")]
            with self.about(keys):
                self.assertEqual(up, down[::-1])

    def test_rows_are_sorted_by_the_keys_with_missing_values_at_one_end(self):
        rows = self.user.items("/hosts?limit=100&sort_keys=cell_id,device_type")
        keys = [(row["cell_id"], row["device_type"]) for row in rows]
        known = [key for key in keys if key[0] is not None]
        self.assertEqual(sorted(known), known)
        missing = [key[0] is None for key in keys]
        self.assertIn(missing, (sorted(missing), sorted(missing, reverse=True)))

    def test_without_keys_the_oldest_come_first(self):
        self.assertEqual(self.hosts, [i["id"] for i in self.user.items("/hosts?limit=100")])

    def test_a_walk_backwards_meets_the_same_pages(self):
        for keys in ("id", "cell_id", "device_type,note"):
            path = f"/hosts?limit=10&sort_keys={keys}"
            second = self.links(path)["next"]
            third = self.links(second)["next"]
            back = self.links(third)["prev"]
            with self.about(keys):
                self.assertEqual(self.user.items(second), self.user.items(back))
                first = self.links(back)["prev"]
                self.assertEqual(self.user.items(path), self.user.items(first))

    def test_rows_that_are_added_or_deleted_on_the_way_disturb_no_others(self):
        someone = self.member()
        region = someone.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        made = [someone.make("cells", **place)["id"] for _ in range(25)]
        first = someone.get("/cells?limit=10").json
        someone.delete(f"/cells/{made[3]}")
        added = someone.make("cells", **place)["id"]
        follow = first["links"][-1]["href"].removeprefix(base.BASE)
        second = someone.get(follow).json
        follow = second["links"][-1]["href"].removeprefix(base.BASE)
        found = [item["id"] for page in (first, second) for item in page["cells"]]
        found += [item["id"] for item in someone.items(follow)]
        self.assertEqual([*made, added], found)

    def test_pages_of_devices_count_both_kinds_together(self):
        someone = self.member()
        region = someone.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        kinds = ("hosts", "network-devices", "hosts")
        made = [someone.make(kinds[n % 3], **place)["id"] for n in range(24)]
        found: list[int] = []
        path = "/devices?limit=10"
        for expected in (10, 10, 4, 0):
            body = someone.get(path).json
            page = [i["id"] for group in body["devices"].values() for i in group]
            self.assertEqual(expected, len(page))
            for group in body["devices"].values():
                ids = [item["id"] for item in group]
                self.assertEqual(sorted(ids), ids)
            found += sorted(page)
            path = body["links"][-1]["href"].removeprefix(base.BASE)
        self.assertEqual(made, found)

    def test_projects_and_users_have_pages_too(self):
        made = {self.root.make("projects")["id"] for _ in range(12)}
        path, found = "/projects?limit=10", []
        while True:
            body = self.root.get(path).json
            if not body["projects"]:
                break
            found += [item["id"] for item in body["projects"]]
            path = body["links"][-1]["href"].removeprefix(base.BASE)
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(made, set(found))


def _query(href: str) -> dict[str, str]:
    return dict(parse.parse_qsl(parse.urlsplit(href).query, keep_blank_values=True))
