# SPDX-License-Identifier: Apache-2.0
"""Parse the body of a request that posts a change set.

For example::

    {
        "reason": "rack r7 moves to cell 3",
        "changes": [
            {"action": "create", "kind": "cells",
             "values": {"name": "c3", "cloud_id": 1, "region_id": 1}},
            {"action": "update", "kind": "hosts", "id": 12, "unchanged_since": 41,
             "values": {"cell_id": {"created": 0}},
             "variables": {"set": {"switch": {"port": 7}}, "unset": ["old"]},
             "labels": {"add": ["moved"]}},
            {"action": "delete", "kind": "hosts", "id": 13}
        ]
    }

``{"created": 0}`` stands for the object that the first change creates.
"""

from __future__ import annotations

import typing as t

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api import request_bodies
from cratonserver.api.refusals import Refusal
from cratonserver.api.schema_validation import Validator
from cratonserver.db import ids
from cratonserver.db.change_items import Created, Item
from cratonserver.openapi import change_schemas, json_schemas

_VARIABLES = Validator(json_schemas.VARIABLES)
_NAMES = Validator(json_schemas.VARIABLE_NAMES)


class Body(t.NamedTuple):
    """A change set.

    :param items: its changes.
    :param reason: why they are made.
    :param dry_run: change nothing.
    :param refused: changes that are not valid.
    """

    items: list[Item]
    reason: str | None
    dry_run: bool
    refused: list[Refusal]


def parse(kinds: t.Mapping[str, Kind], body: t.Any) -> Body:
    """Check the body of a request.

    :param kinds: the kinds whose objects can be changed, by collection.
    :raises cratonserver.errors.Refused: with status 400, if it is not a change set. Single
        changes that are not valid are returned.
    """
    Validator(change_schemas.envelope()).check(body)
    check = Validator(change_schemas.item(kinds))
    items, refused = [], []
    for position, one in enumerate(body["changes"]):
        try:
            check.check(one)
            items.append(_item(position, kinds[one["kind"]], one, body["changes"]))
        except errors.Refused as exc:
            refused.append(Refusal.of_given(position, one, exc))
    reason = body.get("reason", "")
    return Body(items, reason if reason.strip() else None, body.get("dry_run", False), refused)


def _item(position: int, kind: Kind, given: t.Any, changes: t.Sequence[t.Any]) -> Item:
    """Return one change.

    :raises cratonserver.errors.Refused: with status 400 or 404.
    """
    action: t.Literal["create", "update", "delete"] = given["action"]
    if not kind.can(action) and not (action == "update" and kind.parts):
        raise errors.Refused(400, f"A change set cannot {action} {kind.collection}.")
    if action == "create":
        _check_members(given, ("values",))
        return Item(
            position, action, kind, values=_values(position, kind, given, changes, True)
        )
    if "id" not in given:
        raise errors.invalid(["'id' is a required property"])
    item_id = _target(position, kind, given["id"], changes)
    since = given.get("unchanged_since")
    if action == "delete":
        _check_members(given, ("id", "unchanged_since"))
        return Item(position, action, kind, item_id, unchanged_since=since)
    set_parts: dict[str, t.Any] = {}
    unset_parts: dict[str, t.Any] = {}
    parts = {**kind.parts, **({"variables": None} if kind.has_variables else {})}
    for name in given.keys() - {"action", "kind", "id", "values", "unchanged_since"}:
        if name not in parts:
            raise errors.invalid([f"{name!r} is no part of {kind.collection}"])
        _add_part(kind, name, given[name], set_parts, unset_parts)
    values = _values(position, kind, given, changes, False) if "values" in given else {}
    return Item(position, action, kind, item_id, values, set_parts, unset_parts, since)


def _check_members(given: t.Any, known: t.Collection[str]) -> None:
    """Refuse a change with members that its action does not have.

    :raises cratonserver.errors.Refused: with status 400.
    """
    action, problems = given["action"], []
    for name in sorted(given.keys() - {"action", "kind", *known}):
        problem = f"{name}: the action {action!r} has no such member"
        if action == "create":
            problem += "; the server assigns it" if name == "id" else "; add it to 'values'"
        problems.append(problem)
    if problems:
        raise errors.invalid(problems)


def _values(
    position: int, kind: Kind, given: t.Any, changes: t.Sequence[t.Any], is_new: bool
) -> dict[str, t.Any]:
    """Return the values of fields, with references to objects that are created."""
    values = dict(given.get("values", {}))
    created = {}
    for name, value in values.items():
        field: t.Any = kind.fields.get(name)
        if isinstance(value, dict) and value.keys() == {"created"} and hasattr(field, "target"):
            target = value["created"]
            created[name] = _created(position, target, changes)
            values[name] = 1 if field.type is int else str(target)
    check = request_bodies.for_create if is_new else request_bodies.for_update
    return {**check(kind, values), **created}


def _target(position: int, kind: Kind, given: t.Any, changes: t.Sequence[t.Any]) -> t.Any:
    if isinstance(given, dict):
        return _created(position, given["created"], changes)
    found = ids.parse(kind, str(given))
    if found == ids.NO_ID:  # a number that no object has
        raise errors.not_found()
    return found


def _created(position: int, target: int, changes: t.Sequence[t.Any]) -> Created:
    """Return the reference to an object that an earlier change creates.

    :raises cratonserver.errors.Refused: with status 400.
    """
    earlier = changes[target] if 0 <= target < position else None
    if isinstance(earlier, dict) and earlier.get("action") == "create":
        return Created(target)
    raise errors.invalid([f"created: no earlier change {target!r} creates an object"])


def _add_part(
    kind: Kind,
    name: str,
    given: t.Any,
    set_parts: dict[str, t.Any],
    unset_parts: dict[str, t.Any],
) -> None:
    """Add the changes of a part.

    :raises cratonserver.errors.Refused: with status 400.
    """
    is_list = name in kind.parts and kind.parts[name].type is not dict
    adds, removes = ("add", "remove") if is_list else ("set", "unset")
    unknown = sorted({*given} - {adds, removes})
    if unknown:
        raise errors.invalid([f"{name}: {unknown[0]!r} is unknown, use {adds} or {removes}"])
    if adds in given:
        if is_list:
            field = kind.parts[name]
            set_parts[name] = request_bodies.strings(field, {name: given[adds]})
        else:
            _VARIABLES.check(given[adds])
            set_parts[name] = given[adds]
    if removes in given:
        _NAMES.check(given[removes])
        unset_parts[name] = given[removes]
