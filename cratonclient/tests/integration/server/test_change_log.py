# SPDX-License-Identifier: Apache-2.0
"""The log of all changes: replayed, it gives the fleet; replayed backwards, nothing."""

from __future__ import annotations

import json
import random
import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base
from cratonserver.db.change_log.sources import Source
from cratonserver.db.tables import DERIVED

Key = tuple[str, str, str | None]
State = dict[Key, t.Any]

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


def stored(connection: sa.Connection, source: Source) -> State:
    """Return the rows of a table as the log has them."""
    if source.member is None:
        columns = ", ".join(f'"{name}"' for name in source.columns)
        rows = connection.execute(sa.text(f"SELECT {columns} FROM {source.name}")).mappings()  # noqa: S608
        return {
            (source.kind or row["kind"], str(row["id"]), None): {
                name: value for name, value in row.items() if value is not None
            }
            for row in rows
        }
    value = source.value or "''"
    query = f"SELECT {source.owner}, {source.member}, {value} FROM {source.name}"  # noqa: S608
    found = connection.execute(sa.text(query))
    return {(source.name, str(owner), member): str(value) for owner, member, value in found}


class TestReplay(base.ServerTestCase):
    def state(self) -> State:
        """Return the fleet, without what the log does not have."""
        found: State = {}
        with self.store.read() as connection:
            for source in self.store.tables.logged():
                found |= stored(connection, source)
        return found

    def log(self) -> list[t.Any]:
        rows = self.store.tables.log.rows
        with self.store.read() as connection:
            return [*connection.execute(sa.select(rows).order_by(rows.c.change_id, rows.c.seq))]

    def apply(self, state: State, row: t.Any, before: str | None, after: str | None) -> None:
        """Apply a row of the log, and check that it fits the state before it."""
        key = row.source, row.owner, row.member
        if row.member is not None:
            self.assertEqual(before, state.pop(key, None), str(key))
            if after is not None:
                state[key] = after
            return
        old, new = (None if text is None else json.loads(text) for text in (before, after))
        if old is None:
            self.assertNotIn(key, state)
            state[key] = new
        elif new is None:
            self.assertEqual(old, state.pop(key))
        else:
            changed = {*old, *new}
            kept = state[key]
            self.assertEqual(old, {n: v for n, v in kept.items() if n in changed}, str(key))
            state[key] = {n: v for n, v in kept.items() if n not in changed} | new

    def assertReplays(self) -> None:
        state: State = {}
        rows = self.log()
        for row in rows:
            self.apply(state, row, row.before, row.after)
        self.assertEqual(self.state(), state)
        for row in reversed(rows):
            self.apply(state, row, row.after, row.before)
        self.assertEqual({}, state)

    def test_random_work(self):
        draw = random.Random(7)
        users = [self.root, self.member(), self.member()]
        made: list[tuple[base.Caller, str, dict[str, t.Any]]] = []
        for _ in range(150):
            who = draw.choice(users)
            work = draw.choice((self.create, self.create, *(self.change,) * 4, self.delete))
            work(draw, who, made)
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
