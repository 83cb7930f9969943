# SPDX-License-Identifier: Apache-2.0
"""Permissions of roles, and isolation of projects."""

from __future__ import annotations

import re
import typing as t
from urllib import parse

import sqlalchemy as sa

from cratonclient import v1
from cratonclient.fields import Ref
from cratonclient.tests.integration.server import base, databases
from cratonserver import identity


class TestAuthentication(base.ServerTestCase):
    def test_what_is_wrong_with_credentials_is_not_told_apart(self):
        right = self.root.headers
        for wrong in (
            {"X-Auth-Token": "wrong"},
            {"X-Auth-Token": ""},
            {"X-Auth-User": "nobody"},
            {"X-Auth-Project": base.NO_PROJECT},
        ):
            caller = base.Caller(self.root.application, {**right, **wrong})
            message = "The request could not be authenticated."
            self.assertAnswer(caller.get("/hosts"), 401, message)
            self.assertAnswer(caller.get("/nosuch"), 401, message)

    def test_a_project_that_is_no_uuid_is_named(self):
        for text in ("abc", ""):
            caller = base.Caller(
                self.root.application, {**self.root.headers, "X-Auth-Project": text}
            )
            self.assertAnswer(
                caller.get("/hosts"), 401, f"Project ID ('{text}') is not a valid UUID"
            )

    def test_a_project_has_many_spellings(self):
        digits = identity.FIRST_PROJECT.replace("-", "")
        for text in (digits, f"{{{digits}}}", f"urn:uuid:{digits}"):
            caller = base.Caller(
                self.root.application, {**self.root.headers, "X-Auth-Project": text}
            )
            self.assertEqual(200, caller.get("/hosts").status)


class TestKeys(base.ServerTestCase):
    def test_a_key_is_shown_once_and_stored_nowhere(self):
        made = self.root.make("users")

        seen = self.root.get(f"/users/{made['id']}").json
        listed = self.root.get("/users").text
        stored = repr(databases.contents(self.store))

        self.assertIsNone(seen["api_key"])
        self.assertNotIn(made["api_key"], listed)
        self.assertNotIn(made["api_key"], stored)
        self.assertIn(identity.digest(made["api_key"]), stored)

    def test_a_key_of_ones_own_choice_is_ignored(self):
        self.assertNotEqual("mine", self.root.make("users", api_key="mine")["api_key"])

    def test_a_deleted_user_is_refused_at_once(self):
        user = self.member()
        [row] = self.root.items(f"/users?name={user.headers['X-Auth-User']}")

        self.root.delete(f"/users/{row['id']}")

        self.assertAnswer(user.get("/hosts"), 401)


class TestRoles(base.ServerTestCase):
    def test_a_missing_role_is_forbidden(self):
        plain, admin = self.member(), self.member(is_admin=True)
        calls = [
            (plain.get("/users"), "admin"),
            (plain.post("/users", {"username": "x", "project_id": plain.project_id}), "admin"),
            (plain.get(f"/projects/{plain.project_id}"), "admin"),
            (plain.get(f"/projects/{plain.project_id}/variables"), "admin"),
            (plain.get("/projects"), "root"),
            (admin.get("/projects"), "root"),
            (admin.post("/projects", {"name": "x"}), "root"),
            (admin.delete(f"/projects/{admin.project_id}"), "root"),
        ]
        for answer, role in calls:
            self.assertAnswer(answer, 403, f"This action requires the '{role}' role")

    def test_an_admin_manages_the_users_of_its_own_project_only(self):
        admin, other = self.member(is_admin=True), self.member()
        mine = admin.make("users")
        theirs = self.root.make("users", project_id=other.project_id)

        usernames = {user["username"] for user in admin.items("/users")}

        self.assertEqual({admin.headers["X-Auth-User"], mine["username"]}, usernames)
        self.assertAnswer(admin.get(f"/users/{theirs['id']}"), 404)
        self.assertAnswer(admin.delete(f"/users/{theirs['id']}"), 204)
        self.assertEqual(200, self.root.get(f"/users/{theirs['id']}").status)
        self.assertEqual([], admin.items(f"/users?name={theirs['username']}"))
        body = {"username": "spy", "project_id": other.project_id}
        self.assertAnswer(admin.post("/users", body), 404)


def neutral(answer: base.Answer, value: object) -> str:
    """Return a response without the requested value, which it may repeat."""
    forms = "|".join(re.escape(form) for form in (parse.quote_plus(str(value)), str(value)))
    return re.sub(rf"(?<!\w)({forms})(?!\w)", "VALUE", answer.text)


class TestIsolation(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.owner = self.member()
        interface = self.owner.make("network-interfaces")
        self.host = self.owner.get(f"/hosts/{interface['device_id']}").json
        place = {"region_id": self.host["region_id"]}
        self.owner.put(f"/hosts/{self.host['id']}/labels", {"labels": ["secret"]})
        self.owner.put(f"/regions/{self.host['region_id']}/variables", {"secret": "value"})
        self.ids = {
            "clouds": self.host["cloud_id"],
            "regions": self.host["region_id"],
            "cells": self.owner.make("cells", **place)["id"],
            "hosts": self.host["id"],
            "network-devices": self.owner.make("network-devices", **place)["id"],
            "networks": self.owner.make("networks", **place)["id"],
            "network-interfaces": interface["id"],
        }

    def strangers(self):
        return self.member(), self.member(is_admin=True)

    def statements(self, caller: base.Caller, method: str, path: str) -> list[str]:
        """Return the statements that a request runs."""
        ran: list[str] = []

        def remember(_c: t.Any, _u: t.Any, statement: str, *_: t.Any) -> None:
            ran.append(statement)

        sa.event.listen(self.store.engine, "before_cursor_execute", remember)
        bodies = {"PUT": {"name": "x"}}
        caller.call(method, path, bodies.get(method))
        sa.event.remove(self.store.engine, "before_cursor_execute", remember)
        return ran

    def test_an_object_of_another_project_causes_the_work_of_one_that_does_not_exist(self):
        stranger = self.member(is_admin=True)
        for collection, item_id in self.ids.items():
            for method in ("GET", "PUT", "DELETE"):
                with self.about(f"{method} {collection}"):
                    theirs = self.statements(stranger, method, f"/{collection}/{item_id}")
                    none = self.statements(stranger, method, f"/{collection}/{base.NOWHERE}")
                    self.assertEqual(none, theirs)

    def test_no_name_is_taken_by_another_project(self):
        for kind in v1.kinds():
            unique = kind.resource_class.unique
            inside = [n for n in unique if isinstance(kind.fields[n], Ref)]
            with self.about(kind.collection):
                self.assertTrue(inside or not unique, unique)

    def test_nothing_of_another_project_is_seen_or_changed(self):
        for stranger in self.strangers():
            for collection, item_id in self.ids.items():
                with self.about(collection):
                    path = f"/{collection}/{item_id}"
                    before = self.owner.get(path).text
                    self.assertEqual([], stranger.items(f"/{collection}"))
                    self.assertAnswer(stranger.get(path), 404, "Not Found")
                    self.assertAnswer(stranger.put(path, {"name": "x"}), 404, "Not Found")
                    self.assertAnswer(stranger.delete(path), 204)
                    self.assertAnswer(
                        stranger.get(f"/{collection}?marker={item_id}"),
                        400,
                        f'Marker "{item_id}" does not exist',
                    )
                    if collection != "network-interfaces":
                        self.assertAnswer(stranger.get(f"{path}/variables"), 404)
                        self.assertAnswer(stranger.put(f"{path}/variables", {"a": 1}), 404)
                        self.assertAnswer(stranger.delete(f"{path}/variables", ["a"]), 404)
                    self.assertEqual(before, self.owner.get(path).text)

    def test_nothing_of_another_project_can_be_referred_to(self):
        for stranger in self.strangers():
            own = stranger.needed("hosts", {})
            for field, collection in {
                "cloud_id": "clouds",
                "region_id": "regions",
                "cell_id": "cells",
                "parent_id": "hosts",
            }.items():
                with self.about(field):
                    body = {**own, field: self.ids[collection]}
                    self.assertAnswer(stranger.post("/hosts", body), 404)
            self.assertEqual([], stranger.items("/hosts"))

    def test_no_parameter_tells_what_another_project_has(self):
        stranger = self.member()
        for collection, item_id in {**self.ids, "devices": self.ids["hosts"]}.items():
            kind = v1.kind(collection.replace("-", "_")).resource_class
            source = "hosts" if collection == "devices" else collection
            found = self.owner.get(f"/{source}/{item_id}").json
            values = {
                name: found[name]
                for name in kind.filters
                if isinstance(found.get(name), (int, str)) and name != "active"
            }
            values["parent_id"] = self.ids["hosts"]
            values.update(marker=item_id, label="secret", vars='secret:"value"')
            for name, value in values.items():
                # An object that does not exist must get the same response.
                unknown = "nosuch" if isinstance(value, str) else base.NOWHERE
                unknown = 'nosuch:"value"' if name == "vars" else unknown
                with self.about(f"{collection} {name}={value}"):
                    here, nowhere = (
                        stranger.get(f"/{collection}?{parse.urlencode(query)}")
                        for query in ({name: value}, {name: unknown})
                    )
                    self.assertEqual(nowhere.status, here.status)
                    self.assertEqual(neutral(nowhere, unknown), neutral(here, value))

    def test_equal_names_in_two_projects_are_no_conflict(self):
        stranger = self.member()

        name = self.owner.get(f"/clouds/{self.ids['clouds']}").json["name"]

        self.assertEqual(name, stranger.make("clouds", name=name)["name"])

    def test_root_sees_all(self):
        for collection, item_id in self.ids.items():
            self.assertEqual(200, self.root.get(f"/{collection}/{item_id}").status)
