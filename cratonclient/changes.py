# SPDX-License-Identifier: Apache-2.0
"""Change sets: read the history of a project, follow it, undo changes, and make many at once.

::

    with craton.changes.new(reason='rack r7 is replaced') as changes:
        for host in craton.hosts.list(vars={'rack': 'r7'}):
            changes.update(host, note='replaced')
            changes.set_variables(host, {'rack': 'r8'})
        changes.delete(craton.hosts.get(12))
    print(changes.revision)                 # posted at the end of the block

    craton.changes.undo(changes.revision)
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from cratonclient import exceptions, keywords
from cratonclient.http.response import body_of

if t.TYPE_CHECKING:
    from cratonclient.session import Session

#: The number of changes that are read at once.
_PAGE = 100
#: The number of names and ids that are looked up at once, without and with variables.
_LOOKED_UP, _WITH_VARIABLES = 5000, 500
#: The seconds that one request waits for a change.
_WAIT = 30
#: The seconds between two requests if the server cannot wait.
_INTERVAL = 0.5
#: The seconds that a response may take, in addition to the time that it waits.
_TIMEOUT = 60


@dataclasses.dataclass(frozen=True)
class ChangedObject:
    """An object of a change, before and after it.

    :param kind: collection of the object, such as ``hosts``.
    :param id: id of the object.
    :param name: name of the object, ``None`` if it is not known any more.
    :param action: ``created``, ``updated`` or ``deleted``.
    :param before: the values before the change, ``None`` for a new object. An update has the
        values that changed only.
    :param after: the values after the change, ``None`` for a deleted object.
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
    """

    revision: int | None
    objects: tuple[ChangedObject, ...] = ()


@dataclasses.dataclass(frozen=True)
class Found:
    """Objects that were looked up.

    :param objects: the objects as lists show them, as dictionaries.
    :param revisions: revision of each of their projects, from before they were read.
    """

    objects: list[dict[str, t.Any]]
    revisions: dict[str, int]


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
        self, manager: ChangeManager, reason: str | None, unchanged_since: int | None = None
    ) -> None:
        self._manager = manager
        self._reason = reason
        self._since = unchanged_since
        #: The objects whose first change has the revision.
        self._known: set[tuple[str, t.Any]] = set()
        self._changes: list[dict[str, t.Any]] = []
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
        self._changes.append(
            {"action": "create", "kind": kind, "values": self._plain(kind, values)}
        )
        return Created(len(self._changes) - 1, kind, self._ids)

    def update(self, item: t.Any, **values: t.Any) -> None:
        """Change fields of an object.

        :param item: the object, or the reference that :meth:`create` returned.
        :param values: values of fields, with references as for :meth:`create`.
        """
        kind = _target(item)["kind"]
        self._add(item, values=self._plain(kind, values))

    def set_variables(self, item: t.Any, values: t.Mapping[str, t.Any]) -> None:
        """Set variables of an object, and keep the others.

        :param item: the object.
        :param values: values by name.
        """
        self._add(item, variables={"set": dict(values)})

    def delete_variables(self, item: t.Any, *names: str) -> None:
        """Delete variables of an object.

        :param item: the object.
        :param names: names of the variables.
        """
        self._add(item, variables={"unset": [*names]})

    def add_labels(self, item: t.Any, *labels: str) -> None:
        """Add labels to an object."""
        self._add(item, labels={"add": [*labels]})

    def remove_labels(self, item: t.Any, *labels: str) -> None:
        """Remove labels from an object."""
        self._add(item, labels={"remove": [*labels]})

    def delete(self, item: t.Any) -> None:
        """Delete an object, and everything that it owns."""
        self._append("delete", item)

    def preview(self) -> Outcome:
        """Return what posting the change set would do. This changes nothing.

        :raises cratonclient.exceptions.HTTPError: as :meth:`post`.
        """
        return self._manager._post(self._body(dry_run=True))[0]

    def post(self) -> Outcome:
        """Make the changes. An empty change set does nothing.

        :raises cratonclient.exceptions.HTTPError: if the server refuses a change. Nothing is
            changed then, and the error names all refused changes.
        """
        if not self._changes:
            return Outcome(None)
        outcome, created = self._manager._post(self._body())
        self._ids.update({int(position): item_id for position, item_id in created.items()})
        self.revision = outcome.revision
        return outcome

    def _body(self, **more: t.Any) -> dict[str, t.Any]:
        reason = {} if self._reason is None else {"reason": self._reason}
        return {**reason, **more, "changes": self._changes}

    def _plain(self, kind: str, values: dict[str, t.Any]) -> dict[str, t.Any]:
        cls = None
        with contextlib.suppress(LookupError):  # the server refuses an unknown collection
            cls = self._manager.class_of(kind)
        return _plain(cls, values)

    def _add(self, item: t.Any, **changes: t.Any) -> None:
        self._append("update", item, **changes)

    def _append(self, action: str, item: t.Any, **changes: t.Any) -> None:
        change = {"action": action, **_target(item), **changes}
        # A second change of an object would find the revision of the first one.
        key = (change["kind"], str(change["id"]))
        if self._since is not None and key not in self._known:
            self._known.add(key)
            if not isinstance(item, Created):
                change["unchanged_since"] = self._since
        self._changes.append(change)


class ChangeManager:
    """The history of a project, and change sets.

    :param session: session of the client.
    :param url: URL of the API.
    :param class_of: function that returns the class of the objects of a collection, or raises
        :class:`LookupError`.
    """

    def __init__(
        self,
        session: Session,
        url: str,
        class_of: t.Callable[[str], t.Any] = lambda _collection: None,
    ) -> None:
        self.class_of = class_of
        self.session = session
        self.url = f"{url}/changes"
        self._api = url

    def list(self, *, limit: int | None = None, **filters: t.Any) -> t.Iterator[Change]:
        """Generate the changes of the project, the newest first.

        :param limit: number of changes, by default all.
        :param filters: ``kind`` and ``id`` of an object, ``username``, ``since``, ``until``,
            ``reason``, ``sort_dir``; for root users ``project_id``.
        :raises cratonclient.exceptions.NotFound: if the server has no history.

        >>> [change.revision for change in craton.changes.list(kind='hosts', limit=2)]
        [7, 5]
        """
        params = _given(filters)
        left = limit
        while left is None or left > 0:
            page = max(10, min(_PAGE, _PAGE if left is None else left))
            found = body_of(self.session.get(self.url, params={**params, "limit": page}))
            rows = found.get("changes") or []
            for row in rows[:left]:
                yield _change(row)
            if len(rows) < page:
                return
            left = None if left is None else left - len(rows)
            params["marker"] = rows[-1]["revision"]

    def get(self, revision: int, *, project_id: str | None = None) -> Change:
        """Return one change, with all objects before and after it.

        :param revision: revision of the change.
        :param project_id: id of the project, for root users.
        :raises cratonclient.exceptions.NotFound: if there is no such change.

        >>> craton.changes.get(7).objects[0].after
        {'note': 'replaced'}
        """
        params = {} if project_id is None else {"project_id": project_id}
        return _change(body_of(self.session.get(f"{self.url}/{int(revision)}", params=params)))

    def new(
        self, reason: str | None = None, *, unchanged_since: int | None = None
    ) -> ChangeSet:
        """Return an empty change set. It is posted at the end of its ``with`` block.

        :param reason: why the changes are made.
        :param unchanged_since: revision after which nobody may have changed the objects. The
            server refuses the change set, and names the objects that somebody changed. Read
            :meth:`last_revision` before you read the objects.

        >>> revision = craton.changes.last_revision()
        >>> found = list(craton.hosts.list(vars={'stage': 'old'}))
        >>> with craton.changes.new(unchanged_since=revision) as changes:
        ...     for host in found:
        ...         changes.delete(host)
        """
        return ChangeSet(self, reason, unchanged_since)

    def last_revision(self, *, project_id: str | None = None) -> int:
        """Return the revision of the last change of the project; 0 before the first one.

        :param project_id: id of the project, for root users.

        >>> craton.changes.last_revision()
        7
        """
        params = {} if project_id is None else {"project_id": project_id}
        found = body_of(self.session.get(self.url, params={**params, "limit": 10}))
        return int(found["last_revision"])

    def look_up(
        self,
        kind: str,
        *,
        names: t.Collection[str] = (),
        ids: t.Collection[int | str] = (),
        variables: str | None = None,
    ) -> Found:
        """Find many objects by their names and ids, with few requests.

        :param kind: collection of the objects, such as ``hosts``.
        :param names: names. Several objects may have the same name in different places.
        :param ids: ids. Objects that do not exist are left out.
        :param variables: ``own`` to add the own variables, ``resolved`` to add those with the
            inherited ones.
        :raises cratonclient.exceptions.NotFound: if the server has no such request.

        >>> craton.changes.look_up('hosts', names=['web-1', 'web-2']).revisions
        {'00000000-0000-0000-0000-000000000001': 7}
        """
        more = {} if variables is None else {"variables": variables}
        size = _WITH_VARIABLES if variables else _LOOKED_UP
        wanted: list[tuple[str, t.Any]] = [("names", one) for one in dict.fromkeys(names)]
        wanted += [("ids", one) for one in dict.fromkeys(ids)]
        found: dict[t.Any, dict[str, t.Any]] = {}
        revisions: dict[str, int] = {}
        for start in range(0, max(len(wanted), 1), size):
            body: dict[str, t.Any] = {"kind": kind, **more}
            for key, one in wanted[start : start + size]:
                body.setdefault(key, []).append(one)
            answer = body_of(self.session.post(f"{self._api}/lookups", json=body))
            found.update((one["id"], one) for one in answer["objects"])
            for project_id, revision in answer["revisions"].items():
                revisions.setdefault(project_id, revision)  # the oldest is safe
        return Found([*found.values()], revisions)

    def undo(
        self,
        revision: int,
        *,
        force: bool = False,
        dry_run: bool = False,
        project_id: str | None = None,
    ) -> Outcome:
        """Undo a change with another change. Deleted objects come back with their ids.

        :param revision: revision of the change to undo.
        :param force: undo it although its objects were changed since.
        :param dry_run: return what would happen, and change nothing.
        :param project_id: id of the project, for root users.
        :raises cratonclient.exceptions.Conflict: if its objects were changed since.

        >>> craton.changes.undo(7).revision
        8
        """
        params = {} if project_id is None else {"project_id": project_id}
        options = {"force": force, "dry_run": dry_run}
        url = f"{self.url}/{int(revision)}/undo"
        return _outcome(body_of(self.session.post(url, params=params, json=options)))

    def follow(
        self,
        after: int | None = None,
        *,
        timeout: float | None = None,
        **filters: t.Any,
    ) -> t.Iterator[Change]:
        """Generate the changes of the project as they happen, the oldest first.

        :param after: revision of the last change that is known; by default, the present one.
        :param timeout: seconds after which the iterator ends, by default never.
        :param filters: filters of :meth:`list`.

        >>> for change in craton.changes.follow(after=7, timeout=60):
        ...     print(change.revision, change.username, change.reason)
        """
        until = None if timeout is None else time.monotonic() + timeout
        if after is None:
            project = {n: v for n, v in filters.items() if n == "project_id"}
            after = self.last_revision(**project)
        while True:
            left = _WAIT if until is None else min(_WAIT, until - time.monotonic())
            if left < 0:
                return
            began = time.monotonic()
            batch = self.poll(after, wait=left, **filters)
            yield from batch.changes
            after = batch.after
            if not batch.changes and time.monotonic() - began < min(_INTERVAL, left):
                time.sleep(min(_INTERVAL, left))  # this server cannot wait

    def poll(self, after: int, *, wait: float = _WAIT, **filters: t.Any) -> Batch:
        """Return the next changes. :meth:`follow` does so again and again.

        A program that stores what it has done can store ``after``, too, and continue there
        after a restart.

        :param after: revision of the last change that is known.
        :param wait: seconds to wait if there is none, up to 60. A server may respond earlier.
        :param filters: filters of :meth:`list`.

        >>> changes, after = craton.changes.poll(7)
        """
        params = {**_given(filters), "after": after, "wait": round(wait), "limit": _PAGE}
        timeout = round(wait) + _TIMEOUT
        found = body_of(self.session.get(self.url, params=params, timeout=timeout))
        rows = found.get("changes") or []
        after = rows[-1]["revision"] if rows else after
        if len(rows) < _PAGE:
            after = max(after, found["last_revision"])
        return Batch([_change(row) for row in rows], after)

    def _post(self, body: dict[str, t.Any]) -> tuple[Outcome, dict[str, t.Any]]:
        found = body_of(self.session.post(self.url, json=body))
        return _outcome(found), found.get("created") or {}


def _given(filters: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in filters.items() if value is not None}


def _plain(cls: t.Any, values: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return values of fields with ids in place of objects.

    :param cls: class of the object that has the fields, ``None`` if it is not known.
    """
    values = values if cls is None else keywords.with_ids(cls, values)
    return {
        name: {"created": value.position} if isinstance(value, Created) else value
        for name, value in values.items()
    }


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


def _change(row: dict[str, t.Any]) -> Change:
    names = {field.name for field in dataclasses.fields(Change)} - {"objects"}
    values = {name: value for name, value in row.items() if name in names}
    return Change(**values, objects=_objects(row))


def _outcome(found: dict[str, t.Any]) -> Outcome:
    return Outcome(found.get("revision"), _objects(found))


def _objects(found: dict[str, t.Any]) -> tuple[ChangedObject, ...]:
    return tuple(ChangedObject(**row) for row in found.get("objects") or [])
