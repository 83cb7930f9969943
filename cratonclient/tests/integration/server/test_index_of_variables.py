# SPDX-License-Identifier: Apache-2.0
"""The index of variables: it is complete after each write, and each list uses it."""

from __future__ import annotations

import json
import random
import time
import typing as t
from unittest import mock
from urllib import parse

import sqlalchemy as sa

from cratonclient import paths
from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.server import base, databases
from cratonclient.tests.integration.server import test_vars_filter as rules
from cratonserver.api import vars_parameter
from cratonserver.db import (
    clock,
    json_contains,
    variable_filter,
    variable_keys,
    variable_streams,
)
from cratonserver.db.list_query import Condition

SCOPE = variable_keys.Scope("project", "host")


class TestKeys(tests_base.TestCase):
    def keys(self, value: t.Any) -> set[int]:
        return variable_keys.keys_of(SCOPE, "v", value)

    def test_each_value_that_matches_has_a_key_of_the_condition(self):
        draw = random.Random(11)
        matched = 0
        for _ in range(4000):
            value, wanted = rules._any_value(draw, 4), rules._any_value(draw, 3)
            if draw.random() < 0.8:
                wanted = rules._part_of(draw, value)
            steps = [rules._any_step(draw) for _ in range(draw.choice((0, 0, 1, 1, 2, 3)))]
            if not rules._matches(value, steps, wanted):
                continue
            matched += 1
            path = tuple(json_contains._every(step) for step in steps)
            keys = variable_keys.keys_for(SCOPE, Condition("v", path, wanted))
            self.assertTrue(self.keys(value) & {*keys}, f"{value} {steps} {wanted}")
        self.assertGreater(matched, 1000)

    def test_numbers_have_one_spelling(self):
        for same in ((1, 1.0, 10e-1), (0, -0.0, 0.0), (10**23, 1e23), (-1500, -1.5e3)):
            self.assertEqual(1, len({*map(frozenset, map(self.keys, same))}), str(same))
        different = [
            1,
            True,
            "1",
            [1],
            None,
            False,
            "",
            0,
            "None",
            10,
            0.1,
            -1,
            2**70,
            2**70 + 1,
        ]
        self.assertEqual(len(different), len({*map(frozenset, map(self.keys, different))}))

    def test_a_long_value_has_two_keys(self):
        for value in ([*range(1000)], [1] * 100_000, {str(n): n for n in range(600)}):
            self.assertEqual(2, len(self.keys(value)))
            found = variable_keys.keys_for(SCOPE, Condition("v", (), "not in it"))
            self.assertEqual(1, len(self.keys(value) & {*found}))

    def test_projects_kinds_and_names_have_different_keys(self):
        scopes = [SCOPE, SCOPE._replace(project_id="q"), SCOPE._replace(kind="cell")]
        keys = [variable_keys.keys_of(scope, name, 1) for scope in scopes for name in "ab"]
        self.assertEqual(6, len(set().union(*keys)))

    def test_indexes_are_kept_as_far_as_keys_have_them(self):
        every = paths.Every.ELEMENT
        for steps, expected in (
            ((0,), "[0]"),
            (("a", 1, "b"), '."a"[1]."b"'),
            (("a", 99, "b", 1), '."a"."b"'),
            (("a", 1, "b", every, 2), '."a"[1]."b"'),
            ((0, 1, 2, 3), "[0][1][2]"),
            ((every, 0, "b"), '."b"'),
        ):
            self.assertEqual(expected, variable_keys._path(steps))


class TestWrites(base.ServerTestCase):
    def assertComplete(self) -> None:
        """Check that the index is what filling it again makes."""
        before = databases.index_of_variables(self.store)
        databases.rebuild_index(self.store)
        self.assertEqual(before, databases.index_of_variables(self.store))

    def entries(self) -> int:
        return sum(map(len, databases.index_of_variables(self.store).values()))

    def test_each_write_keeps_the_index_complete(self):
        user = self.member()
        values = {"a": 1, "b": {"c": [1, {"d": "x"}]}, "l": [1, 2, [3]], "s": "text"}
        empty = self.entries()
        for collection in base.WITH_VARIABLES:
            who = self.root if collection == "projects" else user
            made = who.make(collection, variables=values)
            path = f"/{collection}/{made['id']}"
            before = self.entries()
            self.assertComplete()
            who.put(f"{path}/variables", {"a": 2, "b": {"c": [1, {"d": "y"}]}, "new": [None]})
            self.assertEqual(before + 3, self.entries())
            self.assertComplete()
            who.delete(f"{path}/variables", ["a", "l", "no"])
            self.assertComplete()
            self.assertLess(self.entries(), before)
            self.assertAnswer(who.delete(path), 204)
            self.assertComplete()
        with self.about("what was made around them has no variables"):
            self.assertEqual(empty, self.entries())

    def test_deletion_by_cascade(self):
        user = self.member()
        host = user.make("hosts", variables={"a": 1})
        user.put(f"/regions/{host['region_id']}/variables", {"b": {"c": 1}})
        empty = self.entries()
        self.assertAnswer(user.delete(f"/clouds/{host['cloud_id']}"), 204)
        self.assertEqual(empty - 3, self.entries())


class TestOtherProjects(base.ServerTestCase):
    """No step of a list tests a value of another project."""

    def test_values_of_others_are_not_tested(self):
        stranger, user = self.member(), self.member()
        values = {"a": {"b": "x"}, "c": ["x"]}
        host = stranger.make("hosts", variables=values)
        mine = user.make("hosts", name="mine", variables=values)
        for who, one in ((stranger, host), (user, mine)):
            for field in ("cloud", "region"):
                who.put(f"/{field}s/{one[f'{field}_id']}/variables", {"a": {"d": "x"}, "e": 1})
        # A value that cannot be parsed makes a statement fail that tests it.
        owners = (("device", host["id"]), ("cloud", host["cloud_id"]))
        for table, item_id in (*owners, ("region", host["region_id"])):
            with databases.writing(self.store) as connection:
                connection.exec_driver_sql(
                    f'UPDATE {table}_variables SET value = \'{{"b" "d" "x" 1 wrong\' '  # noqa: S608
                    f"WHERE owner_id = {item_id}",
                )
        every = ('a.b:"x"', 'a.*:"x"', "a:{}", 'c[0]:"x"', "c:[]", "e:1", 'a.d:"x"')
        for text in every:
            query = parse.urlencode({"vars": text})
            for more in ("", "&sort_keys=name", f"&region_id={mine['region_id']}"):
                with self.about(text + more):
                    self.assertAnswer(user.get(f"/hosts?{query}{more}"), 200)
        with self.about("it would fail"):
            self.assertEqual(
                500, stranger.get(f"/hosts?{parse.urlencode({'vars': every[0]})}").status
            )


class TestTooMuch(base.ServerTestCase):
    """Looking for many objects in a long value is refused."""

    def test_the_refusal_names_the_condition(self):
        user = self.member()
        user.make("clouds", variables={"v": {"l": [{"a": 1}] * 200_000}})
        for number, status in ((1, 200), (2, 200), (50, 400)):
            wanted = [{"a": 1}, *({"a": n} for n in range(number - 1))]
            text = f"v.l:{json.dumps(wanted)}"
            answer = user.get(f"/clouds?{parse.urlencode({'vars': text})}")
            self.assertEqual(status, answer.status, answer.text[:300])
        self.assertIn("vars: the condition on v.l looks for 50 objects", answer.text)

    def test_numbers_are_looked_for_once(self):
        text = json.dumps([1] * 300_000)
        wanted = json.dumps([*range(2, 250)])
        began = time.thread_time()
        self.assertEqual(0, json_contains.matches(text, '["l"]', wanted, 2**31))
        alone = time.thread_time() - began
        began = time.thread_time()
        json_contains.matches(text, '["l"]', "2", 2**31)
        self.assertLess(alone, 20 * (time.thread_time() - began))


class ManyTestCase(base.ServerTestCase):
    """Tests with a limit of few candidates, so that the other plans are used as well."""

    few = 3

    def setUp(self):
        super().setUp()
        for module in (variable_streams, variable_filter):
            self.addCleanup(setattr, module, "FEW", module.FEW)
            setattr(module, "FEW", self.few)  # noqa: B010, a constant for mypy
        self.store.tables._cache.cache_clear()
        self.addCleanup(self.store.tables._cache.cache_clear)


class TestPlans(ManyTestCase):
    """All plans find the same rows: those that an independent implementation finds."""

    def setUp(self):
        super().setUp()
        draw = self.draw = random.Random(5)
        self.users = [self.member() for _ in range(2)]
        self.hosts: list[dict[str, t.Any]] = []
        self.values: dict[tuple[str, int], dict[str, t.Any]] = {}
        for user in self.users:
            cloud = user.make("clouds")
            regions = [user.make("regions", cloud_id=cloud["id"]) for _ in range(2)]
            cells = [
                user.make("cells", cloud_id=cloud["id"], region_id=region["id"])
                for region in regions
                for _ in range(2)
            ]
            for collection, owners in (
                ("clouds", [cloud]),
                ("regions", regions),
                ("cells", cells),
            ):
                for owner in owners:
                    self.put(user, collection, owner["id"])
            above: list[dict[str, t.Any]] = []
            for number in range(18):
                place = draw.choice(cells)
                kept = {k: place[k] for k in ("cloud_id", "region_id")}
                parent = {"parent_id": draw.choice(above)["id"]} if above and number % 3 else {}
                host = user.make(
                    "hosts",
                    name=f"h{number:02}",
                    **kept,
                    **({"cell_id": place["id"]} if draw.random() < 0.7 else {}),
                    **parent,
                )
                above.append(host)
                self.put(user, "hosts", host["id"])
            self.hosts += [{**host, "user": user} for host in above]

    def put(self, user: base.Caller, collection: str, item_id: int) -> None:
        draw = self.draw
        values = {
            name: draw.choice((1, 2, [1, 2], {"x": 1}, {"x": [2, 1], "y": {"z": "t"}}, None))
            for name in "abc"
            if draw.random() < 0.5
        }
        self.values[collection, item_id] = values
        self.assertAnswer(user.put(f"/{collection}/{item_id}/variables", values), 200)

    def resolved(self, host: dict[str, t.Any]) -> dict[str, t.Any]:
        by_id = {one["id"]: one for one in self.hosts}
        layers = [
            self.values.get(("clouds", host["cloud_id"]), {}),
            self.values.get(("regions", host["region_id"]), {}),
            self.values.get(("cells", host["cell_id"]), {}),
        ]
        chain = []
        above: t.Any = host
        while above is not None:
            chain.append(self.values["hosts", above["id"]])
            above = by_id.get(above["parent_id"])
        found: dict[str, t.Any] = {}
        for layer in (*layers, *reversed(chain)):
            found.update(layer)
        return found

    def test_all_plans_find_what_the_rules_say(self):
        texts = ("a:1", "b:[1]", "c.x[1]:1", 'a.y:{"z":"t"}', "b:{}", "a.*:1", "a[*]:2")
        for text in (*texts, "b:null", "a:1,b:2", "a.x:1,c:{}", "nothing:1"):
            conditions = vars_parameter.parse(text)
            expected = [
                (host["user"], host["name"])
                for host in self.hosts
                if all(self.matches(self.resolved(host), one) for one in conditions)
            ]
            own = [
                (host["user"], host["name"])
                for host in self.hosts
                if all(
                    self.matches(self.values["hosts", host["id"]], one) for one in conditions
                )
            ]
            for user in (self.users[0], self.root):
                with self.about(f"{text} as {user.project_id}"):
                    self.check(user, text, expected, {})
            self.check(self.users[1], text, own, {"resolved-values": "false"})

    def check(
        self, user: base.Caller, text: str, expected: list[t.Any], more: dict[str, str]
    ) -> None:
        names = [name for owner, name in expected if user is self.root or owner is user]
        query = {"vars": text, "limit": "10", **more}
        self.assertEqual(names, self.walk(user, query))
        if "x" in text:
            self.assertEqual(names[::-1], self.walk(user, {**query, "sort_dir": "desc"}))
        elif user is not self.root:
            by_name = self.walk(user, {**query, "sort_keys": "name"})
            self.assertEqual(sorted(names), by_name)
            only = [name for name in names if name == "h07"]
            self.assertEqual(only, self.walk(user, {**query, "name": "h07"}))

    def walk(self, user: base.Caller, query: dict[str, str]) -> list[str]:
        """Return the names on all pages, and check the links to previous pages."""
        path = f"/hosts?{parse.urlencode(query)}"
        found: list[str] = []
        pages: list[list[str]] = []
        while path:
            answer = user.get(path)
            self.assertAnswer(answer, 200)
            pages.append([item["name"] for item in answer.json["hosts"]])
            found += pages[-1]
            links = {link["rel"]: link["href"] for link in answer.json["links"]}
            if len(pages) > 1 and pages[-1]:
                before = user.get(links["prev"].removeprefix(base.BASE)).json["hosts"]
                self.assertEqual(pages[-2], [item["name"] for item in before])
            path = links["next"].removeprefix(base.BASE) if "next" in links else ""
        return found

    @staticmethod
    def matches(values: dict[str, t.Any], condition: Condition) -> bool:
        if condition.name not in values:
            return False
        every = json_contains._EVERY
        steps = [every[s] if isinstance(s, paths.Every) else s for s in condition.steps]
        return rules._matches(values[condition.name], steps, condition.wanted)


class TestTimes(base.ServerTestCase):
    """Pages are complete, whatever the fraction of the second in which hosts were created."""

    def test_the_database_counts_microseconds_as_the_server_does(self):
        for fraction in ("000000", "000001", "499999", "999499", "999500", "999999"):
            text = f"2026-11-26T23:59:59.{fraction}"
            count = self.store.tables.dialect.microseconds(sa.literal(text))
            with self.store.read() as connection:
                found = connection.execute(sa.select(count)).scalar_one()
            self.assertEqual(clock.microseconds(text), found, text)

    def test_hosts_created_at_the_end_of_a_second_are_on_the_next_page(self):
        user = self.member()
        region = user.make("regions", cloud_id=user.make("clouds")["id"])
        place = {"cloud_id": region["cloud_id"], "region_id": region["id"]}
        names = []
        for number in range(15):
            now = f"2026-11-26T10:00:00.9996{number:02}"
            with mock.patch.object(clock, "now", return_value=now):
                names.append(user.make("hosts", **place, variables={"a": 1})["name"])
        first = user.get("/hosts?vars=a:1&limit=10").json
        (following,) = (li["href"] for li in first["links"] if li["rel"] == "next")
        second = user.get(following.removeprefix(base.BASE)).json
        self.assertEqual(names, [h["name"] for h in (*first["hosts"], *second["hosts"])])


class TestPlansOfFew(TestPlans):
    """The same with the limits of a real server."""

    few = variable_streams.FEW
