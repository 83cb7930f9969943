# SPDX-License-Identifier: Apache-2.0
"""Writes: the statements and the round trips of each, and very long lists."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import typing as t
import unittest

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonclient.tests.integration.server import base, databases

#: The maximum of statements and of round trips for one request, including authentication.
#: BEGIN and COMMIT are round trips on PostgreSQL, and a transaction reads its revision.
LIMIT = 6
#: SQLite has no round trips, and takes two more statements for the log.
STATEMENTS = LIMIT if databases.SERVER else LIMIT + 2
#: More than a statement can have parameters, and a number for what takes longer.
MANY, SOME = 70_000, 5_000


class Write(t.NamedTuple):
    """A request that writes.

    :param name: method and target, for messages.
    :param caller: user who may send it.
    :param prepare: function that creates what the request needs, and returns the arguments
        of :meth:`.base.Caller.call`.
    """

    name: str
    caller: base.Caller
    prepare: t.Callable[[], tuple[t.Any, ...]]


class Counter:
    """Counts what requests send to the database.

    :param engine: engine of the server.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def statements(self, write: Write) -> list[str]:
        """Send a request and return its statements, without BEGIN and COMMIT."""
        request = write.prepare()
        seen: list[str] = []

        def note(*args: t.Any) -> None:
            seen.append(args[2])

        sa.event.listen(self._engine, "before_cursor_execute", note)
        try:
            answer = write.caller.call(*request)
        finally:
            sa.event.remove(self._engine, "before_cursor_execute", note)
        assert answer.status < 300, answer.text
        return [one for one in seen if not one.startswith("BEGIN")]

    def round_trips(self, write: Write) -> int:
        """Send a request and return how often the server waited for PostgreSQL."""
        request = write.prepare()
        with tempfile.TemporaryFile("w+") as trace:
            with self._traced(trace.fileno()):
                answer = write.caller.call(*request)
            trace.seek(0)
            sides = [line.split("\t")[-3] for line in trace if line.count("\t") >= 2]
        assert answer.status < 300, answer.text
        return sum(pair == ("F", "B") for pair in itertools.pairwise(sides))

    @contextlib.contextmanager
    def _traced(self, file: int) -> t.Iterator[None]:
        """Write all messages of the connections in the pool to a file."""
        connections = []

        def note(connection: t.Any, *_: t.Any) -> None:
            connection.pgconn.trace(file)
            connections.append(connection)

        sa.event.listen(self._engine, "checkout", note)
        try:
            yield
        finally:
            sa.event.remove(self._engine, "checkout", note)
            for connection in connections:
                connection.pgconn.untrace()


class WritesTestCase(base.ServerTestCase):
    """Tests with an object of each kind, and requests that write."""

    def setUp(self):
        super().setUp()
        self.user = self.member(is_admin=True)
        host = self.user.make("hosts")
        self.place = {key: host[key] for key in ("cloud_id", "region_id")}
        self.place["cell_id"] = self.user.make("cells", **self.place)["id"]
        self.parent = host["id"]

    def writes(self) -> t.Iterator[Write]:
        """Generate a request for each kind, method and part."""
        for collection in base.COLLECTIONS:
            yield from self._of_kind(collection)
        made = self.user.make("users")["id"]
        yield Write("POST key of a user", self.user, lambda: ("POST", f"/users/{made}/key", {}))

    def _of_kind(self, collection: str) -> t.Iterator[Write]:
        kind, caller = self.kind(collection), self.caller(collection)

        def path() -> str:
            return f"/{collection}/{caller.make(collection, **self.fields(collection))['id']}"

        def change() -> dict[str, t.Any]:
            return {"name": base.unique("x")} if "name" in kind.fields else {"is_admin": True}

        yield Write(
            f"POST {collection}",
            caller,
            lambda: ("POST", f"/{collection}", self.body(collection)),
        )
        if kind.can("update"):
            yield Write(f"PUT {collection}", caller, lambda: ("PUT", path(), change()))
        if "parent_id" in kind.fields:
            parent = {"parent_id": self.parent}
            yield Write(f"PUT parent of {collection}", caller, lambda: ("PUT", path(), parent))
        for part, field in kind.parts.items():
            yield from self._of_part(collection, part, field.type is list, path)
        yield Write(f"DELETE {collection}", caller, lambda: ("DELETE", path()))

    def _of_part(
        self, collection: str, part: str, is_list: bool, owner: t.Callable[[], str]
    ) -> t.Iterator[Write]:
        caller, names = self.caller(collection), ["a", "b"]
        values: t.Any = {part: names} if is_list else {"a": 1, "b": {"c": 2}}

        def filled() -> str:
            path = f"{owner()}/{part}"
            self.assertAnswer(caller.put(path, values), 200)
            return path

        title = f"{part} of {collection}"
        yield Write(f"PUT {title}", caller, lambda: ("PUT", f"{owner()}/{part}", values))
        others: t.Any = {part: ["c"]} if is_list else {"a": [1], "b": {"c": 3}}
        yield Write(f"PUT other {title}", caller, lambda: ("PUT", filled(), others))
        going = values if is_list else names
        yield Write(f"DELETE {title}", caller, lambda: ("DELETE", filled(), going))

    def kind(self, collection: str) -> Kind:
        """Return the kind of a collection."""
        return self.store.tables.kind(collection.replace("-", "_"))

    def caller(self, collection: str) -> base.Caller:
        """Return a user who may change the objects of a collection."""
        return self.root if collection == "projects" else self.user

    def fields(self, collection: str) -> dict[str, t.Any]:
        """Return values for all references that an object of a collection can have."""
        known = self.kind(collection).fields
        return {name: value for name, value in self.place.items() if name in known}

    def body(self, collection: str) -> dict[str, t.Any]:
        """Return the body of a POST with all references and parts."""
        kind = self.kind(collection)
        body = self.caller(collection).needed(collection, self.fields(collection))
        if "parent_id" in kind.fields:
            body["parent_id"] = self.parent
        if kind.has_variables:
            body["variables"] = {"a": 1, "b": {"c": 2}}
        if "labels" in kind.parts and kind.parts["labels"].create:
            body["labels"] = ["a", "b"]
        return body


class TestCosts(WritesTestCase):
    """A write takes a fixed number of statements and round trips."""

    def setUp(self):
        super().setUp()
        self.counter = Counter(self.store.engine)

    def more(self, write: Write) -> int:
        """Return 2 for root: whose the object is, is read before and after it is locked."""
        return 2 * (write.caller is self.root)

    def test_statements_of_each_request(self):
        for write in self.writes():
            found = self.counter.statements(write)
            with self.about(write.name):
                most = STATEMENTS + self.more(write)
                self.assertLessEqual(len(found), most, "\n".join(found))

    @unittest.skipUnless(databases.SERVER, "is about PostgreSQL")
    def test_round_trips_of_each_request(self):
        for write in self.writes():
            # What arrives early may be read early, so the least of a few is the number.
            found = min(self.counter.round_trips(write) for _ in range(3))
            with self.about(write.name):
                self.assertLessEqual(found, LIMIT + self.more(write))

    def test_references_are_checked_in_one_statement(self):
        create = Write("", self.user, lambda: ("POST", "/hosts", self.body("hosts")))
        found = self.counter.statements(create)
        checks = [one for one in found if "UNION ALL" in one]
        self.assertEqual(1, len(checks), "\n".join(found))
        for table in ("projects", "clouds", "regions", "cells", "devices"):
            self.assertIn(f"FROM {table} ", checks[0].replace("\n", " "))


@unittest.skipUnless(databases.SERVER, "is about PostgreSQL")
class TestVersions(WritesTestCase):
    """Parts are written without a lock, but only if nobody changed the owner meanwhile."""

    def answer_after(self, method: str, path: str, body: t.Any, *others: t.Any) -> t.Any:
        """Send a request, and others as soon as it has read the part. Return its answer."""
        ahead = list(others)
        part = f"FROM device_{path.rpartition('/')[2]} "

        def note(*args: t.Any) -> None:
            statement = args[2].replace("\n", " ")
            reads = statement.startswith(("SELECT", "WITH total"))
            if part in statement and reads and ahead:
                self.assertLess(self.user.call(*ahead.pop()).status, 300)

        sa.event.listen(self.store.engine, "after_cursor_execute", note)
        try:
            answer = self.user.call(method, path, body)
        finally:
            sa.event.remove(self.store.engine, "after_cursor_execute", note)
        self.assertEqual([], ahead)
        return answer

    def test_values_of_another_writer_stay(self):
        path = f"/hosts/{self.parent}/variables"
        self.user.put(path, {"a": 1, "b": 1})
        other = ("PUT", path, {"a": 2, "c": 2})
        answer = self.answer_after("PUT", path, {"a": 1, "b": 3}, other)
        self.assertEqual({"a": 1, "b": 3, "c": 2}, answer.json["variables"])
        self.assertEqual({"a": 1, "b": 3, "c": 2}, self.user.get(path).json["variables"])

    def test_labels_of_another_writer_stay(self):
        path = f"/hosts/{self.parent}/labels"
        other = ("PUT", path, {"labels": ["b", "c"]})
        answer = self.answer_after("PUT", path, {"labels": ["a", "b"]}, other)
        self.assertEqual(["a", "b", "c"], answer.json["labels"])

    def test_an_owner_that_goes_is_not_found(self):
        host = self.user.make("hosts", **self.place)["id"]
        path, other = f"/hosts/{host}/variables", ("DELETE", f"/hosts/{host}")
        self.assertAnswer(self.answer_after("PUT", path, {"a": 1}, other), 404)


class TestLongLists(WritesTestCase):
    """Names and labels are one parameter, so a database does not limit their number."""

    def test_many_names(self):
        names = [f"n{number}" for number in range(MANY)]
        for collection in ("projects", "hosts"):
            caller = self.caller(collection)
            made = caller.make(collection, **self.fields(collection))
            path = f"/{collection}/{made['id']}/variables"
            caller.put(path, {"kept": 1, "n7": 2})
            with self.about(collection):
                self.assertAnswer(caller.delete(path, names), 204)
                self.assertEqual({"kept": 1}, caller.get(path).json["variables"])

    def test_many_labels(self):
        path = f"/hosts/{self.parent}/labels"
        self.assertAnswer(self.user.put(path, {"labels": ["kept", "l7"]}), 200)
        labels = [f"l{number}" for number in range(MANY)]
        self.assertAnswer(self.user.delete(path, {"labels": labels}), 204)
        self.assertEqual(["kept"], self.user.get(path).json["labels"])

    def test_some_values(self):
        path = f"/hosts/{self.parent}/variables"
        values = {f"n{number}": number for number in range(SOME)}
        found = self.user.put(path, values)
        self.assertAnswer(found, 200)
        self.assertEqual(values, found.json["variables"])
        self.assertEqual(values, self.user.put(path, {"n5": 5}).json["variables"])
        self.assertAnswer(self.user.delete(path, list(values)), 204)
        self.assertEqual({}, self.user.get(path).json["variables"])

    def test_a_new_host_with_some(self):
        body = self.body("hosts")
        body["variables"] = {f"n{number}": number for number in range(SOME)}
        body["labels"] = [f"l{number}" for number in range(SOME)]
        made = self.user.post("/hosts", body)
        self.assertAnswer(made, 201)
        path = f"/hosts/{made.json['id']}"
        self.assertEqual(body["variables"], self.user.get(path).json["variables"])
        self.assertEqual(sorted(body["labels"]), self.user.get(f"{path}/labels").json["labels"])

    def test_an_emptied_value_is_not_found_any_more(self):
        path = f"/hosts/{self.parent}"
        empties: tuple[t.Any, ...] = ({}, [])
        for empty in empties:
            self.user.put(f"{path}/variables", {"a": {"x": 1}})
            self.assertEqual(1, len(self.user.items("/hosts?vars=a.x:1")))
            self.assertAnswer(self.user.put(f"{path}/variables", {"a": empty}), 200)
            self.assertEqual([], self.user.items("/hosts?vars=a.x:1"))

    def test_a_longer_name_is_another_name(self):
        path = f"/hosts/{self.parent}/variables"
        name, label = "n" * 255, "l" * 255
        self.assertAnswer(self.user.put(path, {name: 1}), 200)
        self.assertAnswer(self.user.delete(path, [f"{name}x"]), 204)
        self.assertEqual({name: 1}, self.user.get(path).json["variables"])
        path = f"/hosts/{self.parent}/labels"
        self.assertAnswer(self.user.put(path, {"labels": [label]}), 200)
        self.assertEqual([label], self.user.get(path).json["labels"])

    def test_texts_arrive_as_they_were_sent(self):
        texts = [
            '"',
            "\\",
            "\\u0000",
            "{}",
            "a,b",
            "NULL",
            "null",
            "ä\u2028\U0001f600",
            "'",
            "1",
        ]
        path = f"/hosts/{self.parent}"
        self.assertAnswer(self.user.put(f"{path}/variables", {one: one for one in texts}), 200)
        self.assertAnswer(self.user.put(f"{path}/labels", {"labels": texts}), 200)
        body = {**self.body("hosts"), "variables": {one: one for one in texts}, "labels": texts}
        for host in (self.parent, self.user.make("hosts", **body)["id"]):
            path = f"/hosts/{host}"
            self.assertEqual({one: one for one in texts}, self.user.get(path).json["variables"])
            self.assertEqual(sorted(texts), self.user.get(f"{path}/labels").json["labels"])
            self.assertAnswer(self.user.delete(f"{path}/variables", texts), 204)
            self.assertAnswer(self.user.delete(f"{path}/labels", {"labels": texts}), 204)
            self.assertEqual({}, self.user.get(path).json["variables"])
            self.assertEqual([], self.user.get(f"{path}/labels").json["labels"])
