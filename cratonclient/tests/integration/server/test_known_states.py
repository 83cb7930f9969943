# SPDX-License-Identifier: Apache-2.0
"""A client that has the present state of an object of any kind gets 304, others the object."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonclient.tests.integration.server import base

OTHER_VALUES: dict[str, t.Any] = {"position": 0, "last_status": 500, "failures": 3}
OTHER_TEXT = "2027-01-31T12:00:00.000000"


class TestKnownStates(base.ServerTestCase):
    def made(self) -> t.Iterator[tuple[Kind, dict[str, t.Any]]]:
        """Create an object of each kind whose objects can be shown."""
        for kind in self.store.tables.kinds:
            if kind.can("get") and kind.can("create"):
                yield kind, self.root.make(kind.path)

    def known(self, path: str, tag: str) -> base.Answer:
        return self.root.get(path, headers={"If-None-Match": tag})

    def test_the_present_state_is_not_sent_again(self):
        seen = set()
        for kind, made in self.made():
            seen.add(kind.path)
            path = f"/{kind.path}/{made['id']}"
            for one in (path, *(f"{path}/{part}" for part in kind.parts)):
                with self.about(one):
                    tag = self.root.get(one).headers["etag"]
                    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
                        again = self.known(one, given)
                        self.assertEqual((304, ""), (again.status, again.text), given)
                        self.assertEqual(tag, again.headers["etag"])
                    self.assertAnswer(self.known(one, '"other"'), 200)
        self.assertLessEqual({"hosts", "projects", "users", "user-keys", "webhooks"}, seen)

    def test_what_the_server_notes_changes_the_tags(self):
        """Some values change without a revision of the log."""
        noted = []
        for kind, made in self.made():
            storage, table = self.store.tables.storage(kind), self.store.tables.table(kind)
            for name in sorted(storage.unlogged & kind.fields.keys()):
                noted.append(f"{kind.path}.{name}")
                for path in (f"/{kind.path}/{made['id']}", f"/{kind.path}"):
                    with self.about(f"{name} {path}"):
                        tag = self.root.get(path).headers["etag"]
                        self.assertAnswer(self.known(path, tag), 304)
                        value = OTHER_VALUES.get(name, OTHER_TEXT)
                        self.note(table, made["id"], {name: value})
                        self.assertAnswer(self.known(path, tag), 200)
                        self.note(table, made["id"], {name: made[name]})
        self.assertLessEqual({"user-keys.last_used_at", "webhooks.failures"}, {*noted})

    def note(self, table: sa.Table, item_id: t.Any, values: dict[str, t.Any]) -> None:
        with self.store.write() as connection:
            connection.execute(sa.update(table).where(table.c.id == item_id).values(values))

    def test_what_the_server_notes_does_not_prevent_a_change(self):
        made = self.root.make("webhooks")
        path, table = f"/webhooks/{made['id']}", self.store.tables.metadata.tables["webhooks"]
        tag = self.root.get(path).headers["etag"]
        self.note(table, made["id"], {"failures": 7})
        condition = {"If-Match": tag}
        self.assertAnswer(self.root.put(path, {"active": False}, headers=condition), 200)
        self.assertAnswer(self.root.put(path, {"active": True}, headers=condition), 412)
