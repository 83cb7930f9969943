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
        ):
            with self.about(query):
                self.assertEqual([begin + n for n in wanted], self.revisions(query))

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


class TestUndo(HistoryTestCase):
    """Undoing changes, and what prevents it."""

    def undo(self, revision: int, status: int = 200, **options: t.Any) -> t.Any:
        """Undo a change, and return the body of the response."""
        answer = self.user.post(f"/changes/{revision}/undo", options)
        self.assertAnswer(answer, status)
        return answer.json

    def seen(self, *paths: str) -> list[t.Any]:
        """Return what is at paths, without the times of the last change."""
        found = [self.user.get(path).json for path in paths]
        for one in found:
            for item in (one, *one.get("hosts", ())):
                item.pop("updated_at", None)
        return found

    def test_a_region_with_everything_in_it(self):
        place = self.user.make("regions", variables={"a": 1})
        where = {"region_id": place["id"], "cloud_id": place["cloud_id"]}
        host = self.user.make("hosts", **where, variables={"b": {"c": 2}}, labels=["x"])
        child = self.user.make("hosts", **where, parent_id=host["id"])
        paths = (
            f"/regions/{place['id']}",
            f"/hosts/{child['id']}",
            f"/hosts/{host['id']}/variables",
            f"/hosts/{host['id']}/labels",
            "/hosts?vars=b.c:2",
        )
        before = self.seen(*paths)
        self.assertAnswer(self.user.delete(f"/regions/{place['id']}"), 204)
        deletion = self.last()
        self.assertEqual(3, len(self.user.get(f"/changes/{deletion}").json["objects"]))

        undone = self.undo(deletion)
        self.assertEqual(deletion, undone["undoes"])
        self.assertEqual(before, self.seen(*paths))
        self.undo(undone["revision"])
        self.assertAnswer(self.user.get(paths[0]), 404)

    def test_what_moved_on_is_named(self):
        cloud = self.user.make("clouds")["id"]
        path = f"/clouds/{cloud}"
        self.user.put(path, {"note": "a"})
        first = self.last()
        self.user.put(f"{path}/variables", {"b": 1})
        self.assertIn(f"cloud {cloud}", self.undo(first, 409)["message"])
        self.assertEqual("a", self.user.get(path).json["note"])
        self.undo(first, force=True)
        found = self.user.get(path).json
        self.assertEqual((None, {"b": 1}), (found["note"], found["variables"]))

    def test_what_was_created_inside_since_is_kept(self):
        cloud = self.user.make("clouds")["id"]
        creation = self.last()
        region = self.user.make("regions", cloud_id=cloud)["id"]
        self.assertIn(f"region {region}", self.undo(creation, 409)["message"])
        self.assertAnswer(self.user.get(f"/regions/{region}"), 200)

    def test_a_name_that_is_taken(self):
        cloud = self.user.make("clouds", name="mine")["id"]
        self.user.delete(f"/clouds/{cloud}")
        deletion = self.last()
        self.user.make("clouds", name="mine")
        self.undo(deletion, 409)

    def test_a_dry_run(self):
        cloud = self.user.make("clouds")["id"]
        last = self.last()
        shown = self.undo(last, dry_run=True)
        self.assertEqual(["deleted"], [one["action"] for one in shown["objects"]])
        self.assertEqual(last, self.last())
        self.assertAnswer(self.user.get(f"/clouds/{cloud}"), 200)

    def test_quotas_hold(self):
        cloud = self.user.make("clouds", variables={"a": "x" * 100})["id"]
        self.user.delete(f"/clouds/{cloud}")
        deletion = self.last()
        for quota, status in (({"clouds": 0}, 403), ({"variables_bytes": 50}, 413)):
            self.root.put(f"/quotas/{self.user.project_id}", quota)
            self.undo(deletion, status)
            self.root.delete(f"/quotas/{self.user.project_id}")
        self.undo(deletion)


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
