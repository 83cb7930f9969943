# SPDX-License-Identifier: Apache-2.0
"""Build a change set: changes that are made together."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import typing as t

from cratonclient import change_arguments as arguments
from cratonclient import entity_tags, exceptions, keywords
from cratonclient.change_records import Outcome
from cratonclient.kinds import kind_of
from cratonclient.resource import IfMatch, Resource


class Poster(t.Protocol):
    """A manager of changes: a :class:`cratonclient.changes.ChangeManager`."""

    def class_of(self, collection: str, /) -> t.Any:
        """Return the class of the objects of a collection.

        :raises LookupError: if there is no such collection.
        """

    def post(self, body: dict[str, t.Any]) -> tuple[Outcome, dict[str, t.Any]]:
        """Post a change set, and return its outcome and the ids of new objects by position."""


@dataclasses.dataclass(frozen=True)
class Created:
    """An object that a change set creates. Other changes of the set can refer to it.

    :param position: position of the change in the set.
    :param id: id of the object, once the change set was posted.
    """

    position: int
    kind: str
    _ids: dict[int, t.Any]

    @property
    def id(self) -> int | str | None:
        """The id of the object, ``None`` before the change set was posted."""
        return self._ids.get(self.position)


class ChangeSet:
    """Changes that are made together: all of them, or none.

    Use it in a ``with`` block. It is posted when the block ends without an exception.

    :param manager: manager that posts it.
    :param reason: why the changes are made.
    :param unchanged_since: revision after which nobody may have changed the objects.
    """

    def __init__(
        self, manager: Poster, reason: str | None, unchanged_since: int | None = None
    ) -> None:
        self._manager = manager
        self._reason = reason
        self._since = unchanged_since
        #: The objects whose first change has the revision.
        self._known: set[tuple[str, t.Any]] = set()
        self._changes: list[dict[str, t.Any]] = []
        #: By position, the object that a change builds on, and how to read its present state.
        self._states: dict[int, tuple[Resource | None, t.Callable[[], Resource]]] = {}
        self._ids: dict[int, t.Any] = {}
        #: The revision of the change, once the change set was posted.
        self.revision: int | None = None

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_failure: object) -> None:
        if kind is None:
            self.post()

    def __len__(self) -> int:
        return len(self._changes)

    def create(self, kind: str, **values: t.Any) -> Created:
        """Create an object.

        :param kind: collection of the object, such as ``hosts``.
        :param values: values of its fields, and ``variables`` and ``labels``. A reference may
            be an object, also one that this change set creates: ``region=east`` is
            ``region_id=east.id``.
        :returns: a reference to the object.
        """
        arguments.text("kind", kind)
        self._changes.append(
            {"action": "create", "kind": kind, "values": self._plain(kind, values)}
        )
        return Created(len(self._changes) - 1, kind, self._ids)

    def update(self, item: t.Any, *, if_match: IfMatch = None, **values: t.Any) -> None:
        """Change fields of an object.

        :param item: the object, or the reference that :meth:`create` returned.
        :param if_match: refuse the change set if somebody has changed the object since:
            ``True`` since ``item`` was read, or an entity tag. All methods that change an
            object have it.
        :param values: values of fields, with references as for :meth:`create`.

        >>> changes.update(craton.hosts.get(12), if_match=True, note='in repair')
        """
        kind = _target(item)["kind"]
        self._add(item, if_match, values=self._plain(kind, values))

    def set_variables(
        self,
        item: t.Any,
        values: t.Mapping[str, t.Any],
        *,
        part: str = "variables",
        if_match: IfMatch = None,
    ) -> None:
        """Set variables of an object, and keep the others.

        :param item: the object.
        :param values: values by name.
        :param part: name of the part of the object that has the variables.
        :param if_match: as for :meth:`update`.
        """
        self._add_part(item, if_match, part, dict, {"set": arguments.mapping("values", values)})

    def delete_variables(
        self, item: t.Any, *names: str, part: str = "variables", if_match: IfMatch = None
    ) -> None:
        """Delete variables of an object.

        :param item: the object.
        :param names: names of the variables.
        :param part: as for :meth:`set_variables`.
        :param if_match: as for :meth:`update`.
        """
        self._add_part(item, if_match, part, dict, {"unset": arguments.texts("names", names)})

    def add_labels(
        self, item: t.Any, *labels: str, part: str = "labels", if_match: IfMatch = None
    ) -> None:
        """Add labels to an object.

        :param part: name of the part of the object that has the labels.
        :param if_match: as for :meth:`update`.
        """
        self._add_part(item, if_match, part, list, {"add": arguments.texts("labels", labels)})

    def remove_labels(
        self, item: t.Any, *labels: str, part: str = "labels", if_match: IfMatch = None
    ) -> None:
        """Remove labels from an object.

        :param part: name of the part of the object that has the labels.
        :param if_match: as for :meth:`update`.
        """
        self._add_part(
            item, if_match, part, list, {"remove": arguments.texts("labels", labels)}
        )

    def delete(self, item: t.Any, *, if_match: IfMatch = None) -> None:
        """Delete an object, and everything that it owns.

        :param if_match: as for :meth:`update`.
        """
        self._append("delete", item, if_match)

    def preview(self) -> Outcome:
        """Return what posting the change set would do. This changes nothing.

        :raises cratonclient.exceptions.HTTPError: as :meth:`post`.
        :raises cratonclient.exceptions.PreconditionFailed: as :meth:`post`.
        """
        return self._post(dry_run=True)[0]

    def post(self) -> Outcome:
        """Make the changes. An empty change set does nothing.

        :raises cratonclient.exceptions.HTTPError: if the server refuses a change. Nothing is
            changed then, and the error names all refused changes.
        :raises cratonclient.exceptions.PreconditionFailed: if all of these are refused because
            somebody has changed their objects. It has both states of each object.
        """
        if not self._changes:
            return Outcome(None)
        outcome, created = self._post()
        self._ids.update({int(position): item_id for position, item_id in created.items()})
        self.revision = outcome.revision
        return outcome

    def _post(self, **more: t.Any) -> tuple[Outcome, dict[str, t.Any]]:
        try:
            return self._manager.post(self._body(**more))
        except exceptions.PreconditionFailed as exc:
            exc.changed = tuple(
                exceptions.ChangedMeanwhile(*self._states[one.position], one)
                for one in exc.refused
                if one.status == exc.status_code and one.position in self._states
            )
            raise

    def _body(self, **more: t.Any) -> dict[str, t.Any]:
        reason = {} if self._reason is None else {"reason": self._reason}
        return {**reason, **more, "changes": self._changes}

    def _plain(self, kind: str, values: dict[str, t.Any]) -> dict[str, t.Any]:
        cls = None
        with contextlib.suppress(LookupError):  # the server refuses an unknown collection
            cls = self._manager.class_of(kind)
        return _plain(cls, values)

    def _add(self, item: t.Any, if_match: IfMatch, **changes: t.Any) -> None:
        self._append("update", item, if_match, **changes)

    def _add_part(
        self, item: t.Any, if_match: IfMatch, part: str, type: type, changes: t.Any
    ) -> None:
        """Add a change of a part of an object.

        :param type: type of the part: ``dict`` or ``list``.
        """
        arguments.text("part", part)
        _target(item)
        if not isinstance(item, Created):
            arguments.one_of("part", part, _parts(item, type))
        self._add(item, if_match, **{part: changes})

    def _append(self, action: str, item: t.Any, if_match: IfMatch, **changes: t.Any) -> None:
        change = {"action": action, **_target(item), **changes}
        since, built_on = self._since, item
        if if_match is not None and if_match is not False:
            built_on = item if if_match is True else if_match
            since = entity_tags.revision_of(built_on)
        # A second change of an object would find the revision of the first one.
        key = (change["kind"], str(change["id"]))
        if since is not None and key not in self._known:
            self._known.add(key)
            if not isinstance(item, Created):
                change["unchanged_since"] = since
                read = functools.partial(item.manager.get, item.id)
                self._states[len(self._changes)] = entity_tags.state_of(built_on), read
        self._changes.append(change)


def _plain(cls: t.Any, values: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return values of fields with ids in place of objects.

    :param cls: class of the object that has the fields, ``None`` if it is not known.
    """
    values = values if cls is None else keywords.with_ids(cls, values)
    return {
        name: {"created": value.position} if isinstance(value, Created) else value
        for name, value in values.items()
    }


def _parts(item: t.Any, type: type) -> list[str]:
    """Return the names of the parts of an object that are mappings, or lists.

    :param type: ``dict`` or ``list``.
    """
    kind = kind_of(item.manager.__class__)
    found = [name for name, part in kind.parts.items() if part.type is type]
    variables = type is dict and kind.has_variables and "variables" not in found
    return [*found, *(["variables"] if variables else [])]


def _target(item: t.Any) -> dict[str, t.Any]:
    """Return the object of a change.

    :raises cratonclient.exceptions.CommandError: if it is no object.
    """
    if isinstance(item, Created):
        return {"kind": item.kind, "id": {"created": item.position}}
    manager: t.Any = getattr(item, "manager", None)
    if not hasattr(manager, "items_key"):
        raise exceptions.CommandError(f"{item!r} is not an object of this library.")
    return {"kind": manager.items_key(), "id": item.id}
