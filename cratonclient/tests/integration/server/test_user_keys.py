# SPDX-License-Identifier: Apache-2.0
"""API keys of users, and the roles of users."""

from __future__ import annotations

import datetime
import typing as t
from unittest import mock

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases
from cratonclient.tests.integration.server.test_users import NO_ADMIN, NO_ROOT, UsersTestCase
from cratonserver import composition, identity
from cratonserver.auth import last_use
from cratonserver.db import clock
from cratonserver.db.store import StoreError

REFUSED = "The request could not be authenticated."
READ_ONLY = "This action requires a role that may write"


def in_days(days: int) -> str:
    """Return a time from now as the server prints it."""
    time = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days)
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")


class KeysTestCase(UsersTestCase):
    """Tests with the keys of a user."""

    def make_key(self, caller: base.Caller, **fields: t.Any) -> dict[str, t.Any]:
        """Create a key, and return the response."""
        return caller.make("user-keys", **fields)

    def logged_in(self, caller: base.Caller, key: dict[str, t.Any]) -> base.Caller:
        """Return the same user with another key."""
        return self.with_key(caller, key["api_key"])

    def change_key(self, key_id: int, **values: t.Any) -> None:
        """Change the row of a key in the database."""
        keys = self.store.tables.metadata.tables["user_keys"]
        with databases.writing(self.store) as connection:
            connection.execute(sa.update(keys).where(keys.c.id == key_id).values(values))


class TestKeys(KeysTestCase):
    """``/v1/user-keys``."""

    def test_a_key_is_replaced_without_a_gap(self):
        user = self.member()
        [old] = user.items("/user-keys")
        self.assertEqual("default", old["name"])

        key = self.make_key(user, name="new")
        new = self.logged_in(user, key)

        self.assertRegex(key["api_key"], "^craton_[0-9a-f]{48}$")
        self.assertEqual(identity.checksum(key["api_key"][7:47]), key["api_key"][47:])
        self.assertEqual((200, 200), (user.get("/hosts").status, new.get("/hosts").status))
        self.assertAnswer(new.delete(f"/user-keys/{old['id']}"), 204)
        self.assertAnswer(user.get("/hosts"), 401, REFUSED)
        self.assertAnswer(new.get("/hosts"), 200)

    def test_a_key_is_shown_once_and_stored_as_a_digest(self):
        user = self.member()
        key = self.make_key(user, name="laptop")
        path = f"/user-keys/{key['id']}"
        for text in (user.get(path).text, user.get("/user-keys").text):
            self.assertNotIn(key["api_key"], text)
            self.assertNotIn(identity.digest(key["api_key"]), text)
        with self.store.read() as connection:
            keys = self.store.tables.metadata.tables["user_keys"]
            stored = repr(connection.execute(sa.select(keys)).all())
        self.assertIn(identity.digest(key["api_key"]), stored)
        self.assertNotIn(key["api_key"], stored)
        self.assertAnswer(self.root.put(path, {"name": "x"}), 405)

    def test_names_are_unique_for_a_user(self):
        user, other = self.member(), self.member()
        self.make_key(user, name="laptop")
        self.make_key(other, name="laptop")
        self.assertAnswer(
            user.post("/user-keys", {"name": "laptop"}),
            409,
            "The user has a key with this name already.",
        )
        self.assertEqual(["laptop"], user.names("/user-keys?name=laptop"))

    def test_users_without_a_role_have_access_to_their_own_keys_only(self):
        user = self.member()
        colleague = self.member(user.project_id)
        theirs = colleague.items("/user-keys")[0]
        mine = self.id_of(user)
        for item_id in (self.id_of(colleague), base.NOWHERE):
            for answer in (
                user.get(f"/user-keys?user_id={item_id}"),
                user.post("/user-keys", {"name": "x", "user_id": item_id}),
            ):
                self.assertAnswer(answer, 403, NO_ADMIN)
        self.assertAnswer(user.get(f"/user-keys/{theirs['id']}"), 404)
        self.assertAnswer(user.delete(f"/user-keys/{theirs['id']}"), 204)
        self.assertAnswer(colleague.get("/hosts"), 200)
        self.assertEqual([mine], [k["user_id"] for k in user.items("/user-keys")])
        self.assertEqual(1, len(user.items(f"/user-keys?user_id={mine}")))
        self.assertEqual(mine, self.make_key(user, user_id=mine)["user_id"])

    def test_an_admin_manages_the_keys_of_the_project(self):
        admin, other = self.member(is_admin=True), self.member()
        user = self.member(admin.project_id)
        key = self.make_key(admin, user_id=self.id_of(user))
        self.assertAnswer(self.logged_in(user, key).get("/hosts"), 200)
        self.assertEqual(3, len(admin.items("/user-keys")))
        self.assertEqual(2, len(admin.items(f"/user-keys?user_id={self.id_of(user)}")))
        for item_id in (self.id_of(other), base.NOWHERE):
            body = {"name": "x", "user_id": item_id}
            message = f"user_id: user {item_id} does not exist"
            self.assertAnswer(admin.post("/user-keys", body), 404, message)
            self.assertEqual([], admin.items(f"/user-keys?user_id={item_id}"))
        self.assertAnswer(admin.delete(f"/user-keys/{other.items('/user-keys')[0]['id']}"), 204)
        self.assertAnswer(other.get("/hosts"), 200)

    def test_nobody_gives_more_rights_than_they_have(self):
        admin = self.member(is_admin=True)
        root = self.make_root(admin.project_id)
        theirs = root.items(f"/user-keys?user_id={self.id_of(root)}")[0]
        body = {"name": "x", "user_id": self.id_of(root)}
        self.assertAnswer(admin.post("/user-keys", body), 403, NO_ROOT)
        self.assertAnswer(admin.delete(f"/user-keys/{theirs['id']}"), 403, NO_ROOT)
        self.assertAnswer(admin.get(f"/user-keys/{theirs['id']}/deletion"), 403, NO_ROOT)
        self.assertEqual(1, len(root.items(f"/user-keys?user_id={self.id_of(root)}")))
        self.assertAnswer(root.post("/user-keys", body), 201)
        self.assertAnswer(self.root.post("/user-keys", {**body, "name": "y"}), 201)

    def test_a_user_of_keystone_has_no_keys(self):
        who = identity.Identity(identity.FIRST_PROJECT)
        problem = "user_id: is required, because you do not log in as a user of this server"
        self.assertInvalid(self.acting(who).post("/user-keys", {"name": "x"}), problem)
        self.assertEqual([], self.acting(who).items("/user-keys"))

    def test_a_new_key_of_a_user_replaces_all(self):
        user = self.member()
        self.make_key(user)
        path = f"/users/{self.id_of(user)}"
        new = self.with_key(user, user.post(f"{path}/key").json["api_key"])
        self.assertEqual(["default"], new.names("/user-keys"))
        self.assertAnswer(user.get("/hosts"), 401, REFUSED)

    def test_the_keys_of_a_user_go_with_the_user(self):
        user = self.member()
        key = self.make_key(user)
        path = f"/users/{self.id_of(user)}"
        effects = self.root.get(f"{path}/deletion").json
        self.assertEqual({"user_keys": 2}, effects["deletes"])
        self.assertAnswer(self.root.delete(path), 204)
        self.assertAnswer(self.root.get(f"/user-keys/{key['id']}"), 404)
        self.assertAnswer(self.logged_in(user, key).get("/hosts"), 401, REFUSED)


class TestRefusals(KeysTestCase):
    """Refused logins."""

    def test_all_do_the_same_work_and_say_the_same(self):
        user, other = self.member(), self.member()
        wrong = {"X-Auth-Token": f"craton_{0:048x}"}
        seen = set()
        for case, headers in (
            ("known user", wrong),
            ("root user", {**self.root.headers, **wrong}),
            ("unknown user", {**wrong, "X-Auth-User": "nobody"}),
            ("NUL", {**wrong, "X-Auth-User": "\0"}),
            ("user of another project", {**wrong, "X-Auth-Project": other.project_id}),
            ("unknown project", {**wrong, "X-Auth-Project": base.NO_PROJECT}),
            ("no key", {"X-Auth-Token": ""}),
        ):
            ran: list[str] = []

            def remember(
                _c: t.Any, _u: t.Any, statement: str, *_: t.Any, ran: list[str] = ran
            ) -> None:
                ran.append(statement)

            sa.event.listen(self.store.engine, "before_cursor_execute", remember)
            answer = user.get("/hosts", headers=headers)
            sa.event.remove(self.store.engine, "before_cursor_execute", remember)
            with self.about(case):
                self.assertAnswer(answer, 401, REFUSED)
                self.assertEqual(1, len(ran), str(ran))
            seen.update(ran)
        self.assertEqual(1, len(seen), str(seen))


class TestExpiry(KeysTestCase):
    """Keys that expire."""

    def test_an_expired_key_is_refused_with_the_reason(self):
        user = self.member()
        key = self.make_key(user, name="short", expires_at=in_days(1))
        caller = self.logged_in(user, key)
        self.assertAnswer(caller.get("/hosts"), 200)

        self.change_key(key["id"], expires_at=in_days(-1))

        answer = caller.get("/hosts")
        self.assertAnswer(answer, 401)
        self.assertIn("The API key 'short' expired at", answer.json["message"])
        self.assertAnswer(user.get("/hosts"), 200)

    def test_only_who_has_the_key_learns_that_it_expired(self):
        user, other = self.member(), self.member()
        key = self.make_key(user, expires_at=in_days(1))
        self.change_key(key["id"], expires_at=in_days(-1))
        caller = self.logged_in(user, key)
        for wrong in (
            {"X-Auth-Token": key["api_key"][:-1]},
            {"X-Auth-User": other.headers["X-Auth-User"]},
            {"X-Auth-Project": other.project_id},
        ):
            self.assertAnswer(caller.get("/hosts", headers=wrong), 401, REFUSED)

    def test_the_time_is_checked_and_read_in_any_spelling(self):
        user = self.member()
        for text, stored in (
            ("2999-01-31", "2999-01-31T00:00:00.000000"),
            ("2999-01-31T12:00:00+02:00", "2999-01-31T10:00:00.000000"),
        ):
            key = self.make_key(user, expires_at=text)
            self.assertEqual(stored, user.get(f"/user-keys/{key['id']}").json["expires_at"])
        for text, problem in (
            ("soon", "'soon' is not a time such as 2027-01-31 or 2027-01-31T12:00:00Z"),
            ("2001-01-01", "'2001-01-01T00:00:00.000000' is in the past"),
        ):
            answer = user.post("/user-keys", {"name": "x", "expires_at": text})
            self.assertInvalid(answer, f"expires_at: {problem}")


class TestLastUse(KeysTestCase):
    """The time of the last use, which is written behind the request."""

    def setUp(self):
        super().setUp()
        made: list[last_use.LastUse] = []
        init = last_use.LastUse.__init__

        def remember(one: last_use.LastUse, store: t.Any) -> None:
            init(one, store)
            made.append(one)

        with mock.patch.object(last_use.LastUse, "__init__", remember):
            self.application = composition.application_of(self.store)
        self.made = made

    def user(self) -> base.Caller:
        """Return a user of the application of this test."""
        return base.Caller(self.application, self.member().headers)

    def noted(self, caller: base.Caller) -> str | None:
        """Return the last use of the only key of a user, as the database has it."""
        found = self.root.items(f"/user-keys?user_id={self.id_of(caller)}")
        return t.cast("str | None", found[0]["last_used_at"])

    def test_it_is_noted_after_the_request_and_at_most_once_a_minute(self):
        user = self.user()
        before = clock.now()
        user.get("/hosts")
        self.assertIsNone(self.noted(user))
        self.made[0].write()
        first = t.cast("str", self.noted(user))
        self.assertLessEqual(before, first)

        user.get("/hosts")
        self.made[0].write()
        self.assertEqual(first, self.noted(user))

        [key] = self.root.items(f"/user-keys?user_id={self.id_of(user)}")
        self.change_key(key["id"], last_used_at=clock.seconds_ago(61))
        user.get("/hosts")
        self.made[0].write()
        self.assertLess(first, t.cast("str", self.noted(user)))

    def test_a_failed_login_is_no_use(self):
        user = self.user()
        self.with_key(user, "craton_wrong").get("/hosts")
        user.get("/hosts", headers={"X-Auth-Project": base.NO_PROJECT})
        self.made[0].write()
        self.assertIsNone(self.noted(user))

    def test_a_request_succeeds_if_the_use_cannot_be_stored(self):
        user = self.user()
        failure = StoreError("The database is read-only.")
        with mock.patch.object(self.store, "write", side_effect=failure):
            self.assertAnswer(user.get("/hosts"), 200)
            with self.assertLogs(last_use.LOG, "INFO") as logs:
                self.made[0].write()
            self.assertAnswer(user.get("/hosts"), 200)
        self.assertIn("read-only", logs.output[0])

    def test_closing_the_store_writes_it(self):
        user = self.user()
        user.get("/hosts")
        self.store.close()
        self.assertIsNotNone(self.noted(user))


class TestRoles(KeysTestCase):
    """The roles of local users."""

    def test_a_reader_reads_and_replaces_own_keys(self):
        reader = self.member(role="reader")
        self.assertAnswer(reader.get("/hosts"), 200)
        self.assertAnswer(reader.get("/users"), 403, NO_ADMIN)
        for answer in (
            reader.post("/clouds", {"name": "x"}),
            reader.post(f"/users/{self.id_of(reader)}/key"),
        ):
            self.assertAnswer(answer, 403, READ_ONLY)
        key = self.make_key(reader)
        again = self.logged_in(reader, key)
        self.assertAnswer(again.post("/clouds", {"name": "x"}), 403, READ_ONLY)
        self.assertAnswer(again.delete(f"/user-keys/{key['id']}"), 204)

    def test_the_role_and_is_admin_agree(self):
        for sent, role, is_admin in (
            ({}, "member", False),
            ({"is_admin": True}, "admin", True),
            ({"role": "admin"}, "admin", True),
            ({"role": "reader"}, "reader", False),
            ({"role": "reader", "is_admin": False}, "reader", False),
        ):
            with self.about(str(sent)):
                made = self.root.make("users", **sent)
                path = f"/users/{made['id']}"
                found = self.root.get(path).json
                self.assertEqual((role, is_admin), (made["role"], made["is_admin"]))
                self.assertEqual((role, is_admin), (found["role"], found["is_admin"]))

    def test_a_change_of_one_changes_the_other(self):
        path = f"/users/{self.root.make('users', role='reader')['id']}"
        for sent, role, is_admin in (
            ({"is_admin": False}, "reader", False),
            ({"is_admin": True}, "admin", True),
            ({"is_admin": False}, "member", False),
            ({"role": "admin"}, "admin", True),
            ({"role": "reader"}, "reader", False),
            ({"role": "admin", "is_admin": True}, "admin", True),
        ):
            with self.about(str(sent)):
                found = self.root.put(path, sent).json
                self.assertEqual((role, is_admin), (found["role"], found["is_admin"]))
                self.assertEqual(found, self.root.get(path).json)

    def test_a_contradiction_is_refused(self):
        problem = "role: 'reader' contradicts the value True of is_admin"
        body = {"role": "reader", "is_admin": True}
        needed = self.root.needed("users", body)
        self.assertInvalid(self.root.post("/users", needed), problem)
        path = f"/users/{self.root.make('users')['id']}"
        self.assertInvalid(self.root.put(path, body), problem)
        unknown = "role: 'root' is not one of ['reader', 'member', 'admin']"
        self.assertInvalid(self.root.put(path, {"role": "root"}), unknown)

    def test_a_root_that_becomes_a_reader_is_no_root(self):
        root = self.make_root()
        path = f"/users/{self.id_of(root)}"
        self.assertAnswer(self.root.put(path, {"role": "reader"}), 200)
        self.assertAnswer(root.get("/projects"), 403, NO_ROOT)
        self.assertAnswer(root.post("/clouds", {"name": "x"}), 403, READ_ONLY)
        last = f"/users/{self.id_of(self.root)}"
        self.assertAnswer(self.root.put(last, {"role": "member"}), 409)
