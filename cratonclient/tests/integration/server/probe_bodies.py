# SPDX-License-Identifier: Apache-2.0
"""Bodies of change sets and lookups about what another project has."""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base, described
from cratonclient.tests.integration.server.probe_values import Filling
from cratonclient.tests.integration.server.worlds import Things

Body = dict[str, t.Any]


def lookups(
    document: described.Document, operation: described.Operation, theirs: Things
) -> t.Iterator[Body]:
    """Generate lookups of an object of each kind.

    :param document: the OpenAPI document.
    :param operation: the operation.
    :param theirs: what the other project has.
    """
    for kind in document.body(operation)["properties"]["kind"]["enum"]:
        one = theirs.objects[kind.replace("_", "-")]
        for variables in ("own", "resolved"):
            yield {
                "kind": kind,
                "variables": variables,
                "ids": [one["id"]],
                "names": [one["name"]],
            }
        yield {"kind": kind, "ids": [one["id"]]}
        yield {"kind": kind, "names": [one["name"]]}


class ChangeSets:
    """Change sets about what another project has.

    :param document: the OpenAPI document.
    :param ours: what the own project has.
    :param theirs: what the other project has.
    """

    def __init__(self, document: described.Document, ours: Things, theirs: Things) -> None:
        self._document = document
        self._ours = ours
        self._theirs = theirs

    def all(self, operation: described.Operation) -> t.Iterator[Body]:
        """Generate the change sets, for each kind.

        :param operation: the operation that posts them.
        """
        one = self._document.body(operation)["properties"]["changes"]["items"]
        for kind in one["properties"]["kind"]["enum"]:
            for changes in (*self._changes(kind), *self._creations(kind), *self._moves(kind)):
                yield {"changes": changes}
        first = {"action": "update", "kind": "clouds", "id": self._id("clouds"), "values": {}}
        yield {"changes": [first], "reason": "curious"}
        yield {"changes": [first], "dry_run": True}

    def _changes(self, kind: str) -> t.Iterator[list[Body]]:
        """Generate changes of an object of the other project, alone and beside an own one."""
        named = {"kind": kind, "id": self._id(kind)}
        update = {"action": "update", **named, "values": {"name": "x"}}
        own = {**update, "id": self._ours.objects[kind.replace("_", "-")]["id"]}
        delete = {"action": "delete", **named}
        yield from ([update], [delete], [update, own], [own, update], [own, delete])
        for revision in (0, self._theirs.values["revision"], 2**40):
            since = {"unchanged_since": revision}
            yield from (
                [{**update, **since}],
                [{**delete, **since}],
                [own, {**update, **since}],
            )
        names = self._document.members(self._operation("POST", kind))
        parts = {"variables": {"set": {"a": 1}, "unset": ["their-secret"]}}
        parts |= {"labels": {"add": ["a"], "remove": ["their-label"]}}
        for part in parts.keys() & names:
            yield [{"action": "update", **named, part: parts[part]}]

    def _creations(self, kind: str) -> t.Iterator[list[Body]]:
        """Generate new objects, one and two, with each reference to the other project."""
        names = self._document.members(self._operation("POST", kind))
        own, theirs = (
            Filling(things, kind.replace("_", "-")).members(names)
            for things in (self._ours, self._theirs)
        )
        for name in sorted(name for name in names if name.endswith("_id")):
            values = [{**own, "name": base.unique("new"), name: theirs[name]} for _ in "ab"]
            made = [{"action": "create", "kind": kind, "values": each} for each in values]
            yield from (made[:1], made)

    def _moves(self, kind: str) -> t.Iterator[list[Body]]:
        """Generate changes of references of an own object."""
        collection = kind.replace("_", "-")
        names = self._document.members(self._operation("PUT", kind, "/{id}"))
        theirs = Filling(self._theirs, collection).members(names)
        named = {"kind": kind, "id": self._ours.objects[collection]["id"]}
        for name in sorted(name for name in names if name.endswith("_id")):
            yield [{"action": "update", **named, "values": {name: theirs[name]}}]

    def _id(self, kind: str) -> t.Any:
        return self._theirs.objects[kind.replace("_", "-")]["id"]

    def _operation(self, method: str, kind: str, end: str = "") -> described.Operation:
        path = f"/v1/{kind.replace('_', '-')}{end}"
        found = self._document.operations()
        return next(one for one in found if (one.method, one.path) == (method, path))
