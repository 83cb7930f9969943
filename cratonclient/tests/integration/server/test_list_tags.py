# SPDX-License-Identifier: Apache-2.0
"""Entity tags of lists: a client that polls gets 304 until something changes."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base


class TestListTags(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.project = self.root.make("projects")["id"]
        self.admin = self.member(self.project, is_admin=True)

    def lists(self) -> list[str]:
        """Return the paths of the lists of all kinds."""
        return [f"/{kind.path}" for kind in self.store.tables.kinds if kind.can("list")]

    def poll(self, path: str, tag: str, who: base.Caller | None = None) -> base.Answer:
        return (who or self.admin).get(path, headers={"If-None-Match": tag})

    def test_a_list_is_sent_again_after_a_change(self):
        paths = self.lists()
        self.assertIn("/hosts", paths)
        for path, who in [(path, self.root) for path in paths] + [("/hosts", self.admin)]:
            with self.about(path):
                tag = who.get(path).headers["etag"]
                for given in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
                    again = self.poll(path, given, who)
                    self.assertEqual((304, ""), (again.status, again.text), given)
                    self.assertEqual(tag, again.headers["etag"])
                self.admin.make("clouds")
                again = self.poll(path, tag, who)
                self.assertAnswer(again, 200)
                self.assertNotEqual(tag, again.headers["etag"])

    def test_nothing_new_costs_no_more_than_the_credentials(self):
        tag = self.admin.get("/hosts").headers["etag"]
        statements: list[str] = []

        def note(_connection: t.Any, _cursor: t.Any, statement: str, *_: t.Any) -> None:
            statements.append(statement)

        sa.event.listen(self.store.engine, "before_cursor_execute", note)
        self.addCleanup(sa.event.remove, self.store.engine, "before_cursor_execute", note)
        self.assertEqual(304, self.poll("/hosts", tag).status)
        self.assertEqual(["user_keys"], [s.split("FROM ")[-1].split()[0] for s in statements])

    def test_the_tag_of_one_list_is_not_that_of_another(self):
        tag = self.admin.get("/hosts").headers["etag"]
        for path in ("/hosts?limit=10", "/hosts?details=true", "/regions", "/devices"):
            self.assertAnswer(self.poll(path, tag), 200)

    def test_the_tag_of_one_user_is_not_that_of_another(self):
        tag = self.admin.get("/hosts").headers["etag"]
        for who in (self.member(), self.member(self.project), self.root):
            self.assertAnswer(self.poll("/hosts", tag, who), 200)

    def test_invalid_parameters_are_refused(self):
        tag = self.admin.get("/hosts").headers["etag"]
        for given in (tag, "*", '"x"', "x", ""):
            self.assertAnswer(self.poll("/hosts?limit=x", given), 400)

    def test_lists_that_a_user_may_not_see(self):
        member, tag = self.member(self.project), self.admin.get("/users").headers["etag"]
        wanted = member.get("/users").status
        self.assertEqual(wanted, self.poll("/users", tag, member).status)
