# SPDX-License-Identifier: Apache-2.0
"""Quotas of projects: they are exact, at every door that writes, and cost no statement."""

from __future__ import annotations

import contextlib
import itertools
import time
import typing as t
import unittest
from concurrent import futures
from unittest import mock

import sqlalchemy as sa

from cratonclient import exceptions
from cratonclient.tests import base as tests_base
from cratonclient.tests import toys
from cratonclient.tests.integration.server import base, databases
from cratonclient.v1 import quotas as declared
from cratonserver import composition
from cratonserver.config.settings import Quotas, Settings
from cratonserver.db import quotas

HELP = "Delete something, or ask the operator of the server for a higher quota."


class QuotasTestCase(base.ServerTestCase):
    def set(self, project: str, **limits: int) -> base.Answer:
        """Set quotas of a project."""
        return self.root.put(f"/quotas/{project}", limits)

    def limited(self, **limits: int) -> base.Caller:
        """Return a member of a new project with quotas."""
        member = self.member(is_admin=True)
        self.assertAnswer(self.set(member.project_id, **limits), 200)
        return member

    def in_use(self, caller: base.Caller, resource: str) -> int:
        """Return how much of a resource a project uses."""
        rows = caller.get("/quotas?usage=true").json["quotas"]
        return int({row["resource"]: row["in_use"] for row in rows}[resource])

    def assertExceeded(self, answer: base.Answer, resource: str, *numbers: int) -> None:
        """Check that a request was refused by a quota: its limit, the use, and the request."""
        known = declared.resources()[resource]
        status = 413 if known.measure in ("bytes", "levels") else 403
        limit, used, more = numbers
        self.assertAnswer(
            answer,
            status,
            f"Quota exceeded for {resource}: the quota is {limit}, {used} in use, {more} more "
            f"requested ({known.help}). {HELP}",
        )


class TestObjects(QuotasTestCase):
    def test_every_kind_has_a_quota(self):
        for collection in base.COLLECTIONS[1:]:
            with self.about(collection):
                name = collection.replace("-", "_")
                member = self.limited(**{name: 1})
                values = member.needed(collection, {})
                used = self.in_use(member, name)
                while used < 1:
                    self.assertAnswer(member.post(f"/{collection}", values), 201)
                    used = self.in_use(member, name)
                again = member.post(
                    f"/{collection}",
                    member.needed(collection, {**values, "name": "again"})
                    if collection != "users"
                    else {**values, "username": base.unique("user")},
                )
                self.assertExceeded(again, name, 1, used, 1)
                self.assertEqual(used, self.in_use(member, name))

    def test_a_deletion_makes_room(self):
        member = self.limited(clouds=2)
        made = [member.make("clouds")["id"] for _ in range(2)]
        self.assertExceeded(member.post("/clouds", {"name": "a"}), "clouds", 2, 2, 1)

        member.delete(f"/clouds/{made[0]}")

        self.assertAnswer(member.post("/clouds", {"name": "a"}), 201)
        self.assertExceeded(member.post("/clouds", {"name": "b"}), "clouds", 2, 2, 1)

    def test_others_are_not_affected(self):
        self.limited(clouds=0)
        member = self.limited(clouds=5)

        for number in range(5):
            self.assertAnswer(member.post("/clouds", {"name": f"c{number}"}), 201)
        self.assertExceeded(member.post("/clouds", {"name": "x"}), "clouds", 5, 5, 1)

    def test_a_quota_below_the_use_stops_growth_only(self):
        member = self.member(is_admin=True)
        cloud = member.make("clouds", variables={"a": 1, "b": 2})["id"]
        self.set(member.project_id, clouds=0, variables_per_object=0, variables_bytes=0)

        self.assertExceeded(member.post("/clouds", {"name": "x"}), "clouds", 0, 1, 1)
        self.assertAnswer(member.put(f"/clouds/{cloud}", {"note": "changed"}), 200)
        self.assertAnswer(member.put(f"/clouds/{cloud}/variables", {"a": 2}), 200)
        self.assertAnswer(member.delete(f"/clouds/{cloud}/variables", ["a"]), 204)
        self.assertExceeded(
            member.put(f"/clouds/{cloud}/variables", {"c": 2}), "variables_per_object", 0, 1, 1
        )

    def test_root_users_have_no_more_room_than_the_project(self):
        member = self.limited(users=1)
        values = {"username": base.unique("user"), "project_id": member.project_id}

        self.assertExceeded(self.root.post("/users", values), "users", 1, 1, 1)

    def test_the_request_is_checked_before_the_quota(self):
        member = self.limited(clouds=0, regions=0)

        self.assertAnswer(member.post("/clouds", {}), 400)
        self.assertAnswer(member.post("/regions", {"name": "a", "cloud_id": base.NOWHERE}), 404)


class TestParts(QuotasTestCase):
    def test_variables_of_one_object(self):
        member = self.limited(variables_per_object=3)
        self.assertExceeded(
            member.post("/clouds", {"name": "a", "variables": dict.fromkeys("abcd", 1)}),
            *("variables_per_object", 3, 0, 4),
        )
        path = f"/clouds/{member.make('clouds', variables={'a': 1, 'b': 2})['id']}/variables"

        self.assertAnswer(member.put(path, {"b": 3, "c": 4}), 200)
        self.assertExceeded(member.put(path, {"d": 5}), "variables_per_object", 3, 3, 1)
        self.assertEqual({"a": 1, "b": 3, "c": 4}, member.get(path).json["variables"])

    def test_bytes_of_one_object_count_what_is_there(self):
        member = self.limited(variables_bytes_per_object=100)
        path = f"/clouds/{member.make('clouds', variables={'a': 'x' * 47})['id']}/variables"

        self.assertExceeded(
            member.put(path, {"b": "y" * 48}), "variables_bytes_per_object", 100, 50, 51
        )
        self.assertAnswer(member.put(path, {"b": "y" * 47}), 200)
        self.assertExceeded(
            member.put(path, {"a": "é" * 8 + "z" * 10}),
            "variables_bytes_per_object",
            100,
            100,
            11,
        )
        self.assertAnswer(member.put(path, {"a": "", "c": "y" * 40}), 200)

    def test_bytes_of_a_project(self):
        member = self.limited(variables_bytes=100)
        one = f"/clouds/{member.make('clouds', variables={'a': 'x' * 47})['id']}/variables"
        region = member.make("regions", variables={"b": "y" * 37})
        two = f"/regions/{region['id']}/variables"
        self.assertEqual(90, self.in_use(member, "variables_bytes"))

        for path in (one, two):
            self.assertExceeded(
                member.put(path, {"c": 1234567890}), "variables_bytes", 100, 90, 11
            )
        self.assertExceeded(
            member.post("/clouds", {"name": "z", "variables": {"c": "12345678"}}),
            *("variables_bytes", 100, 90, 11),
        )
        project = f"/projects/{member.project_id}/variables"
        self.assertExceeded(
            member.put(project, {"c": "12345678"}), "variables_bytes", 100, 90, 11
        )
        self.assertExceeded(
            self.root.put(project, {"c": "12345678"}), "variables_bytes", 100, 90, 11
        )
        self.assertAnswer(member.put(project, {"c": "1234567"}), 200)
        self.assertAnswer(member.put(one, {"a": ""}), 200)
        self.assertAnswer(member.put(two, {"c": "12345678"}), 200)
        self.assertEqual(100 - 47 + 11, self.in_use(member, "variables_bytes"))

    def test_depth(self):
        member = self.limited(variables_depth=2)
        path = f"/clouds/{member.make('clouds')['id']}/variables"

        self.assertAnswer(member.put(path, {"a": {"b": [1]}, "c": [{}, []]}), 200)
        self.assertExceeded(member.put(path, {"a": [{"b": []}]}), "variables_depth", 2, 0, 3)
        self.assertExceeded(
            member.post("/clouds", {"name": "z", "variables": {"a": [[[]]]}}),
            *("variables_depth", 2, 0, 3),
        )

    def test_labels(self):
        member = self.limited(labels_per_object=2)
        host = member.make("hosts")["id"]

        self.assertAnswer(member.put(f"/hosts/{host}/labels", {"labels": ["a", "b"]}), 200)
        self.assertAnswer(member.put(f"/hosts/{host}/labels", {"labels": ["a"]}), 200)
        self.assertExceeded(
            member.put(f"/hosts/{host}/labels", {"labels": ["a", "c"]}),
            *("labels_per_object", 2, 2, 1),
        )


class TestDefaults(QuotasTestCase):
    def serve(self, **limits: t.Any) -> base.Caller:
        """Return a member of a new project on a server with other defaults."""
        self.addCleanup(self.store.quotas.set_defaults, Quotas())
        member = self.member()
        application = composition.application_of(self.store, Settings(quotas=Quotas(**limits)))
        return base.Caller(application, member.headers)

    def test_the_settings_are_the_defaults(self):
        member = self.serve(quota_objects=2, quotas=("regions:0", "hosts:-1"))
        limits = {row["resource"]: row["limit"] for row in member.get("/quotas").json["quotas"]}

        self.assertEqual((2, 0, -1), (limits["clouds"], limits["regions"], limits["hosts"]))
        cloud = member.make("clouds")["id"]
        member.make("clouds")
        self.assertExceeded(member.post("/clouds", {"name": "a"}), "clouds", 2, 2, 1)
        self.assertExceeded(
            member.post("/regions", {"name": "a", "cloud_id": cloud}), "regions", 0, 0, 1
        )

    def test_quotas_of_a_project_come_first(self):
        member = self.serve(quota_objects=0)
        self.set(member.project_id, clouds=1)

        self.assertAnswer(member.post("/clouds", {"name": "a"}), 201)
        self.root.delete(f"/quotas/{member.project_id}")
        self.assertExceeded(member.post("/clouds", {"name": "b"}), "clouds", 0, 1, 1)

    def test_nobody_notices_the_defaults(self):
        found = {
            row["resource"]: row["limit"] for row in self.root.get("/quotas").json["quotas"]
        }
        self.assertEqual(10_000_000, found["hosts"])
        self.assertEqual(64 * 2**30, found["variables_bytes"])


class TestImmediately(QuotasTestCase):
    def test_a_lower_limit_is_effective_in_other_processes_at_once(self):
        member = self.member()
        member.make("clouds")
        other = composition.store_at(
            self.store.engine.url.render_as_string(hide_password=False)
        )
        self.addCleanup(other.close)
        elsewhere = base.Caller(composition.application_of(other), self.root.headers)
        elsewhere.put(f"/quotas/{member.project_id}", {"clouds": 1})

        self.assertExceeded(member.post("/clouds", {"name": "a"}), "clouds", 1, 1, 1)
        elsewhere.put(f"/quotas/{member.project_id}", {"clouds": 2})
        self.assertAnswer(member.post("/clouds", {"name": "a"}), 201)


class TestPaths(QuotasTestCase):
    def test_users_see_their_own(self):
        member = self.limited(clouds=7)
        own = member.get("/quotas")

        self.assertAnswer(own, 200)
        self.assertEqual(member.project_id, own.json["project_id"])
        row = {"resource": "clouds", "limit": 7, "default": 10_000_000}
        self.assertIn(row, own.json["quotas"])
        self.assertEqual([*declared.resources()], [r["resource"] for r in own.json["quotas"]])
        for spelling in (member.project_id, member.project_id.replace("-", "")):
            self.assertEqual(own.json, member.get(f"/quotas/{spelling}").json)
        self.assertEqual(own.json, self.root.get(f"/quotas/{member.project_id}").json)

    def test_others_cannot_tell_whether_a_project_exists(self):
        member = self.member(is_admin=True)
        other = self.member().project_id
        for project in (other, base.NO_PROJECT, "x", "1"):
            for call in (member.get, member.delete):
                self.assertAnswer(
                    call(f"/quotas/{project}"), 403, "This action requires the 'root' role"
                )
            self.assertAnswer(member.put(f"/quotas/{project}", {"clouds": 1}), 403)
        self.assertAnswer(member.put(f"/quotas/{member.project_id}", {"clouds": 1}), 403)
        self.assertAnswer(member.delete(f"/quotas/{member.project_id}"), 403)

    def test_unknown_projects(self):
        for project in (base.NO_PROJECT, "x", "00001"):
            self.assertAnswer(self.root.get(f"/quotas/{project}"), 404)
            self.assertAnswer(self.set(project, clouds=1), 404)
            self.assertAnswer(self.root.delete(f"/quotas/{project}"), 404)

    def test_invalid_limits(self):
        project = self.member().project_id
        bodies: tuple[t.Any, ...] = (
            {},
            [],
            None,
            {"clouds": -2},
            {"clouds": "1"},
            {"clouds": 2**63},
            {"x": 1},
        )
        for body in bodies:
            self.assertAnswer(self.root.put(f"/quotas/{project}", body), 400)
        self.assertAnswer(self.root.get("/quotas?x=1"), 400)

    def test_setting_keeps_the_others_and_resetting_resets_all(self):
        member = self.limited(clouds=7, hosts=8)
        self.set(member.project_id, clouds=-1)
        limits = {row["resource"]: row["limit"] for row in member.get("/quotas").json["quotas"]}
        self.assertEqual((-1, 8), (limits["clouds"], limits["hosts"]))

        self.assertAnswer(self.root.delete(f"/quotas/{member.project_id}"), 204)
        limits = {row["resource"]: row["limit"] for row in member.get("/quotas").json["quotas"]}
        self.assertEqual({10_000_000}, {limits["clouds"], limits["hosts"]})

    def test_use_is_counted_for_what_a_project_has(self):
        member = self.member()
        cloud = member.make("clouds", variables={"a": 1})["id"]
        member.make("regions", cloud_id=cloud)
        found = {
            row["resource"]: row["in_use"]
            for row in member.get("/quotas?usage=true").json["quotas"]
        }

        self.assertEqual(
            (1, 1, 0, 1), tuple(map(found.get, ("clouds", "regions", "hosts", "users")))
        )
        self.assertEqual((2, None), (found["variables_bytes"], found["variables_per_object"]))

    def test_they_go_with_the_project(self):
        member = self.limited(clouds=7)
        self.assertAnswer(self.root.delete(f"/projects/{member.project_id}"), 204)

        with self.store.read() as connection:
            table = self.store.tables.quotas
            rows = connection.execute(
                sa.select(table).where(table.c.project_id == member.project_id)
            )
            self.assertEqual([], rows.all())


class TestCost(QuotasTestCase):
    @contextlib.contextmanager
    def statements(self) -> t.Iterator[list[str]]:
        """Record the statements on quotas."""
        seen: list[str] = []

        words = ("quotas", "count(", "max(", "length(", "lock(", "page_count")

        def note(_connection: t.Any, _cursor: t.Any, statement: str, *_rest: t.Any) -> None:
            # Every request begins with its user, creations count references, and responses
            # have a limit.
            others = statement.startswith(("INSERT", "WITH required", "WITH total"))
            others = others or "FROM user" in statement or "craton_members" in statement
            if any(word in statement for word in words) and not others:
                seen.append(statement)

        sa.event.listen(self.store.engine, "before_cursor_execute", note)
        yield seen
        sa.event.remove(self.store.engine, "before_cursor_execute", note)

    def test_writes_far_from_the_quota_take_no_statement(self):
        member = self.member()
        cloud = member.make("clouds", variables={"a": 1})["id"]
        with self.statements() as seen:
            for number in range(20):
                member.make("clouds", variables={"a": number})
                member.put(f"/clouds/{cloud}/variables", {"b": number})

        self.assertEqual([], seen)

    def test_a_count_is_repeated_before_others_could_reach_the_quota(self):
        member = self.limited(clouds=10 * quotas.RATES["objects"])
        member.make("clouds")
        now = time.monotonic()
        with mock.patch.object(time, "monotonic", lambda: now + 5):
            with self.statements() as seen:
                member.make("clouds")
            self.assertEqual([], seen)
        with mock.patch.object(time, "monotonic", lambda: now + 9.99):
            with self.statements() as seen:
                member.make("clouds")
            self.assertNotEqual([], seen)

    def counts(self, seen: list[str]) -> int:
        """Return how many statements count the clouds."""
        return sum("count(*)" in text and "FROM clouds" in text for text in seen)

    def test_near_the_quota_few_requests_count(self):
        member = self.limited(clouds=30)
        with self.statements() as seen:
            made = [member.make("clouds")["id"] for _ in range(29)]
        self.assertEqual(1, self.counts(seen))
        # Deletions are not subtracted. The request that would exceed the quota counts again.
        for item_id in made[:5]:
            self.assertAnswer(member.delete(f"/clouds/{item_id}"), 204)
        with self.statements() as seen:
            for _ in range(6):
                member.make("clouds")
        self.assertEqual(1, self.counts(seen))
        self.assertExceeded(member.post("/clouds", {"name": "x"}), "clouds", 30, 30, 1)

    def test_a_count_for_another_limit_is_not_used(self):
        member = self.limited(clouds=3)
        member.make("clouds")
        self.set(member.project_id, clouds=-1)
        member.make("clouds")
        member.make("clouds")
        self.set(member.project_id, clouds=3)
        # The stored count was that of one cloud.
        self.assertExceeded(member.post("/clouds", {"name": "x"}), "clouds", 3, 3, 1)

    def test_a_refused_request_is_not_counted(self):
        member = self.limited(clouds=3)
        name = member.make("clouds")["name"]
        for _ in range(5):
            self.assertAnswer(member.post("/clouds", {"name": name}), 409)
        member.make("clouds")
        member.make("clouds")
        self.assertExceeded(member.post("/clouds", {"name": "x"}), "clouds", 3, 3, 1)

    @unittest.skipIf(databases.SERVER, "other databases count elsewhere")
    def test_who_keeps_asking_for_more_makes_no_counts(self):
        member = self.limited(clouds=2)
        made = [member.make("clouds")["id"] for _ in range(2)]
        clock = itertools.count()
        with (
            mock.patch.object(time, "thread_time", lambda: next(clock)),
            self.statements() as seen,
        ):
            for _ in range(5):
                self.assertExceeded(member.post("/clouds", {"name": "x"}), "clouds", 2, 2, 1)
        self.assertEqual(1, self.counts(seen))
        self.set(member.project_id, clouds=3)
        self.assertAnswer(member.post("/clouds", {"name": "x"}), 201)
        self.assertAnswer(member.delete(f"/clouds/{made[0]}"), 204)
        self.assertAnswer(member.post("/clouds", {"name": "y"}), 201)

    def test_memory_is_bounded(self):
        with mock.patch.object(quotas, "_REMEMBERED", 3):
            for _ in range(9):
                self.member().make("clouds")
            self.assertLessEqual(len(self.store.quotas._counts._entries), 3)


class TestConcurrency(QuotasTestCase):
    def test_concurrent_writers_do_not_exceed_a_quota(self):
        member = self.limited(clouds=20)
        other = composition.store_at(
            self.store.engine.url.render_as_string(hide_password=False)
        )
        self.addCleanup(other.close)
        callers = [
            member,
            base.Caller(composition.application_of(other), member.headers),
        ]
        for caller in callers:
            caller.get("/quotas?usage=true")

        def create(number: int) -> int:
            return callers[number % 2].post("/clouds", {"name": f"c{number}"}).status

        with futures.ThreadPoolExecutor(8) as threads:
            statuses = list(threads.map(create, range(60)))

        self.assertEqual({201: 20, 403: 40}, {s: statuses.count(s) for s in set(statuses)})
        self.assertEqual(20, self.in_use(member, "clouds"))

    def test_concurrent_bytes_do_not_exceed_a_quota(self):
        member = self.limited(variables_bytes=1000)
        clouds = [member.make("clouds")["id"] for _ in range(4)]

        def put(number: int) -> int:
            path = f"/clouds/{clouds[number % 4]}/variables"
            return member.put(path, {f"v{number:02}": "x" * 95}).status

        with futures.ThreadPoolExecutor(8) as threads:
            statuses = list(threads.map(put, range(40)))

        self.assertEqual({200: 10, 413: 30}, {s: statuses.count(s) for s in set(statuses)})
        self.assertEqual(1000, self.in_use(member, "variables_bytes"))


class TestDoors(tests_base.FleetTestCase):
    def test_a_fleet_in_a_file_has_quotas_too(self):
        self.make_cloud()
        self.assertEqual(1, self.craton.quotas.get(usage=True)["clouds"].in_use)
        self.craton.quotas.update(1, clouds=1)

        error = self.assertRaises(exceptions.Forbidden, self.make_cloud)

        self.assertIn("Quota exceeded for clouds", str(error))


class TestToys(toys.ToyTestCase):
    manager_class = toys.SegmentManager

    def test_a_kind_of_another_package_has_quotas(self):
        url = f"{self.toys.url.removesuffix('/segments')}/quotas/1"
        limits = {"segments": 1, "servers_per_object": 1}
        self.toys.session.put(url, json=limits)
        values: dict[str, t.Any] = {"name": "a", "area": "10.0.0.0/8"}
        several = {**values, "servers": ["10.0.0.1", "10.0.0.2"]}

        error = self.assertRaises(exceptions.Forbidden, self.toys.create, **several)
        self.assertIn("Quota exceeded for servers_per_object", str(error))
        self.toys.create(**values)
        error = self.assertRaises(exceptions.Forbidden, self.toys.create, **values)
        self.assertIn("Quota exceeded for segments", str(error))
