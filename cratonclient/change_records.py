# SPDX-License-Identifier: Apache-2.0
"""The data of changes, as the server returns them."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class ChangedObject:
    """An object of a change, before and after it.

    :param kind: collection of the object, such as ``hosts``.
    :param id: id of the object.
    :param name: name of the object, ``None`` if it is not known any more.
    :param action: ``created``, ``updated`` or ``deleted``.
    :param before: the values before the change, ``None`` for a new object. An update has only
        the values that changed, and of the labels those that were removed.
    :param after: the values after the change, ``None`` for a deleted object. An update
        has only the values that changed, and of the labels those that were added.
    """

    kind: str
    id: int | str
    name: str | None
    action: str
    before: dict[str, t.Any] | None
    after: dict[str, t.Any] | None


@dataclasses.dataclass(frozen=True)
class Change:
    """A change of a project.

    :param revision: its number in the project, from 1.
    :param project_id: id of the project.
    :param created_at: time of the change in UTC.
    :param username: name of the user.
    :param role: role of the user, such as ``member``.
    :param user_id: id of the user, ``None`` for users of Keystone and the server itself.
    :param key_name: name of the API key.
    :param address: address of the client.
    :param request_id: id of the request in the log of the server.
    :param reason: why the user made the change.
    :param undoes: revision of the change that it undoes.
    :param undone_by: revision of the last change that undoes it, for a single change;
        ``None`` in lists.
    :param counts: number of objects by kind and action, such as
        ``{'hosts': {'created': 2}}``; empty for a single change.
    :param objects: the objects of a single change; empty in lists.
    """

    revision: int
    project_id: str
    created_at: str
    username: str
    role: str
    user_id: int | None = None
    key_name: str | None = None
    address: str | None = None
    request_id: str | None = None
    reason: str | None = None
    undoes: int | None = None
    counts: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    objects: tuple[ChangedObject, ...] = ()
    undone_by: int | None = None


class Batch(t.NamedTuple):
    """The next changes of a project.

    :param changes: the changes, the oldest first.
    :param after: the revision to continue after.
    """

    changes: t.Sequence[Change]
    after: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The result of posting a change set, or of undoing a change, also of a dry run.

    :param revision: revision of the new change, ``None`` if nothing was to do.
    :param objects: the objects, for a dry run and for undoing.
    :param missing: the first 100 objects that undoing leaves out, because they do not exist any
        more: dictionaries with ``kind``, ``id`` and ``name``.
    """

    revision: int | None
    objects: tuple[ChangedObject, ...] = ()
    missing: tuple[dict[str, t.Any], ...] = ()


@dataclasses.dataclass(frozen=True)
class Found:
    """Objects that were looked up.

    :param objects: the objects as lists show them, as dictionaries.
    :param revisions: revision of each of their projects, from before they were read.
    """

    objects: list[dict[str, t.Any]]
    revisions: dict[str, int]


def change_of(row: dict[str, t.Any]) -> Change:
    """Return a change of a response. Fields that are not known are ignored."""
    names = {field.name for field in dataclasses.fields(Change)} - {"objects"}
    values = {name: value for name, value in row.items() if name in names}
    return Change(**values, objects=_objects(row))


def outcome_of(found: dict[str, t.Any]) -> Outcome:
    """Return the outcome of a posted change set, from the response."""
    missing = tuple(found.get("missing") or ())
    return Outcome(found.get("revision"), _objects(found), missing)


def _objects(found: dict[str, t.Any]) -> tuple[ChangedObject, ...]:
    return tuple(ChangedObject(**row) for row in found.get("objects") or [])
