# SPDX-License-Identifier: Apache-2.0
"""The query parameters of lists."""

from __future__ import annotations

import typing as t
from urllib import parse

from cratonclient.tests.integration.server import base

ALL = [
    "clouds",
    "regions",
    "cells",
    "hosts",
    "devices",
    "networks",
    "network-devices",
    "network-interfaces",
    "projects",
    "users",
]

#: The query parameters of each list, with a valid value.
ACCEPTED = {
    "limit": ("10", ALL),
    "sort_keys": ("id", ALL),
    "sort_dir": ("desc", ALL),
    "details": ("true", [n for n in ALL if n not in ("network-interfaces", "users")]),
    "resolved-values": (
        "true",
        ["regions", "cells", "hosts", "devices", "networks", "network-devices"],
    ),
    "name": (
        "",
        [n for n in ALL if n not in ("devices", "network-interfaces")],
    ),
    "name_prefix": ("", [n for n in ALL if n != "devices"]),
    "where": ("id>0", ALL),
    "id": ("ID", [n for n in ALL if n not in ("devices", "projects")]),
    "cloud_id": ("1", ["regions", "cells", "hosts", "devices", "network-devices"]),
    "region_id": ("1", ["cells", "hosts", "devices", "networks", "network-devices"]),
    "cell_id": ("1", ["hosts", "devices", "networks", "network-devices"]),
    "device_type": ("x", ["hosts", "network-devices"]),
    "ip_address": ("10.0.0.1", ["hosts", "network-devices", "network-interfaces"]),
    "label": ("x", ["hosts"]),
    "active": ("true", ["devices"]),
    "parent_id": ("1", ["devices"]),
    "descendants": ("true", ["devices"]),
    "device_id": ("1", ["network-interfaces"]),
    "interface_type": ("x", ["network-interfaces"]),
    "network_type": ("x", []),
    "project_id": (base.NO_PROJECT, []),
    "note": ("x", []),
    "created_at": ("x", []),
    "nosuch": ("x", []),
    "Limit": ("10", []),
}


class TestAcceptance(base.ServerTestCase):
    """The query parameters that each list accepts."""

    ids: t.ClassVar[t.Any]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ids = {name: cls.root.make(name)["id"] for name in base.COLLECTIONS}

    def test_parameters_of_the_table_are_accepted(self):
        for parameter, (value, collections) in ACCEPTED.items():
            for name in collections:
                text = value.replace("ID", str(self.ids.get(name)))
                with self.about(f"{name}?{parameter}={text}"):
                    self.assertAnswer(self.root.get(f"/{name}?{parameter}={text}"), 200)

    def test_blanks_of_the_table_are_refused(self):
        for parameter, (value, collections) in ACCEPTED.items():
            for name in set(ALL) - set(collections):
                with self.about(f"{name}?{parameter}"):
                    self.assertInvalid(
                        self.root.get(f"/{name}?{parameter}={value}"),
                        f"Additional properties are not allowed ('{parameter}' was unexpected)",
                    )

    def test_all_parameters_of_a_list_are_accepted_together(self):
        for name in ALL:
            pairs = [
                f"{parameter}={value.replace('ID', str(self.ids.get(name)))}"
                for parameter, (value, collections) in ACCEPTED.items()
                if name in collections
            ]
            with self.about(name):
                self.assertAnswer(self.root.get(f"/{name}?{'&'.join(pairs)}"), 200)

    def test_several_unknown_parameters_are_told_together(self):
        answer = self.root.get("/hosts?foo=1&bar=2")
        self.assertAnswer(answer, 400)
        self.assertIn("'foo'", answer.json["message"])
        self.assertIn("'bar'", answer.json["message"])

    def test_one_object_takes_only_resolved_values_and_only_where_it_inherits(self):
        inherit = {"regions", "cells", "hosts", "network-devices"}
        for name in base.COLLECTIONS:
            path = f"/{name}/{self.ids[name]}"
            expected = 200 if name in inherit else 400
            with self.about(name):
                self.assertAnswer(self.root.get(f"{path}?resolved-values=false"), expected)
                for parameter in ("details", "limit", "name", "nosuch"):
                    answer = self.root.get(f"{path}?{parameter}=10")
                    self.assertAnswer(answer, 400)
                    self.assertIn(f"('{parameter}' was unexpected)", answer.json["message"])

    def test_variables_take_resolved_values_only_of_hosts_and_labels_take_nothing(self):
        for name in base.WITH_VARIABLES:
            path = f"/{name}/{self.ids[name]}/variables"
            expected = 200 if name == "hosts" else 400
            with self.about(name):
                self.assertAnswer(self.root.get(f"{path}?resolved-values=false"), expected)
                self.assertAnswer(self.root.get(f"{path}?details=true"), 400)
        path = f"/hosts/{self.ids['hosts']}/labels"
        self.assertAnswer(self.root.get(f"{path}?limit=10"), 400)


class TestParsing(base.ServerTestCase):
    """The parsing of values."""

    def test_limits_are_from_10_to_100(self):
        for name in ALL:
            for limit, problem in (
                ("9", "limit: 9 is less than the minimum of 10"),
                ("0", "limit: 0 is less than the minimum of 10"),
                ("-1", "limit: -1 is less than the minimum of 10"),
                ("101", "limit: 101 is greater than the maximum of 100"),
            ):
                with self.about(f"{name} {limit}"):
                    self.assertInvalid(self.root.get(f"/{name}?limit={limit}"), problem)
            for limit in ("10", "100", "%2B10", "+10+", "0010"):
                with self.about(f"{name} {limit}"):
                    self.assertAnswer(self.root.get(f"/{name}?limit={limit}"), 200)

    def test_30_rows_are_a_page_unless_told_otherwise(self):
        someone = self.member()
        region = someone.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        for _ in range(31):
            someone.make("cells", **place)
        self.assertEqual(30, len(someone.items("/cells")))
        self.assertEqual(31, len(someone.items("/cells?limit=100")))
        self.assertEqual(10, len(someone.items("/cells?limit=10")))

    def test_what_is_no_integer_is_refused(self):
        for path in (
            "/hosts?limit=",
            "/hosts?id=",
            "/hosts?cloud_id=",
            "/cells?region_id=",
            "/networks?cell_id=",
            "/devices?parent_id=",
            "/network-interfaces?device_id=",
            "/clouds?id=",
        ):
            for text in ("abc", "10.5", "", "1x", "0x10", "1_0", "9" * 5000):
                with self.about(f"{path}{text[:20]}"):
                    self.assertAnswer(self.root.get(path + text), 400)

    def test_no_boolean_is_refused(self):
        someone = self.member()
        someone.make("hosts", active=False)
        for text in ("n", "N", "no", "No", "false", "FALSE", "0", ""):
            with self.about(text):
                self.assertEqual(1, len(someone.items(f"/devices?active={text}")))
        for text in ("y", "yes", "true", "True", "1", "off", "f", "none", "abc"):
            with self.about(text):
                self.assertEqual(0, len(someone.items(f"/devices?active={text}")))

    def test_of_a_repeated_parameter_the_first_value_counts(self):
        someone = self.member()
        region = someone.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        for name in ("first", "second"):
            someone.make("cells", name=name, **place)
        self.assertEqual(["first"], someone.names("/cells?name=first&name=second"))
        self.assertAnswer(self.root.get("/cells?limit=10&limit=1"), 200)

    def test_the_direction_is_asc_or_desc(self):
        for text, shown in (("up", "'up'"), ("ASC", "'ASC'"), ("", "''")):
            answer = self.root.get(f"/hosts?sort_dir={text}")
            self.assertInvalid(answer, f"sort_dir: {shown} is not one of ['asc', 'desc']")

    def test_unknown_sort_keys_are_refused(self):
        for name, text, shown in (
            ("hosts", "nosuch", "nosuch"),
            ("hosts", "", ""),
            ("hosts", "name,", ""),
            ("hosts", "NAME", "NAME"),
            ("hosts", "-name", "-name"),
            ("hosts", "name:desc", "name:desc"),
            ("hosts", "labels", "labels"),
            ("hosts", "variables", "variables"),
            ("hosts", "links", "links"),
            ("hosts", "model_name", "model_name"),
            ("devices", "model_name", "model_name"),
            ("clouds", "ip_address", "ip_address"),
            ("users", "key_digest", "key_digest"),
        ):
            with self.about(f"{name} {text}"):
                answer = self.root.get(f"/{name}?sort_keys={text}")
                self.assertAnswer(answer, 400, f'"{shown}" is an invalid sort key')


class TestFilters(base.ServerTestCase):
    """The results of filters."""

    cell: t.ClassVar[t.Any]
    cloud: t.ClassVar[t.Any]
    leaf: t.ClassVar[t.Any]
    middle: t.ClassVar[t.Any]
    other_cloud: t.ClassVar[t.Any]
    other_region: t.ClassVar[t.Any]
    region: t.ClassVar[t.Any]
    top: t.ClassVar[t.Any]
    user: t.ClassVar[t.Any]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        project = cls.root.make("projects")["id"]
        user = cls.root.make("users", project_id=project)
        headers = base.credentials(user["username"], user["api_key"], project)
        cls.user = base.Caller(cls.root.application, headers)
        make = cls.user.make
        cls.cloud, cls.other_cloud = make("clouds", name="one")["id"], make("clouds")["id"]
        cls.region = make("regions", name="east", cloud_id=cls.cloud)["id"]
        cls.other_region = make("regions", name="west", cloud_id=cls.other_cloud)["id"]
        place = {"cloud_id": cls.cloud, "region_id": cls.region}
        other = {"cloud_id": cls.other_cloud, "region_id": cls.other_region}
        cls.cell = make("cells", name="cell", **place)["id"]
        make("cells", name="other cell", **other)
        inside = {**place, "cell_id": cls.cell}
        cls.top = make("hosts", name="top", device_type="rack", **inside)["id"]
        cls.middle = make(
            "network-devices", name="middle", device_type="switch", parent_id=cls.top, **inside
        )["id"]
        cls.leaf = make(
            "hosts",
            name="leaf",
            parent_id=cls.middle,
            active=False,
            ip_address="2001:DB8::1",
            labels=["web", "blue"],
            **place,
        )["id"]
        make("hosts", name="alien", labels=["web"], ip_address="192.0.2.9", **other)
        make("network-devices", name="switch", device_type="switch", **other)
        make("networks", name="net", **inside)
        make("networks", name="other net", **other)
        for name, owner in (("eth0", cls.top), ("eth1", cls.leaf)):
            make(
                "network-interfaces",
                name=name,
                device_id=owner,
                interface_type=f"type of {name}",
                ip_address="10.9.9.9" if name == "eth0" else "10.9.9.8",
            )

    def assertFound(self, path: str, *names: str) -> None:
        """Check the names of the objects in a list."""
        with self.about(path):
            self.assertEqual(set(names), set(self.user.names(path)))

    def test_they_find_what_has_the_value(self):
        for path, names in (
            (f"/regions?cloud_id={self.cloud}", ["east"]),
            (f"/cells?cloud_id={self.cloud}", ["cell"]),
            (f"/cells?region_id={self.other_region}", ["other cell"]),
            ("/cells?name=cell", ["cell"]),
            (f"/cells?id={self.cell}", ["cell"]),
            ("/hosts?name=top", ["top"]),
            (f"/hosts?id={self.leaf}", ["leaf"]),
            (f"/hosts?id={self.middle}", []),
            ("/hosts?device_type=rack", ["top"]),
            ("/hosts?ip_address=192.0.2.9", ["alien"]),
            ("/hosts?label=web", ["leaf", "alien"]),
            ("/hosts?label=blue", ["leaf"]),
            ("/hosts?label=nosuch", []),
            (f"/hosts?region_id={self.region}", ["top", "leaf"]),
            (f"/hosts?cell_id={self.cell}", ["top"]),
            (f"/hosts?cloud_id={self.other_cloud}", ["alien"]),
            ("/network-devices?name=middle", ["middle"]),
            (f"/network-devices?id={self.middle}", ["middle"]),
            ("/network-devices?device_type=switch", ["middle", "switch"]),
            (f"/network-devices?cell_id={self.cell}", ["middle"]),
            (f"/network-devices?cloud_id={self.other_cloud}", ["switch"]),
            (f"/network-devices?region_id={self.region}", ["middle"]),
            (f"/devices?region_id={self.region}", ["top", "middle", "leaf"]),
            (f"/devices?cell_id={self.cell}", ["top", "middle"]),
            (f"/devices?cloud_id={self.other_cloud}", ["alien", "switch"]),
            ("/devices?active=false", ["leaf"]),
            ("/devices?active=true", ["top", "middle", "alien", "switch"]),
            ("/networks?name=net", ["net"]),
            (f"/networks?region_id={self.other_region}", ["other net"]),
            (f"/networks?cell_id={self.cell}", ["net"]),
            (f"/network-interfaces?device_id={self.leaf}", ["eth1"]),
            ("/network-interfaces?interface_type=type+of+eth0", ["eth0"]),
            ("/network-interfaces?ip_address=10.9.9.8", ["eth1"]),
            (f"/cells?region_id={base.NOWHERE}", []),
            ("/hosts?name=nosuch", []),
        ):
            self.assertFound(path, *names)

    def test_all_of_them_must_agree(self):
        self.assertFound(f"/hosts?label=web&region_id={self.region}", "leaf")
        self.assertFound(f"/hosts?name=top&id={self.leaf}")
        self.assertFound("/devices?active=false&cell_id=0")

    def test_an_address_is_found_by_what_a_list_shows(self):
        (leaf,) = self.user.items(f"/hosts?id={self.leaf}")
        self.assertFound(f"/hosts?ip_address={leaf['ip_address']}", "leaf")

    def test_a_parent_finds_its_children_and_with_descendants_all_below(self):
        self.assertFound(f"/devices?parent_id={self.top}", "middle")
        self.assertFound(f"/devices?parent_id={self.middle}", "leaf")
        self.assertFound(f"/devices?parent_id={self.leaf}")
        self.assertFound(f"/devices?parent_id={self.top}&descendants=true", "middle", "leaf")
        self.assertFound(f"/devices?parent_id={self.top}&descendants=false", "middle")
        self.assertFound(f"/devices?parent_id={base.NOWHERE}")

    def test_descendants_of_an_unknown_parent_are_none(self):
        answer = self.user.get(f"/devices?parent_id={base.NOWHERE}&descendants=true")
        self.assertIn(answer.status, (200, 404))

    def test_descendants_without_a_parent_are_all(self):
        everything = set(self.user.names("/devices"))
        self.assertFound("/devices?descendants=true", *everything)

    def test_clouds_and_regions_are_found_one_at_a_time(self):
        for path, name in (
            ("/clouds?name=one", "one"),
            (f"/clouds?id={self.cloud}", "one"),
            ("/regions?name=west", "west"),
            (f"/regions?id={self.region}", "east"),
            (f"/regions?name=west&id={self.region}", "east"),
        ):
            body = self.user.get(path).json
            with self.about(path):
                self.assertEqual([], body["links"])
                self.assertEqual([name], [item["name"] for item in base.in_order(path, body)])

    def test_clouds_and_regions_that_are_not_there_are_not_found(self):
        for name in ("clouds", "regions"):
            for query in (
                "name=nosuch", f"id={base.NOWHERE}", f"name=nosuch&id={self.region}"
            ):  # fmt: skip
                with self.about(f"{name} {query}"):
                    self.assertAnswer(self.user.get(f"/{name}?{query}"), 404, "Not Found")

    def test_an_empty_name_and_the_id_0_count_as_absent(self):
        self.assertFound("/clouds?name=", *self.user.names("/clouds"))
        self.assertFound("/regions?name=", "east", "west")
        self.assertFound("/regions?id=0", "east", "west")
        everybody = len(self.root.items("/users?limit=100"))
        self.assertEqual(everybody, len(self.root.items("/users?limit=100&name=")))
        everything = len(self.root.items("/projects?limit=100"))
        self.assertEqual(everything, len(self.root.items("/projects?limit=100&name=")))

    def test_the_name_of_a_project_is_a_pattern(self):
        for name in ("alphabet", "alpine"):
            self.root.make("projects", name=name)
        found = self.root.names("/projects?name=alp%25")
        self.assertEqual(["alphabet", "alpine"], sorted(found))
        self.assertEqual(["alpine"], self.root.names("/projects?name=alpin_"))
        self.assertEqual([], self.root.names("/projects?name=alp"))

    def test_users_are_found_by_name(self):
        self.root.make("users", username="findme")
        found = self.root.items("/users?name=findme")
        self.assertEqual(["findme"], [user["username"] for user in found])

    def test_the_wildcards_of_patterns_are_plain_elsewhere(self):
        self.assertFound("/hosts?name=to%25")
        self.assertFound("/hosts?name=_op")

    def test_a_quote_in_a_value_is_a_character(self):
        self.assertFound("/hosts?name=x'+OR+'1'%3D'1")


class TestPrefixes(base.ServerTestCase):
    """Lists of the objects whose names begin with a text."""

    def names(self, who: base.Caller, prefix: str, path: str = "/clouds") -> list[str]:
        """Return the names that begin with a prefix, from all pages."""
        query = parse.urlencode({"name_prefix": prefix, "sort_keys": "name", "limit": 10})
        found: list[str] = []
        url = f"{path}?{query}"
        while True:
            body = who.get(url).json
            found += [one["name"] for one in base.in_order(url, body)]
            following = [link["href"] for link in body["links"] if link["rel"] == "next"]
            if not following:
                return found
            url = following[0].removeprefix(base.BASE)

    def test_no_character_is_a_wildcard(self):
        user = self.member()
        names = ["a", "a%b", "a_b", "a\\b", "ab", "aXb", "A", "%", "_", "b", "a'b", "a*"]
        for name in names:
            user.make("clouds", name=name)
        for prefix in ("", "a", "a%", "a_", "a\\", "%", "_", "A", "a'", "a*", "x", "%%", "a "):
            with self.about(prefix):
                wanted = sorted(name for name in names if name.startswith(prefix))
                self.assertEqual(wanted, self.names(user, prefix))

    def test_names_of_all_of_unicode(self):
        user = self.member()
        names = ["é", "éa", "ê", "z\ud7ff", "z\ud7ffa", "z\ue000", "\U0010ffff", "\U0010ffffa"]
        for name in names:
            user.make("clouds", name=name)
        for prefix in ("é", "z\ud7ff", "\U0010ffff", "z", "\U0010ffff\U0010ffff"):
            with self.about(ascii(prefix)):
                wanted = sorted(name for name in names if name.startswith(prefix))
                self.assertEqual(wanted, self.names(user, prefix))

    def test_every_page_has_the_prefix(self):
        user = self.member()
        names = [f"web-{number:02}" for number in range(25)]
        for name in [*names, "other", "we", "wec"]:
            user.make("clouds", name=name)
        self.assertEqual(names, self.names(user, "web-"))
        self.assertEqual(names[10:20], self.names(user, "web-1"))

    def test_projects_and_kinds_are_kept_apart(self):
        user, other = self.member(), self.member()
        place = user.make("regions")
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        user.make("hosts", name="p-host", **where)
        user.make("network-devices", name="p-switch", **where)
        other.make("hosts", name="p-other")
        self.assertEqual(["p-host"], self.names(user, "p-", "/hosts"))
        self.assertEqual(["p-switch"], self.names(user, "p-", "/network-devices"))
        self.assertEqual(["p-other"], self.names(other, "p-", "/hosts"))
        self.assertEqual(["p-host", "p-other"], self.names(self.root, "p-", "/hosts"))

    def test_users_begin_with_their_user_name(self):
        user = self.member(is_admin=True, username="prefix-admin")
        found = user.items("/users?name_prefix=prefix-&sort_keys=username")
        self.assertEqual(["prefix-admin"], [one["username"] for one in found])
        self.assertEqual([], user.items("/users?name_prefix=prefix_"))

    def test_together_with_other_filters(self):
        user = self.member()
        host = user.make("hosts", name="both", variables={"a": 1})
        user.make("hosts", name="both-2", region_id=host["region_id"])
        path = f"/hosts?name_prefix=both&region_id={host['region_id']}"
        self.assertEqual(["both", "both-2"], user.names(path))
        self.assertEqual(["both"], user.names(f"{path}&vars=a:1"))


class TestDetails(base.ServerTestCase):
    """Variables in lists."""

    def test_they_are_resolved_unless_told_otherwise(self):
        someone = self.member()
        region = someone.make("regions", variables={"a": "region"})
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        own = {"b": "own"}
        for name in ("cells", "hosts", "network-devices"):
            someone.make(name, variables=own, **place)
        for path in ("/cells", "/hosts", "/network-devices", "/devices"):
            with self.about(path):
                for query, expected in (
                    ("details=true", {"a": "region", **own}),
                    ("details=true&resolved-values=true", {"a": "region", **own}),
                    ("details=true&resolved-values=false", own),
                ):
                    for item in someone.items(f"{path}?{query}"):
                        self.assertEqual(expected, item["variables"])

    def test_networks_and_clouds_show_their_own(self):
        someone = self.member()
        region = someone.make("regions", variables={"a": "region"})
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        someone.make("networks", variables={"b": 1}, **place)
        for query in ("", "&resolved-values=true"):
            (network,) = someone.items(f"/networks?details=true{query}")
            self.assertEqual({"b": 1}, network["variables"])

    def test_what_is_found_one_at_a_time_comes_without(self):
        someone = self.member()
        cloud = someone.make("clouds", variables={"a": 1})
        (found,) = someone.items(f"/clouds?id={cloud['id']}&details=true")
        self.assertNotIn("variables", found)
