# SPDX-License-Identifier: Apache-2.0
"""This server responds to the recorded requests as the original server did."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import sqlalchemy as sa

from cratonclient import v1
from cratonclient.tests import base as testcase
from cratonclient.tests.integration.server import base, databases, exchanges
from cratonclient.tests.integration.server.differences import DIFFERENCES
from cratonserver import identity

#: The project of the first user in the recording.
BOOTSTRAP = "00000000-0000-4000-8000-000000000001"

DOCUMENTATION = pathlib.Path(__file__).parents[4] / "doc/source/server/differences.rst"


def body_of(request: dict[str, t.Any]) -> str:
    """Return the body of a recorded request."""
    if "json" in request:
        return json.dumps(request["json"])
    return str(request.get("text", ""))


def documented() -> set[str]:
    """Return the left column of the table of differences."""
    table = DOCUMENTATION.read_text().partition(".. _differences:")[2]
    rows = re.findall(r"^   \* - (.*?)\n     - ", table, re.MULTILINE | re.DOTALL)
    return {" ".join(row.split()) for row in rows}


class TestReasons(testcase.TestCase):
    def test_reasons_are_those_of_the_documentation(self):
        self.assertEqual(set(), set(DIFFERENCES.values()) - documented())


class TestExchanges(base.ServerTestCase):
    """The whole recording, in order: later requests use earlier objects."""

    def setUp(self):
        super().setUp()
        #: Project ids and API keys of this server, and those in the recording.
        self.names: dict[str, str] = {identity.FIRST_PROJECT: BOOTSTRAP}
        self.prepare()

    def prepare(self) -> None:
        """Bring the fleet into the initial state of the recording."""
        tables = self.store.tables.metadata.tables
        with databases.writing(self.store) as connection:
            connection.execute(sa.update(tables["projects"]).values(name="bootstrap"))
            connection.execute(sa.update(tables["users"]).values(username="bootstrap"))
        key = self.root.headers["X-Auth-Token"]
        self.names[key] = "API-KEY-OF-BOOTSTRAP"
        who = base.credentials("bootstrap", key, identity.FIRST_PROJECT)
        self.owner = base.Caller(self.root.application, who)

    def test_answers_are_the_same_but_for_the_differences(self):
        unexplained, found = [], set()
        for exchange in exchanges.read():
            if exchange.name == "cells.page1":
                self.make_unrecorded_cells(exchange)
            wanted, seen = exchanges.recorded(exchange), self.replay(exchange)
            if wanted == seen:
                continue
            found.add(exchange.name)
            if exchange.name not in DIFFERENCES:
                unexplained.append(f"{exchange.name}: {wanted}\n      but {seen}")
        self.assertEqual("", "\n".join(unexplained))
        self.assertEqual(set(DIFFERENCES), found, "an exchange has a reason but no difference")

    def make_unrecorded_cells(self, exchange: exchanges.Exchange) -> None:
        """Create the cells that the last exchanges list page by page."""
        who = {f"X-Auth-{n.title()}": self.ours(v) for n, v in exchange.request["who"].items()}
        bob = base.Caller(self.root.application, who)
        tables = self.store.tables.metadata.tables
        self.set_next_id(tables["regions"], 2)
        self.set_next_id(tables["cells"], 2)
        region = bob.make("regions", cloud_id=1, name="region2")["id"]
        for number in range(12):
            bob.make("cells", cloud_id=1, region_id=region, name=f"p{number:02}")

    def replay(self, exchange: exchanges.Exchange) -> exchanges.Seen:
        """Repeat a recorded request, with the ids and keys of this server."""
        request, status = exchange.request, exchange.answer["status"]
        if request["method"] == "POST" and status == 201:
            self.set_next_id(self.table(exchange), exchange.answer["json"]["id"])
        path = self.ours(request["path"]).removeprefix("/v1")
        who = {f"X-Auth-{n.title()}": self.ours(v) for n, v in request.get("who", {}).items()}
        caller = base.Caller(self.root.application, who)
        before = caller.get(path) if request["method"] == "PUT" else None
        answer = caller.call(
            request["method"],
            path,
            text=self.ours(body_of(request)),
            content_type=request.get("type", base.JSON),
        )
        if status == answer.status == 201:
            self.learn(exchange.answer["json"], answer.json)
        elif status >= 400 > answer.status:
            self.undo(exchange, path, answer, before)
        theirs = answer._replace(
            text=self.theirs(answer.text),
            headers={name: self.theirs(value) for name, value in answer.headers.items()},
        )
        return exchanges.answered(exchange, theirs)

    def set_next_id(self, of: sa.Table, wanted: int | str) -> None:
        """Set the id of the next row to its id in the recording.

        The original server skipped ids where this server does not, and vice versa.
        """
        if isinstance(wanted, str):
            return
        table = of.name
        with databases.writing(self.store) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {wanted}, false)"
                )
            else:
                connection.exec_driver_sql(
                    f"DELETE FROM sqlite_sequence WHERE name = '{table}'"  # noqa: S608
                )
                connection.exec_driver_sql(
                    f"INSERT INTO sqlite_sequence VALUES ('{table}', {wanted - 1})"  # noqa: S608
                )

    def learn(self, recorded: dict[str, t.Any], made: dict[str, t.Any]) -> None:
        """Store the recorded id and API key of a new project or user."""
        if isinstance(recorded["id"], str):
            self.names[made["id"]] = recorded["id"]
        if "api_key" in recorded:
            self.names[made["api_key"]] = recorded["api_key"]

    def undo(
        self, exchange: exchanges.Exchange, path: str, answer: base.Answer, before: t.Any
    ) -> None:
        """Undo a write that the original server refused."""
        if "location" in answer.headers:
            path = answer.headers["location"].removeprefix(base.BASE)
            self.assertAnswer(self.owner.delete(path), 204)
        elif before is not None:
            old = {
                name: before.json[name] for name in (*exchange.request["json"], "updated_at")
            }
            table = self.table(exchange)
            with databases.writing(self.store) as connection:
                mine = table.c.id == before.json["id"]
                connection.execute(sa.update(table).where(mine).values(old))

    def table(self, exchange: exchanges.Exchange) -> sa.Table:
        """Return the table with the objects of a request."""
        collection = exchange.request["path"].split("/")[2].replace("-", "_")
        return self.store.tables.table(v1.kind(collection))

    def ours(self, text: str) -> str:
        """Replace ids and keys of the recording with those of this server."""
        for ours, theirs in self.names.items():
            text = text.replace(theirs, ours)
            text = text.replace(theirs.replace("-", ""), ours.replace("-", ""))
        return text

    def theirs(self, text: str) -> str:
        """Replace ids and keys of this server with those of the recording."""
        for ours, theirs in self.names.items():
            text = text.replace(ours, theirs)
        return text
