# SPDX-License-Identifier: Apache-2.0
"""Lists that are filtered by variables."""

from __future__ import annotations

import json
import random
import typing as t
from urllib import parse

import sqlalchemy as sa

from cratonclient.tests.integration.server import base
from cratonserver.api import vars_parameter
from cratonserver.db import json_contains

VALUES: dict[str, t.Any] = {
    "s": "str",
    "i": 5,
    "f": 1.5,
    "big": 2**70,
    "round": [2**53 + 1, {"id": 2**63 + 1}],
    "müll": {"größe": "ä, b: \U0001f600"},
    "t": True,
    "zero": 0,
    "n": None,
    "l": [1, 2, "x", [3, [4, {"deep": 1}]]],
    "empty": [],
    "o": {"a": {"b": "deep", "k,:": 1}, "arr": [{"z": 1}, {"z": 2}], "list": [[5, 6], [7]]},
    "k.dot": "ünï, \"x\": 'y'",
}


def asking(pairs: str, **parameters: str) -> str:
    return parse.urlencode({"vars": pairs, **parameters})


class TestMatching(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.user.make("clouds", variables=VALUES)

    def assertMatches(self, expected: bool, pairs: str) -> None:
        found = self.user.items(f"/clouds?{asking(pairs)}")
        self.assertEqual(expected, bool(found), pairs)

    def test_what_is_found(self):
        for pairs in (
            *(
                's:"str"',
                "i:5",
                "i:5.0",
                "i:50e-1",
                "f:1.5",
                f"big:{2**70}",
                "t:true",
                "zero:-0.0",
            ),
            *(
                "n:null",
                "l:1",
                'l:"x"',
                "l:[1]",
                "l[*]:1",
                "l:[2,1,1]",
                "l:3",
                "l:4",
                "l:[[3]]",
            ),
            *("l:[[4]]", 'l:{"deep":1}', "l:[]", "l[3][1][0]:4", "l[3]:[[4]]", "empty:[]"),
            *('o:{"a":{"b":"deep"}}', "o:{}", 'o.a.b:"deep"', 'o.*.b:"deep"', "o.arr[*].z:2"),
            *("o.arr[1].z:2", 'o.arr:{"z":2}', "o.arr[*].z:[1,2]", "o.arr[*]:{}", "o.*:[5]"),
            *('o["a"]["b"]:"deep"', 'o.a."k,:":1', "o.a['k,:']:1", "$.o.list[0][1]:6"),
            *(f"round:{2**53 + 1}", f"round[1].id:{2**63 + 1}", f"round[*].id:{2**63 + 1}"),
            # Original servers find only the escapes, and craton sends them.
            r'"müll"."gr\u00f6\u00dfe":"\u00e4\u002c b: \ud83d\ude00"',
            '"m\\u00fcll"."größe":"ä, b: \U0001f600"',
            *('"k.dot":"ünï, \\"x\\": \'y\'"', 's:"str",i:5,o.a.b:"deep"'),
        ):
            with self.about(pairs):
                self.assertMatches(True, pairs)

    def test_what_is_not_found(self):
        for pairs in (
            *('s:"STR"', 's:"st"', 'i:"5"', "i:6", "i:true", "t:1", 't:"true"', "zero:false"),
            *("n:0", 'n:""', "n:false", "nothing:null", "nothing:1", "S:1", 'S:"str"', "i:[5]"),
            *("l:[1,9]", "l:[[1]]", "l[9]:1", "l[0]:2", "l[0][0]:1", "l.a:1", "empty:1"),
            *("empty[*]:1", "empty[*]:[]", 'o:{"a":{"b":"x"}}', 'o:{"b":"deep"}', "o:1"),
            *("o[0]:1", "o[*]:1", "o.a.c:null", "o.arr.z:1", "l.*:1", 's:"str",i:6', "s.a:1"),
            *('o."a.b":"deep"', 's[0]:"str"', f"big:{2**70 + 1}"),
            *(f"round:{2**53}", f"round:{2**53 + 2}", f"round[1].id:{2**63}"),
            r'"müll"."gr\u00f6\u00dfe":"\u00e4 b"',
        ):
            with self.about(pairs):
                self.assertMatches(False, pairs)

    def test_where_it_is_accepted(self):
        for collection in base.COLLECTIONS:
            who = self.root if collection == "projects" else self.member(is_admin=True)
            answer = who.get(f"/{collection}?{asking('x:1')}")
            accepted = collection in base.WITH_VARIABLES
            self.assertAnswer(answer, 200 if accepted else 400)
        self.assertAnswer(self.user.get(f"/devices?{asking('x:1')}"), 400)

    def test_what_is_refused(self):
        for pairs, message in (
            ("who", "vars: 'who' has no colon. Write name:value, with the value as JSON."),
            ("s:str", vars_parameter.BAD_VALUE),
            ("l[0:1]:1", vars_parameter.BAD_PATH),
            ("s:\"'; DROP TABLE clouds; --", vars_parameter.BAD_VALUE),
        ):
            self.assertAnswer(self.user.get(f"/clouds?{asking(pairs)}"), 400, message)

    def test_links_repeat_it(self):
        query = asking('o.a.b:"deep"')
        links = self.user.get(f"/clouds?{query}").json["links"]
        for link in links:
            self.assertIn("vars=o.a.b%3A%22deep%22", link["href"])

    def test_projects(self):
        project = self.root.make("projects", variables={"o": {"team": self.id()}})
        found = self.root.items(f"/projects?{asking('o.team:' + json.dumps(self.id()))}")
        self.assertEqual([project["id"]], [item["id"] for item in found])


class TestInheritance(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.cloud = self.user.make("clouds", name="cloud")
        self.place = {"cloud_id": self.cloud["id"]}
        self.region = self.user.make("regions", name="region", **self.place)
        self.place["region_id"] = self.region["id"]
        self.cell = self.user.make("cells", name="cell", **self.place)
        self.place["cell_id"] = self.cell["id"]
        self.rack = self.user.make("network-devices", name="rack", **self.place)
        self.shelf = self.user.make(
            "hosts", name="shelf", parent_id=self.rack["id"], **self.place
        )
        self.host = self.user.make(
            "hosts", name="host", parent_id=self.shelf["id"], **self.place
        )
        del self.place["cell_id"]
        self.other = self.user.make("hosts", name="other", **self.place)

    def put(self, owner: str, **values: t.Any) -> None:
        who = self.root if owner.startswith("projects") else self.user
        self.assertAnswer(who.put(f"/{owner}/variables", values), 200)

    def found(self, pairs: str, collection: str = "hosts", **parameters: str) -> list[str]:
        return self.user.names(f"/{collection}?{asking(pairs, **parameters)}")

    def test_every_level_counts_where_nothing_nearer_does(self):
        levels = (
            (f"projects/{self.user.project_id}", ["shelf", "host", "other"]),
            (f"clouds/{self.cloud['id']}", ["shelf", "host", "other"]),
            (f"regions/{self.region['id']}", ["shelf", "host", "other"]),
            (f"cells/{self.cell['id']}", ["shelf", "host"]),
            (f"network-devices/{self.rack['id']}", ["shelf", "host"]),
            (f"hosts/{self.shelf['id']}", ["shelf", "host"]),
            (f"hosts/{self.host['id']}", ["host"]),
        )
        for level, (owner, names) in enumerate(levels):
            with self.about(owner):
                self.put(owner, level={"n": level})
                self.assertEqual(names, self.found(f"level.n:{level}"))
                hidden = [n for n in ("shelf", "host", "other") if n not in names]
                if level:  # the nearer value hides the farther one for `names`
                    before = self.found(f"level.n:{level - 1}")
                    self.assertEqual([n for n in levels[level - 1][1] if n in hidden], before)

    def test_null_hides(self):
        self.put(f"regions/{self.region['id']}", v=1)
        self.put(f"cells/{self.cell['id']}", v=None)
        self.assertEqual(["other"], self.found("v:1"))
        self.assertEqual(["shelf", "host"], self.found("v:null"))

    def test_own_values_alone(self):
        self.put(f"cells/{self.cell['id']}", v=1)
        self.put(f"hosts/{self.other['id']}", v=1)
        self.assertEqual(["shelf", "host", "other"], self.found("v:1"))
        self.assertEqual(["other"], self.found("v:1", **{"resolved-values": "false"}))

    def test_cells_and_regions_inherit_and_networks_do_not(self):
        network = self.user.make("networks", name="net", **self.place)
        self.put(f"clouds/{self.cloud['id']}", v="cloud")
        self.put(f"networks/{network['id']}", w=1)
        for collection, name in (("regions", "region"), ("cells", "cell")):
            self.assertEqual([name], self.found('v:"cloud"', collection))
        self.assertEqual(["rack"], self.found('v:"cloud"', "network-devices"))
        self.assertEqual([], self.found('v:"cloud"', "networks"))
        self.assertEqual(["net"], self.found("w:1", "networks"))

    def test_a_parent_elsewhere_gives_its_own_and_not_those_of_its_cell(self):
        far = self.user.make("cells", name="far", **self.place)
        parent = self.user.make("hosts", name="far", cell_id=far["id"], **self.place)
        self.user.put(f"/hosts/{self.host['id']}", {"parent_id": parent["id"]})
        self.put(f"cells/{far['id']}", cell=1)
        self.put(f"hosts/{parent['id']}", parent=1)
        self.assertEqual(["far"], self.found("cell:1"))
        self.assertEqual(["host", "far"], self.found("parent:1", sort_keys="id"))

    def test_deep_chains(self):
        self.put(f"network-devices/{self.rack['id']}", v=1)
        above = self.host
        for number in range(30):
            above = self.user.make(
                "hosts", name=f"deep-{number}", parent_id=above["id"], **self.place
            )
        self.assertEqual(["deep-29"], self.found("v:1", name="deep-29"))

    def test_with_other_filters_sorted_and_in_pages(self):
        self.put(f"cells/{self.cell['id']}", v={"odd": False})
        place = {**self.place, "cell_id": self.cell["id"]}
        for number in range(45):
            values = {"v": {"odd": True}} if number % 2 else {}
            kind = "even" if number % 3 else "third"
            self.user.make(
                "hosts", name=f"h{number:02}", device_type=kind, variables=values, **place
            )
        wanted = [f"h{n:02}" for n in range(44, -1, -1) if not n % 2 and n % 3]
        path = f"/hosts?{asking('v.odd:false', device_type='even', limit='10')}"
        found: list[str] = []
        path += "&sort_keys=device_type,name&sort_dir=desc"
        while path:
            page = self.user.get(path).json
            found.extend(item["name"] for item in page["hosts"])
            after = [link["href"] for link in page["links"] if link["rel"] == "next"]
            path = after[0].removeprefix(base.BASE) if after else ""
        self.assertEqual(wanted, found)

    def test_nothing_of_other_projects_takes_part(self):
        stranger = self.member()
        host = stranger.make("hosts", name="strange", variables={"v": 1})
        stranger.put(f"/regions/{host['region_id']}/variables", {"w": 1})
        self.put(f"projects/{stranger.project_id}", x=1)
        for pairs in ("v:1", "w:1", "x:1"):
            self.assertEqual([], self.found(pairs))
            self.assertEqual(["strange"], stranger.names(f"/hosts?{asking(pairs)}"))


class TestFunction(base.ServerTestCase):
    """The SQL function gives the same results as a simple implementation of the rules."""

    def test_random_values(self):
        # A fixed seed, so that each run has the same cases.
        draw = random.Random(7)
        cases = []
        for _ in range(1500):
            value, wanted = _any_value(draw, 4), _any_value(draw, 3)
            if draw.random() < 0.5:
                wanted = _part_of(draw, value)
            steps = [_any_step(draw) for _ in range(draw.choice((0, 0, 0, 1, 1, 2)))]
            cases.append((value, steps, wanted))
        expected = [_matches(*case) for case in cases]
        self.assertTrue(300 < sum(expected) < 1200, sum(expected))
        with self.store.read() as connection:
            for case, matches in zip(cases, expected, strict=True):
                value, steps, wanted = case
                texts = [json.dumps(part) for part in (value, ["name", *steps], wanted)]
                function: t.Any = sa.Function(json_contains.NAME, *texts, 2**31 - 1)
                found = connection.execute(sa.select(function)).scalar_one()
                self.assertEqual(matches, bool(found), " ".join(texts))


SCALARS = (None, True, False, 0, 1, 1.0, -0.0, 1.5, 2**64, "", "a", "A", "1", "ü", "😀")
NAMES = ("a", "b", "", "ü")


def _any_value(draw: random.Random, depth: int) -> t.Any:
    shape = draw.random()
    if depth == 0 or shape < 0.3:
        return draw.choice(SCALARS)
    inner = [_any_value(draw, depth - 1) for _ in range(draw.randrange(4))]
    return inner if shape < 0.65 else dict(zip(NAMES, inner, strict=False))


def _any_step(draw: random.Random) -> t.Any:
    return draw.choice((*NAMES[:3], 0, 1, {}, []))


def _part_of(draw: random.Random, value: t.Any) -> t.Any:
    """Return a random part of a value, so that many cases match."""
    if isinstance(value, dict) and value:
        some = {n: _part_of(draw, v) for n, v in value.items() if draw.random() < 0.7}
        return draw.choice((some, some, *value.values()))
    if isinstance(value, list) and value:
        kept = [_part_of(draw, v) for v in value if draw.random() < 0.7]
        return draw.choice((kept, kept, *value))
    return value


def _matches(value: t.Any, steps: list[t.Any], wanted: t.Any) -> bool:
    """Return whether the wanted value is at a place, or in the list of matched places."""
    places = [value]
    for step in steps:
        found: list[t.Any] = []
        for place in places:
            if step == {} and isinstance(place, dict):
                found += list(place.values())
            elif step == [] and isinstance(place, list):
                found += place
            elif isinstance(step, str) and isinstance(place, dict):
                found += [v for n, v in place.items() if n == step]
            elif isinstance(step, int) and isinstance(place, list):
                found += [v for n, v in enumerate(place) if n == step]
        places = found
    wild = any(isinstance(step, dict | list) for step in steps)
    if wild:
        return bool(places) and _holds(places, wanted)
    return any(_holds(place, wanted) for place in places)


def _holds(place: t.Any, wanted: t.Any) -> bool:
    kinds = {dict: "object", list: "array", bool: "boolean", int: "number", float: "number"}
    kind, asked = (kinds.get(type(v), type(v).__name__) for v in (place, wanted))
    if kind == "array":
        if asked != "array":
            return any(_holds(element, wanted) for element in place)
        return all(
            _holds(place, inner) or [] for inner in wanted if not isinstance(inner, list)
        ) and all(
            any(isinstance(e, list) and _holds(e, inner) for e in place)
            for inner in wanted
            if isinstance(inner, list)
        )
    if kind != asked:
        return False
    if kind == "object":
        return all(n in place and _holds(place[n], v) for n, v in wanted.items())
    return bool(place == wanted)
