# SPDX-License-Identifier: Apache-2.0
"""Replay the log of a fleet: forwards it gives the fleet, backwards nothing."""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa

from cratonclient.tests import base
from cratonserver.db.change_log.sources import Source
from cratonserver.db.store import Store

Key = tuple[str, str, str | None]
State = dict[Key, t.Any]


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


class ReplayTestCase(base.TestCase):
    """Tests that replay the log of a store."""

    store: Store

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
