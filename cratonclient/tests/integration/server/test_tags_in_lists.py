# SPDX-License-Identifier: Apache-2.0
"""Entity tags of the objects in lists, which a header asks for."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.http import response
from cratonclient.tests.integration.server import base
from cratonserver.db import clock
from cratonserver.db.change_log import pruning

WANTED = {response.ROW_TAGS: "true"}
TAG = response.ROW_TAG


class TestTagsInLists(base.ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = self.member()

    def tags(self, user: base.Caller, path: str) -> dict[t.Any, str]:
        """Return the tags of the objects of a page, by their ids."""
        answer = user.get(path, headers=WANTED)
        self.assertAnswer(answer, 200)
        found = base.envelope(path, answer.json)
        groups = found.values() if isinstance(found, dict) else [found]
        return {one["id"]: one[TAG] for group in groups for one in group}

    def own_tag(self, user: base.Caller, path: str) -> str:
        """Return the tag of one object, without inherited variables."""
        tag = user.get(path).headers["etag"]
        return f"{tag.rstrip(chr(34)).partition('.')[0]}{chr(34)}"

    def test_they_are_those_of_single_objects(self):
        made = {name: self.root.make(name) for name in base.COLLECTIONS}
        made["user-keys"] = self.root.make("user-keys", user_id=made["users"]["id"])
        made["webhooks"] = self.root.make("webhooks")
        host = made["hosts"]["id"]
        self.root.put(f"/hosts/{host}/variables", {"a": 1})
        self.root.put(f"/hosts/{host}/labels", {"labels": ["l"]})
        self.root.put(f"/clouds/{made['clouds']['id']}", {"note": "x"})
        for collection, one in made.items():
            name = one.get("username", one.get("name"))
            filtered = f"?name={name}" if collection != "network-interfaces" else "?limit=100"
            item_id, path = one["id"], f"/{collection}/{one['id']}"
            for query in ("?limit=100&sort_dir=desc", filtered):
                with self.about(collection + query):
                    tags = self.tags(self.root, f"/{collection}{query}")
                    self.assertEqual(self.own_tag(self.root, path), tags[item_id])
        tags = self.tags(self.root, "/devices?limit=100&sort_dir=desc")
        self.assertEqual(self.own_tag(self.root, f"/hosts/{host}"), tags[host])

    def test_a_new_object_has_its_tag(self):
        for collection in base.COLLECTIONS[1:]:
            with self.about(collection):
                made = self.root.post(f"/{collection}", self.root.needed(collection, {}))
                path = f"/{collection}/{made.json['id']}"
                self.assertEqual(self.own_tag(self.root, path), made.headers["etag"])

    def test_only_a_request_that_asks_for_them_gets_them(self):
        self.user.make("hosts", name="web-1")
        for path in ("/hosts", "/hosts?details=true", "/devices", "/regions?name=x"):
            for headers in ({}, {response.ROW_TAGS: "false"}, {response.ROW_TAGS: ""}):
                self.assertNotIn(TAG, self.user.get(path, headers=headers).text)

    def test_the_tag_of_the_list_differs(self):
        plain = self.user.get("/hosts").headers["etag"]
        known = {"If-None-Match": plain}
        self.assertAnswer(self.user.get("/hosts", headers=known), 304)
        self.assertAnswer(self.user.get("/hosts", headers={**known, **WANTED}), 200)

    def test_they_protect_a_change(self):
        host = self.user.make("hosts")["id"]
        tag = self.tags(self.user, "/hosts?details=true")[host]
        path, condition = f"/hosts/{host}", {"If-Match": tag}
        self.assertAnswer(self.user.put(path, {"note": "a"}, headers=condition), 200)
        self.assertAnswer(self.user.put(path, {"note": "b"}, headers=condition), 412)

    def test_after_changes_were_removed_from_the_history(self):
        hosts = [self.user.make("hosts")["id"] for _ in range(2)]
        self.user.make("clouds")
        pruned = self.user.get("/changes").json["last_revision"]
        for _ in pruning.prune(
            self.store.tables, self.store.read, self.store.write, clock.now()
        ):
            pass
        self.user.put(f"/hosts/{hosts[1]}", {"note": "x"})
        wanted = dict(zip(hosts, (f'"{pruned}"', f'"{pruned + 1}"'), strict=True))
        self.assertEqual(wanted, self.tags(self.user, "/hosts"))
        self.assertEqual(wanted[hosts[0]], self.own_tag(self.user, f"/hosts/{hosts[0]}"))

    def statements(self, path: str) -> int:
        """Return the number of statements that a request for a list executes."""
        seen: list[str] = []

        def count(_connection: t.Any, _cursor: t.Any, statement: str, *_: t.Any) -> None:
            seen.append(statement)

        sa.event.listen(self.store.engine, "before_cursor_execute", count)
        try:
            self.tags(self.user, path)
        finally:
            sa.event.remove(self.store.engine, "before_cursor_execute", count)
        return len(seen)

    def test_the_number_of_queries_does_not_depend_on_the_number_of_objects(self):
        place = self.user.make("regions")
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        self.user.make("hosts", **where)
        before = self.statements("/hosts?details=true")
        for _ in range(5):
            self.user.make("hosts", **where)
        self.assertEqual(before, self.statements("/hosts?details=true"))

    def test_a_project_sees_its_own_numbers_only(self):
        other = self.member()
        for _ in range(5):
            other.make("hosts")
        mine = self.user.make("clouds")["id"]
        self.assertEqual([mine], [*self.tags(self.user, "/clouds")])
        self.assertEqual({}, self.tags(self.user, "/hosts"))
        tag = self.tags(self.user, "/clouds")[mine]
        last = self.user.get("/changes").json["last_revision"]
        self.assertEqual(f'"{last}"', tag)
