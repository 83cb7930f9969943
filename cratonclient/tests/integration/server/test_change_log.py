# SPDX-License-Identifier: Apache-2.0
"""The log of all changes: replayed, it gives the fleet; replayed backwards, nothing."""

from __future__ import annotations

import random
import threading
import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases, replays
from cratonserver.db.tables import DERIVED

NAMES = ("a", "b", "deep", "ünï", 'q"uote', "")
VALUES: tuple[t.Any, ...] = (
    1,
    None,
    "x",
    "",
    {"k": [1, {"z": None}]},
    [],
    10**30,
    1.5,
    True,
    "'\\\n",
)


class TestReplay(replays.ReplayTestCase, base.ServerTestCase):
    def test_random_work(self):
        draw = random.Random(7)
        users = [self.root, self.member(), self.member()]
        projects = [user.project_id for user in users[1:]]
        made: list[tuple[base.Caller, str, dict[str, t.Any]]] = []
        for _ in range(150):
            who = draw.choice(users)
            work = draw.choice((self.create, self.create, *(self.change,) * 4, self.delete))
            work(draw, who, made)
            if draw.random() < 0.1:
                self.limit(draw, f"/quotas/{draw.choice(projects)}")
        self.assertReplays()
        self.assertRevisions()

    def create(self, draw: random.Random, who: base.Caller, made: list[t.Any]) -> None:
        collection = draw.choice(base.INVENTORY)
        more: dict[str, t.Any] = {}
        if collection in ("hosts", "regions"):
            more["variables"] = {n: draw.choice(VALUES) for n in draw.sample(NAMES[:3], 2)}
        if collection == "hosts":
            more["labels"] = draw.sample(("l1", "l2", "ünï"), 2)
        made.append((who, collection, who.make(collection, **more)))

    def change(self, draw: random.Random, who: base.Caller, made: list[t.Any]) -> None:
        if not made:
            return
        owner, collection, item = draw.choice(made)
        caller = draw.choice((owner, owner, self.root, who))
        path = f"/{collection}/{item['id']}"
        match draw.randrange(6):
            case 0:
                caller.put(path, {"name": base.unique("renamed")})
            case 1:
                caller.put(path, {"note": draw.choice(("x", None, "ü"))})
            case 2 | 3:
                values = {n: draw.choice(VALUES) for n in draw.sample(NAMES, 2)}
                caller.put(f"{path}/variables", values)
            case 4:
                caller.delete(f"{path}/variables", draw.sample(NAMES, 3))
            case 5:
                method = draw.choice((caller.put, caller.delete))
                method(f"{path}/labels", {"labels": draw.sample(("l1", "l2", "l3"), 2)})

    def limit(self, draw: random.Random, path: str) -> None:
        """Change the quotas of a project, or reset them."""
        if draw.random() < 0.3:
            self.root.delete(path)
        else:
            names = draw.sample(("hosts", "clouds", "labels_per_object"), 2)
            self.root.put(path, {name: draw.randrange(100, 103) for name in names})

    def delete(self, draw: random.Random, who: base.Caller, made: list[t.Any]) -> None:
        if made:
            owner, collection, item = draw.choice(made)
            draw.choice((owner, self.root, who)).delete(f"/{collection}/{item['id']}")

    def assertRevisions(self) -> None:
        """Each project counts its changes from 1, without gaps, in the order of the ids."""
        changes = self.store.tables.log.changes
        with self.store.read() as connection:
            found = [*connection.execute(sa.select(changes).order_by(changes.c.id))]
        counted: dict[str, int] = {}
        for change in found:
            counted[change.project_id] = counted.get(change.project_id, 0) + 1
            self.assertEqual(counted[change.project_id], change.revision)
        self.assertGreater(len(counted), 2)

    def test_undone_changes_leave_what_was_before(self):
        draw = random.Random(9)
        user = self.member(role="admin")
        made: list[t.Any] = []
        undone = 0
        for _ in range(250):
            before = self.state()
            work = draw.choice(
                (self.create, self.change, self.change, self.change, self.delete)
            )
            first = self.last(user)
            work(draw, user, made)
            last = self.last(user)
            after = self.state()
            if last == first or draw.random() < 0.3:
                continue
            undone += 1
            for number in range(last, first, -1):
                self.assertAnswer(user.post(f"/changes/{number}/undo"), 200)
            self.assertEqual(before, self.state())
            if last == first + 1:
                self.assertAnswer(user.post(f"/changes/{last + 1}/undo"), 200)
                self.assertEqual(after, self.state())
            if draw.random() < 0.5:
                self.assertReplays()
        self.assertGreater(undone, 40)
        self.assertIndexed()

    def last(self, user: base.Caller) -> int:
        """Return the last revision of the project of a user."""
        answer = user.get("/changes")
        return int(answer.json["changes"][0]["revision"])

    def assertIndexed(self) -> None:
        """Check the index of variables: it is what it would be if it was written again."""
        tables = self.store.tables
        with self.store.write() as connection:
            for kind in dict.fromkeys(map(tables.root, tables.kinds)):
                if "variables" not in tables.parts(kind):
                    continue
                keys = tables.variable_keys(kind)
                found = {*connection.execute(sa.select(keys))}
                keys.info[DERIVED](connection, tables)
                self.assertEqual({*connection.execute(sa.select(keys))}, found)

    def test_a_write_outside_of_a_change_is_refused(self):
        regions = self.store.tables.metadata.tables["regions"]
        self.make = self.root.make("regions")
        with self.assertRaises(sa.exc.DBAPIError), self.store.write() as connection:
            connection.execute(sa.update(regions).values(name="other"))


class TestOrder(base.ServerTestCase):
    """Revisions become visible in their order, whoever commits first."""

    def test_a_transaction_that_is_held_open(self):
        user, other = self.member(), self.member()
        cloud, far = user.make("clouds")["id"], other.make("clouds")["id"]
        last = self.revisions(user)[-1]
        clouds = self.store.tables.metadata.tables["clouds"]
        answers: list[int] = []

        def write(note: str) -> None:
            answers.append(user.put(f"/clouds/{cloud}", {"note": note}).status)

        with databases.writing(self.store, user.project_id) as connection:
            own = sa.update(clouds).where(clouds.c.id == cloud)
            connection.execute(own.values(name=base.unique("held")))
            others = [threading.Thread(target=write, args=(str(n),)) for n in range(3)]
            for thread in others:
                thread.start()
            if databases.SERVER:  # SQLite has one writer
                self.assertAnswer(other.put(f"/clouds/{far}", {"note": "x"}), 200)
            for _ in range(20):
                self.assertEqual(last, self.revisions(user)[-1])
            self.assertEqual([], answers)
        seen = self.revisions(user)
        for thread in others:
            thread.join()
        self.assertIn(last + 1, seen)
        found = self.revisions(user)
        self.assertEqual(seen, found[: len(seen)])
        self.assertEqual([*range(last + 1, last + 5)], found[-4:])
        self.assertEqual([200] * 3, answers)

    def revisions(self, user: base.Caller) -> list[int]:
        """Return the revisions of a project, the oldest first."""
        return [one["revision"] for one in user.items("/changes?sort_dir=asc&limit=100")]
