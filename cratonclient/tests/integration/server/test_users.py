# SPDX-License-Identifier: Apache-2.0
"""Users: promotion, demotion and new keys; one root user always remains."""

from __future__ import annotations

import functools
import threading
import typing as t
from concurrent import futures

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases
from cratonserver import identity

NO_ADMIN = "This action requires the 'admin' role"
NO_ROOT = "This action requires the 'root' role"


class UsersTestCase(base.ServerTestCase):
    """Tests with users."""

    def id_of(self, caller: base.Caller) -> int:
        """Return the id of the caller's user."""
        path = f"/users?name={caller.headers['X-Auth-User']}"
        [user] = [u for u in self.root.items(path) if u["project_id"] == caller.project_id]
        return int(user["id"])

    def make_root(self, project_id: str | None = None) -> base.Caller:
        """Create another root user. The API cannot, so change the database."""
        caller = self.member(project_id, is_admin=True)
        self.set_root(self.id_of(caller), True)
        return caller

    def set_root(self, user_id: int, is_root: bool) -> None:
        """Set or clear the root flag of a user."""
        users = self.store.tables.table(self.store.tables.kind("users"))
        update = sa.update(users).where(users.c.id == user_id)
        with databases.writing(self.store) as connection:
            connection.execute(update.values(is_root=is_root))

    def with_key(self, caller: base.Caller, key: str) -> base.Caller:
        """Return the same user with another API key."""
        return base.Caller(caller.application, {**caller.headers, "X-Auth-Token": key})


class TestAdmin(UsersTestCase):
    """``PUT /v1/users/ID``."""

    def test_the_role_changes_at_once_in_both_directions(self):
        user = self.member()
        path = f"/users/{self.id_of(user)}"
        self.assertAnswer(user.get("/users"), 403, NO_ADMIN)

        promoted = self.root.put(path, {"is_admin": True})
        self.assertAnswer(promoted, 200)
        self.assertTrue(promoted.json["is_admin"])
        self.assertIsNone(promoted.json["api_key"])
        self.assertAnswer(user.get("/users"), 200)

        self.assertAnswer(self.root.put(path, {"is_admin": False}), 200)
        self.assertAnswer(user.get("/users"), 403, NO_ADMIN)

    def test_nothing_else_of_a_user_changes(self):
        path = f"/users/{self.root.make('users')['id']}"
        before = self.root.get(path).text
        for body in ({"username": "x"}, {"project_id": base.NO_PROJECT}, {"api_key": "x"}):
            with self.about(str(body)):
                self.assertAnswer(self.root.put(path, body), 400)
        self.assertEqual(before, self.root.get(path).text)

    def test_an_admin_does_so_in_its_own_project(self):
        admin = self.member(is_admin=True)
        own, other = admin.make("users"), self.root.make("users")
        self.assertAnswer(admin.put(f"/users/{own['id']}", {"is_admin": True}), 200)
        foreign = admin.put(f"/users/{other['id']}", {"is_admin": True})
        self.assertAnswer(foreign, 404, "Not Found")

    def test_an_admin_leaves_roots_alone(self):
        admin = self.member(is_admin=True)
        root = self.id_of(self.make_root(admin.project_id))
        before = self.root.get(f"/users/{root}").text
        for answer in (
            admin.put(f"/users/{root}", {"is_admin": False}),
            admin.put(f"/users/{root}", {"is_admin": True}),
            admin.post(f"/users/{root}/key"),
            admin.delete(f"/users/{root}"),
        ):
            self.assertAnswer(answer, 403, NO_ROOT)
        self.assertEqual(before, self.root.get(f"/users/{root}").text)

    def test_a_root_that_is_made_plain_is_no_root(self):
        root = self.make_root()
        self.assertAnswer(root.get("/projects"), 200)
        path = f"/users/{self.id_of(root)}"
        self.assertAnswer(self.root.put(path, {"is_admin": False}), 200)
        self.assertAnswer(root.get("/projects"), 403, NO_ROOT)
        self.assertAnswer(self.root.put(path, {"is_admin": True}), 200)
        self.assertAnswer(root.get("/projects"), 403, NO_ROOT)


class TestNewKeys(UsersTestCase):
    """``POST /v1/users/ID/key``."""

    def test_the_new_key_works_and_the_old_one_does_not(self):
        user = self.member()
        path = f"/users/{self.id_of(user)}"

        answer = self.root.post(f"{path}/key", {})

        self.assertAnswer(answer, 201)
        self.assertEqual(f"{base.BASE}{path}", answer.headers["location"])
        made = answer.json
        self.assertEqual({**self.root.get(path).json, "api_key": made["api_key"]}, made)
        self.assertRegex(made["api_key"], "^craton_[0-9a-f]{48}$")
        self.assertAnswer(user.get("/hosts"), 401)
        self.assertAnswer(self.with_key(user, made["api_key"]).get("/hosts"), 200)
        self.assertIsNotNone(made["updated_at"])

    def test_everybody_replaces_the_own_key_and_plain_users_no_other(self):
        user, other = self.member(), self.member()
        colleague = self.root.make("users", project_id=user.project_id)["id"]
        for item_id in (colleague, self.id_of(other), base.NOWHERE, "abc"):
            with self.about(str(item_id)):
                self.assertAnswer(user.post(f"/users/{item_id}/key"), 403, NO_ADMIN)
        made = user.post(f"/users/{self.id_of(user)}/key")
        self.assertAnswer(made, 201)
        self.assertAnswer(self.with_key(user, made.json["api_key"]).get("/hosts"), 200)
        self.assertAnswer(other.get("/hosts"), 200)

    def test_an_admin_replaces_those_of_its_own_project(self):
        admin, other = self.member(is_admin=True), self.member()
        own = admin.make("users")["id"]
        self.assertAnswer(admin.post(f"/users/{own}/key"), 201)
        for item_id in (self.id_of(other), base.NOWHERE, "abc"):
            self.assertAnswer(admin.post(f"/users/{item_id}/key"), 404, "Not Found")
        self.assertAnswer(other.get("/hosts"), 200)

    def test_a_key_of_ones_own_choice_is_refused(self):
        user = self.member()
        path = f"/users/{self.id_of(user)}/key"
        self.assertAnswer(self.root.post(path, {"api_key": "mine"}), 400)
        self.assertAnswer(self.root.post(path, []), 400)
        self.assertAnswer(user.get("/hosts"), 200)

    def test_keys_differ(self):
        path = f"/users/{self.root.make('users')['id']}/key"
        keys = {self.root.post(path).json["api_key"] for _ in range(10)}
        self.assertEqual(10, len(keys))


class TestLastRoot(UsersTestCase):
    """The last root user cannot be removed."""

    def last(self) -> tuple[int, str]:
        """Return the id and the path of the only root user."""
        root = self.id_of(self.root)
        return root, f"/users/{root}"

    def assertStays(self, answer: base.Answer) -> None:
        """Check that a request was refused because it would remove the last root user."""
        self.assertAnswer(answer, 409)
        self.assertIn("last root", answer.json["message"])
        self.assertAnswer(self.root.get("/projects"), 200)

    def test_it_is_neither_deleted_nor_demoted(self):
        _, path = self.last()
        self.assertStays(self.root.delete(path))
        self.assertStays(self.root.put(path, {"is_admin": False}))
        self.assertStays(self.root.delete(f"/projects/{identity.FIRST_PROJECT}"))

    def test_another_one_frees_it(self):
        for remove in (
            lambda root, path: root.delete(path),
            lambda root, path: root.put(path, {"is_admin": False}),
        ):
            other = self.make_root()
            path = f"/users/{self.id_of(other)}"
            self.assertIn(remove(other, path).status, (200, 204))
        other = self.make_root()
        self.assertAnswer(self.root.delete(f"/projects/{other.project_id}"), 204)
        self.assertStays(self.root.delete(self.last()[1]))

    def test_of_two_that_remove_each_other_one_stays(self):
        shared, _ = self.last()
        self.addCleanup(self.set_root, shared, True)
        for _ in range(5):
            one, other = self.make_root(), self.make_root()
            paths = [f"/users/{self.id_of(other)}", f"/projects/{one.project_id}"]
            roots = [self.id_of(one), self.id_of(other)]
            self.set_root(shared, False)

            statuses = self.at_once(
                functools.partial(one.delete, paths[0]),
                functools.partial(other.delete, paths[1]),
            )

            self.set_root(shared, True)
            left = [item for item in roots if self.root.get(f"/users/{item}").status == 200]
            self.assertEqual(1, len(left))
            self.set_root(left[0], False)
            # The second request is refused: it would remove the last root user, or its
            # own user no longer exists.
            self.assertIn(sorted(statuses), ([204, 401], [204, 409]))

    def at_once(self, *calls: t.Callable[[], base.Answer]) -> list[int]:
        """Make calls concurrently and return the statuses of the responses."""
        ready = threading.Barrier(len(calls))

        def run(call: t.Callable[[], base.Answer]) -> int:
            ready.wait()
            return call().status

        with futures.ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))


class TestReaders(UsersTestCase):
    """A user without write permission, as with Keystone."""

    def setUp(self):
        super().setUp()
        who = identity.Identity(identity.FIRST_PROJECT, is_admin=True, can_write=False)
        self.reader = self.acting(who)

    def test_nothing_is_changed_anywhere(self):
        host, user = self.root.make("hosts"), self.root.make("users")
        path = f"/hosts/{host['id']}"
        for answer in (
            self.reader.post("/clouds", {"name": "x"}),
            self.reader.put(path, {"name": "x"}),
            self.reader.delete(path),
            self.reader.put(f"{path}/variables", {"a": 1}),
            self.reader.delete(f"{path}/labels", {"labels": ["a"]}),
            self.reader.post(f"/users/{user['id']}/key"),
        ):
            self.assertAnswer(answer, 403, "This action requires a role that may write")
        self.assertEqual(self.root.get(path).text, self.reader.get(path).text)
        self.assertAnswer(self.reader.call("PATCH", path), 405)
        self.assertAnswer(self.reader.get("/hosts"), 200)
