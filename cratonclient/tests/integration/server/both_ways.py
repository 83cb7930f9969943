# SPDX-License-Identifier: Apache-2.0
"""Apply change sets both ways: many objects at once, and one by one."""

from __future__ import annotations

import json
import types
import typing as t
from unittest import mock

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, replays
from cratonserver.api import posting
from cratonserver.db import change_sets
from cratonserver.db.change_log import reading


class BothWaysTestCase(replays.ReplayTestCase, base.ServerTestCase):
    """Change sets are applied both ways to the same fleet, rolled back, and compared."""

    #: The function that writes many objects at once: its module, and its name.
    writer: t.ClassVar[tuple[types.ModuleType, str]]
    #: How often it has succeeded.
    at_once = 0

    def assert_same(self, who: base.Caller, body: dict[str, t.Any]) -> bool:
        """Apply a change set both ways, and then for good. Return False if it is refused."""
        with self.store.read() as connection:
            self.before = {
                name: self.rows(connection, name) for name in self.store.tables.metadata.tables
            }
        module, name = self.writer
        write = getattr(module, name)
        at_once = 0

        def counting(*args: t.Any) -> None:
            nonlocal at_once
            write(*args)
            at_once += 1

        with mock.patch.object(module, name, counting):
            found = self.applied(who, body)
        with mock.patch.object(change_sets, "_MANY", 10**9):
            wanted = self.applied(who, body)
        for name in wanted.keys() | found.keys():
            self.assertEqual(wanted.get(name), found.get(name), name)
        answer = who.post("/changes", body)
        self.assertEqual(found["status"], answer.status, answer.text)
        self.at_once += at_once
        return answer.status == 200

    def applied(self, who: base.Caller, body: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the fleet and the log after a change set, or its refusal; roll it back."""

        def look(_self: t.Any, transaction: t.Any, _applying: t.Any) -> t.NoReturn:
            seen.append(self.seen(transaction))
            raise posting.RolledBack({"revision": None, "created": {}})

        seen: list[dict[str, t.Any]] = []
        with mock.patch.object(posting.Posting, "_result", look):
            answer = who.post("/changes", body)
        if answer.status == 200:
            return {"status": 200, **seen[-1]}
        return {"status": answer.status, "errors": answer.json["errors"]}

    def rows(self, connection: sa.Connection, name: str) -> list[dict[str, t.Any]]:
        """Return the rows of a table."""
        query = sa.select(self.store.tables.metadata.tables[name])
        found = [dict(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=repr)

    def seen(self, transaction: t.Any) -> dict[str, t.Any]:
        """Return the fleet and the log in a transaction."""
        tables, connection = self.store.tables, transaction.connection
        state: dict[str, t.Any] = {}
        for name, table in tables.metadata.tables.items():
            if table not in (
                tables.log.changes,
                tables.log.rows,
                tables.log.revisions,
                tables.quota_counts,
            ):
                state[name] = self.rows(connection, name)
                for row in state[name]:
                    if "updated_at" in row:
                        row["updated_at"] = row in self.before[name]
        entry = transaction.entry
        if entry is None:
            return {**state, "log": None}
        log = tables.log.rows
        columns = log.c.source, log.c.owner, log.c.member, log.c.before, log.c.after
        rows = connection.execute(sa.select(*columns).where(log.c.change_id == entry[0])).all()
        objects = [*reading.objects(connection, tables, entry[0])]
        for one in objects:
            for values in filter(None, (one["before"], one["after"])):
                values["labels"] = sorted(values.get("labels", ()))
        return {
            **state,
            "log": sorted(map(repr, (row for row in rows if row.member is not None))),
            "objects": sorted({(row.source, row.owner) for row in rows if row.member is None}),
            "shown": sorted(json.dumps(one, sort_keys=True) for one in objects),
        }
