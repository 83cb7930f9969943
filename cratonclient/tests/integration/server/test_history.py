# SPDX-License-Identifier: Apache-2.0
"""``/v1/changes``: lists of changes, and what is left after old ones were removed."""

from __future__ import annotations

import contextlib
import io
import threading
import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases
from cratonserver import cli, composition
from cratonserver.config.settings import History, Settings
from cratonserver.db import clock
from cratonserver.db.change_log import pruning
from cratonserver.serving import retention


class HistoryTestCase(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()

    def revisions(self, query: str = "") -> list[int]:
        """Return the revisions of one page."""
        return [one["revision"] for one in self.user.items(f"/changes{query}")]

    def last(self) -> int:
        """Return the last revision."""
        return t.cast("int", self.user.get("/changes").json["last_revision"])


class TestLists(HistoryTestCase):
    def test_filters(self):
        cloud = self.user.make("clouds")["id"]
        host = self.user.make("hosts")["id"]
        begin = self.last()
        self.user.put(
            f"/clouds/{cloud}", {"note": "x"}, headers={"X-Craton-Reason": "a%20b%25"}
        )
        self.user.put(f"/hosts/{host}/variables", {"a": 1})
        self.root.put(f"/hosts/{host}/labels", {"labels": ["l"]})
        time = self.user.get(f"/changes/{begin + 2}").json["created_at"]
        for query, wanted in (
            (f"?after={begin}", [1, 2, 3]),
            (f"?kind=clouds&id={cloud}&after={begin}", [1]),
            (f"?kind=hosts&after={begin}", [2, 3]),
            (f"?kind=hosts&id={host}&after={begin}", [2, 3]),
            ("?kind=networks", []),
            (f"?username=root&after={begin}", [3]),
            ("?reason=b%25", [1]),
            ("?reason=A", []),
            (f"?since={time}", [3, 2]),
            (f"?until={time}&after={begin}", [1, 2]),
            ("?sort_dir=asc&limit=10&marker=" + str(begin), [1, 2, 3]),
            (f"?sort_dir=asc&after={begin}", [1, 2, 3]),
        ):
            with self.about(query):
                self.assertEqual([begin + n for n in wanted], self.revisions(query))

    def test_a_revision_that_does_not_exist_yet(self):
        for more in ("", "&wait=30"):
            answer = self.user.get(f"/changes?after={self.last() + 1}{more}")
            self.assertAnswer(answer, 400)
            self.assertIn(f"after: the last revision is {self.last()}", answer.text)
            self.assertAnswer(self.user.get(f"/changes?after={self.last()}"), 200)

    def test_pages(self):
        first = self.last() + 1  # the changes of the project and its users are for admins
        for _ in range(25):
            self.user.make("clouds")
        for order in ("asc", "desc"):
            found, query = list[int](), f"?limit=10&sort_dir={order}"
            while page := self.user.get(f"/changes{query}").json:
                found += [one["revision"] for one in page["changes"]]
                links = {link["rel"]: link["href"] for link in page["links"]}
                if "next" not in links:
                    break
                query = "?" + links["next"].partition("?")[2]
            self.assertEqual(sorted(found, reverse=order == "desc"), found)
            self.assertEqual({*range(first, self.last() + 1)}, {*found})

    def test_what_is_not_valid(self):
        for query, named in (
            ("?id=1", "kind"),
            ("?kind=hosts&id=x", "Not Found"),
            ("?wait=1", "after"),
            ("?after=1&marker=1", "after"),
            ("?after=1&sort_dir=desc", "after: changes after a revision come the oldest first"),
            ("?after=1&wait=1&sort_dir=desc", "without sort_dir=desc"),
            ("?since=yesterday", "since"),
            ("?limit=0", "limit"),
            ("?kind=apples", "kind"),
        ):
            with self.about(query):
                answer = self.user.get(f"/changes{query}")
                self.assertIn(answer.status, (400, 404))
                self.assertIn(named, answer.text)


class TestSight(HistoryTestCase):
    """Members see no changes of users, their keys and projects. Admins do."""

    def test_users_and_keys(self):
        admin = self.member(self.user.project_id, is_admin=True)
        before = {*self.revisions()}
        admin.make("users")
        [user] = admin.items("/users?limit=10")[-1:]
        admin.make("user-keys", user_id=user["id"])
        self.root.put(f"/projects/{admin.project_id}", {"name": base.unique("renamed")})
        self.assertEqual(before, {*self.revisions()})
        for number in range(1, self.last() + 1):
            if number not in before:
                self.assertAnswer(self.user.get(f"/changes/{number}"), 404)
                self.assertAnswer(admin.get(f"/changes/{number}"), 200)
                self.assertAnswer(self.user.post(f"/changes/{number}/undo"), 404)
        for kind in ("users", "user_keys", "projects"):
            self.assertAnswer(self.user.get(f"/changes?kind={kind}"), 403)
        digests = "key_digest"
        with self.store.read() as connection:
            rows = connection.execute(sa.select(self.store.tables.log.rows)).all()
        self.assertNotIn(digests, str(rows))


class TestPruning(HistoryTestCase):
    def prune(self, before: str) -> int:
        """Remove old changes, and return their number."""
        store = self.store
        return sum(n for _, n in pruning.prune(store.tables, store.read, store.write, before))

    def test_the_history_begins_later(self):
        cloud = self.user.make("clouds")["id"]
        self.user.put(f"/clouds/{cloud}", {"note": "x"})
        old = self.last()
        before = clock.now()
        self.user.put(f"/clouds/{cloud}", {"note": "y"})

        self.assertLessEqual(old, self.prune(before))
        self.assertEqual(0, self.prune(before))
        self.assertEqual([old + 1], self.revisions())
        self.assertAnswer(self.user.get(f"/changes/{old}"), 410)
        self.assertAnswer(self.user.post(f"/changes/{old}/undo"), 410)
        self.assertAnswer(self.user.get(f"/changes?after={old - 1}"), 410)
        self.assertEqual([old + 1], self.revisions(f"?after={old}"))
        self.assertAnswer(self.user.get(f"/changes/{old + 2}"), 404)
        self.assertAnswer(self.user.post(f"/changes/{old + 1}/undo"), 200)
        self.assertEqual("x", self.user.get(f"/clouds/{cloud}").json["note"])

    def test_rows_of_other_projects_and_times_stay(self):
        other = self.member()
        other.make("clouds")
        before = clock.now()
        mine, theirs = self.last(), other.get("/changes").json["last_revision"]
        other.make("clouds")
        self.prune(before)
        self.assertEqual(mine, self.last())  # the number goes on
        self.user.make("clouds")
        self.assertEqual([mine + 1], self.revisions())
        found = other.items("/changes")
        self.assertEqual([theirs + 1], [one["revision"] for one in found])
        rows, changes = self.store.tables.log.rows.c, self.store.tables.log.changes.c
        with self.store.read() as connection:
            lost = sa.select(rows.seq).where(rows.change_id.not_in(sa.select(changes.id)))
            self.assertEqual([], connection.execute(lost).all())

    def test_tags_of_what_was_changed_before_are_not_repeated(self):
        cloud = self.user.make("clouds")["id"]
        path = f"/clouds/{cloud}"
        tags = [self.user.get(path).headers["etag"]]
        for note in ("a", "b"):
            self.user.put(path, {"note": note})
            self.user.make("regions")  # so that the next pruning ends later
            self.prune(clock.now())
            tags.append(self.user.get(path).headers["etag"])
        self.assertEqual(3, len({*tags}), str(tags))
        for tag, status in ((tags[0], 412), (tags[1], 412), (tags[2], 200)):
            answer = self.user.put(path, {"note": tag}, headers={"If-Match": tag})
            self.assertAnswer(answer, status)


class TestRetention(base.ServerTestCase):
    """Changes are removed by a command, and by a running server."""

    def test_the_command(self):
        url = self.store.engine.url.render_as_string(hide_password=False)
        user = self.member()
        user.make("clouds")
        with self.store.write() as connection:
            changes = self.store.tables.log.changes
            own = changes.c.project_id == user.project_id
            connection.execute(sa.update(changes).where(own).values(created_at="2026-01-01"))
        words = ("history", "prune", "--database", url.replace("+psycopg", ""))
        for more, wanted in ((("--history-days", "1"), 0), (("--history-days", "0"), 2)):
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                self.assertEqual(wanted, cli.main([*words, *more]))
            self.assertEqual(not wanted, user.project_id in out.getvalue())
            self.assertEqual(bool(wanted), "--history-days" in err.getvalue())
        self.assertEqual([], user.items("/changes"))

    def test_a_server_removes_them(self):
        self.patch(retention, "_DELAY", 0)
        done = threading.Event()

        def prune(_store: t.Any, _days: int) -> t.Iterator[tuple[str, int]]:
            done.set()
            return iter(())

        self.patch(retention, "prune", prune)
        store = composition.store_at(databases.new(self.addCleanup))
        store.open()
        composition.application_of(store, Settings(history=History(history_days=7)))
        self.assertTrue(done.wait(10))
        store.close()
        self.assertNotIn("retention", [thread.name for thread in threading.enumerate()])
