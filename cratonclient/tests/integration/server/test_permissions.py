# SPDX-License-Identifier: Apache-2.0
"""Every method of every path, for every role, with two projects."""

from __future__ import annotations

import re
import typing as t

from cratonclient.tests.integration.server import base, permissions
from cratonserver import identity
from cratonserver.api import application

METHODS = ("GET", "POST", "PUT", "DELETE")

#: Request bodies that do not depend on the fleet, by method and end of the path.
BODIES: dict[tuple[str, str], t.Any] = {
    ("PUT", "variables"): {"a": 1},
    ("DELETE", "variables"): ["a"],
    ("PUT", "labels"): {"labels": ["a"]},
    ("DELETE", "labels"): {"labels": ["a"]},
}

#: The collection of the object that a path is about, if the path is not named after it.
MADE = {
    "devices": "hosts",
    "ansible-inventory": "hosts",
    "changes": "clouds",
    "lookups": "clouds",
    "quotas": "projects",
    "identity": "projects",
}

#: Paths whose responses do not name the objects of a project.
NAMELESS = ("changes", "quotas", "identity")


class Place:
    """A project with the objects that new objects refer to.

    :param owner: user of the project.
    :param root: user who creates users and projects.
    :param admin: user who creates webhooks.
    """

    def __init__(self, owner: base.Caller, root: base.Caller, admin: base.Caller) -> None:
        self.owner = owner
        self._root = root
        self._makers = {"users": root, "webhooks": admin}
        cloud = owner.make("clouds")["id"]
        region = owner.make("regions", cloud_id=cloud)["id"]
        self._where = {
            "regions": {"cloud_id": cloud},
            "network-interfaces": {"device_id": owner.make("hosts", region_id=region)["id"]},
        }
        for collection in ("cells", "hosts", "network-devices", "networks"):
            self._where[collection] = {"cloud_id": cloud, "region_id": region}
        self._where["webhooks"] = {"cloud_id": cloud}
        self._where["user-keys"] = {"user_id": id_of(owner, root)}

    def body(self, collection: str) -> dict[str, t.Any]:
        """Return the body of a POST that refers to this project."""
        name = "username" if collection == "users" else "name"
        given = {**self._where.get(collection, {}), name: base.unique("marked")}
        return self.owner.needed(collection, given)

    def make(self, collection: str, own: bool) -> dict[str, t.Any]:
        """Create an object; for the users' own project, return the project itself."""
        if collection == "projects":
            if own:
                found: dict[str, t.Any] = self._root.get(
                    f"/projects/{self.owner.project_id}"
                ).json
                return found
            return self._root.make("projects", name=base.unique("marked"))
        maker = self._makers.get(collection, self.owner)
        return maker.make(collection, **self.body(collection))


class TestTable(base.ServerTestCase):
    """The table, row by row."""

    def setUp(self):
        super().setUp()
        first, other = self.member(), self.member()
        reader = identity.Identity(
            first.project_id, user_id=id_of(first, self.root), can_write=False
        )
        admins = [self.member(one.project_id, is_admin=True) for one in (first, other)]
        self.callers = {
            "plain": first,
            "reader": self.acting(reader),
            "admin": admins[0],
            "root": self.root,
        }
        mine = Place(first, self.root, admins[0])
        theirs = Place(other, self.root, admins[1])
        self.own = {
            **dict.fromkeys(permissions.ROLES, mine),
            "root": Place(self.root, self.root, self.root),
        }
        self.other = theirs

    def test_it_has_every_method_of_every_path(self):
        there = {
            (
                method,
                re.sub(r"\{\w+:id\}", "ID", path.removeprefix("/v1/")),
            )
            for path, view in application.paths(self.store).items()
            if path not in permissions.OPEN
            for method in METHODS
            if method in view.methods
        }
        listed = [(row.method, row.path) for row in permissions.rows()]
        self.assertEqual(sorted(there), sorted(listed))

    def test_what_is_open_is_read_only_and_nothing_else_is_open(self):
        views = application.paths(self.store)
        is_open = {path for path, view in views.items() if getattr(view, "is_open", False)}
        self.assertEqual(permissions.OPEN, is_open)
        for path in is_open:
            for method in METHODS[1:]:
                self.assertNotIn(method, views[path].methods)

    def test_nobody(self):
        nobody = base.Caller(self.root.application, {})
        for row in permissions.rows():
            with self.about(f"{row.method} {row.path}"):
                answer = self.call(nobody, row, self.other, own=False)[0]
                self.assertEqual(row.nobody, str(answer.status))

    def test_the_own_project(self):
        for row in permissions.rows():
            for role, wanted in row.own.items():
                with self.about(f"{role}: {row.method} {row.path}"):
                    answer, target = self.call(
                        self.callers[role], row, self.own[role], own=True
                    )
                    self.assertEqual(wanted, str(answer.status), answer.text)
                    names = "/" not in row.path and row.path not in NAMELESS
                    if target and wanted == "200" and names:
                        self.assertIn(mark(target), answer.text)

    def test_another_project(self):
        for row in permissions.rows():
            for role, wanted in row.other.items():
                if wanted != "-" and (row.method, row.path) != ("POST", "clouds"):
                    with self.about(f"{role}: {row.method} {row.path}"):
                        self.check_other(self.callers[role], row, wanted)

    def check_other(self, caller: base.Caller, row: permissions.Row, wanted: str) -> None:
        """Send a request about the other project and check its effects."""
        before: dict[str, str] = {}
        answer, target = self.call(caller, row, self.other, own=False, before=before)
        status = {"none": "200", "kept": "204"}.get(wanted, wanted)
        self.assertEqual(status, str(answer.status), answer.text)
        if wanted in ("200", "201", "204"):
            if row.method == "GET" and "/" not in row.path:
                self.assertIn(mark(target), answer.text)
            return
        if target:
            self.assertNotIn(mark(target), answer.text)
            for path, text in before.items():
                self.assertEqual(text, self.root.get(path).text)

    def call(
        self,
        caller: base.Caller,
        row: permissions.Row,
        place: Place,
        *,
        own: bool,
        before: dict[str, str] | None = None,
    ) -> tuple[base.Answer, dict[str, t.Any]]:
        """Send the request of a row about a new object of a project.

        :param before: is filled with root's responses before the request, by path.
        :returns: the response, and the object, or ``{}`` if the request creates it.
        """
        collection, _, rest = row.path.partition("/")
        if row.method == "POST" and not rest and collection not in ("changes", "lookups"):
            return caller.post(f"/{collection}", place.body(collection)), {}
        made = MADE.get(collection, collection)
        target = place.make(made, own)
        path = f"/{row.path.replace('ID', str(target['id']))}"
        if before is not None and rest:
            seen = [f"/{collection}/{target['id']}", re.sub("/(key|test)$", "", path)]
            before.update({each: self.root.get(each).text for each in seen})
        if collection == "lookups":
            wanted = {"kind": "clouds", "ids": [target["id"]], "names": [target["name"]]}
            return caller.post(path, wanted), target
        if collection == "changes":
            return self.call_changes(caller, row, place, target), target
        if not rest and collection not in ("ansible-inventory", *NAMELESS):
            path += "?sort_dir=desc&limit=100"  # newest objects first
        body = BODIES.get((row.method, row.path.rpartition("/")[2]))
        if (row.method, rest) == ("PUT", "ID"):
            new_name = {"name": base.unique("changed")}
            body = {"users": {"is_admin": True}, "quotas": {"hosts": 5}}.get(
                collection, new_name
            )
        return caller.call(row.method, path, body), target

    def call_changes(
        self, caller: base.Caller, row: permissions.Row, place: Place, target: dict[str, t.Any]
    ) -> base.Answer:
        """Send a request about the change that created an object."""
        project_id = place.owner.project_id
        [change] = self.root.items(f"/changes?project_id={project_id}&limit=10")[:1]
        path = row.path.replace("ID", str(change["revision"]))
        if path != row.path:
            path += f"?project_id={project_id}"
        deletion = {"action": "delete", "kind": "clouds", "id": target["id"]}
        body = {"changes": [deletion]} if row.path == "changes" else {}
        return caller.call(row.method, f"/{path}", body if row.method == "POST" else None)


def id_of(caller: base.Caller, root: base.Caller) -> int:
    """Return the id of the user of a caller."""
    path = f"/users?name={caller.headers['X-Auth-User']}"
    [user] = [u for u in root.items(path) if u["project_id"] == caller.project_id]
    return int(user["id"])


def mark(target: dict[str, t.Any]) -> str:
    """Return the text that identifies an object in a response."""
    return f'"{target.get("ip_address") or target.get("username") or target["name"]}"'
