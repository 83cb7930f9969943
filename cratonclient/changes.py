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

import time
import typing as t

from cratonclient import change_arguments as arguments
from cratonclient import ids, reasons
from cratonclient.change_records import (
    Batch,
    Change,
    ChangedObject,
    Found,
    Outcome,
    change_of,
    outcome_of,
)
from cratonclient.change_sets import ChangeSet, Created
from cratonclient.http.response import body_of

if t.TYPE_CHECKING:
    from cratonclient.session import Session

__all__ = [
    "Batch",
    "Change",
    "ChangeManager",
    "ChangeSet",
    "ChangedObject",
    "Created",
    "Found",
    "Outcome",
]

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
        :param filters: ``kind`` and ``id`` of an object; or ``kind`` and ``name`` of objects,
            which they have, or had before they were renamed or deleted; ``username``,
            ``since``, ``until``, ``reason``, ``sort_dir``; ``marker``, the revision before the
            first change; for root users ``project_id``.
        :raises cratonclient.exceptions.CommandError: if a filter is not valid.
        :raises cratonclient.exceptions.NotFound: if the server has no history.

        >>> [change.revision for change in craton.changes.list(kind='hosts', limit=2)]
        [7, 5]
        """
        if limit is not None:
            arguments.number("limit", limit)
        return self._list(limit, arguments.filters(filters))

    def _list(self, left: int | None, params: dict[str, t.Any]) -> t.Iterator[Change]:
        while left is None or left > 0:
            page = max(10, min(_PAGE, _PAGE if left is None else left))
            found = body_of(self.session.get(self.url, params={**params, "limit": page}))
            rows = found.get("changes") or []
            for row in rows[:left]:
                yield change_of(row)
            if len(rows) < page:
                return
            left = None if left is None else left - len(rows)
            params["marker"] = rows[-1]["revision"]

    def get(self, revision: int | Change, *, project_id: str | None = None) -> Change:
        """Return one change, with all objects before and after it.

        :param revision: revision of the change, or the change.
        :param project_id: id of the project, for root users.
        :raises cratonclient.exceptions.NotFound: if there is no such change.

        >>> craton.changes.get(7).objects[0].after
        {'note': 'replaced'}
        """
        params = arguments.project(project_id)
        return change_of(
            body_of(self.session.get(f"{self.url}/{_revision(revision)}", params=params))
        )

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
        if unchanged_since is not None:
            arguments.number("unchanged_since", unchanged_since)
        if reason:  # a blank one is none
            reasons.check(reason)
        return ChangeSet(self, reason, unchanged_since)

    def last_revision(self, *, project_id: str | None = None) -> int:
        """Return the revision of the last change of the project; 0 before the first one.

        :param project_id: id of the project, for root users.

        >>> craton.changes.last_revision()
        7
        """
        params = arguments.project(project_id)
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
        more = {}
        if variables is not None:
            more["variables"] = arguments.one_of("variables", variables, ("own", "resolved"))
        size = _WITH_VARIABLES if variables else _LOOKED_UP
        arguments.text("kind", kind)
        arguments.keys("names", names)
        arguments.keys("ids", ids)
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
        revision: int | Change,
        *,
        force: bool = False,
        dry_run: bool = False,
        unchanged_since: int | None = None,
        project_id: str | None = None,
    ) -> Outcome:
        """Undo a change with another change. Deleted objects come back with their ids.

        :param revision: revision of the change to undo, or the change.
        :param force: undo it although its objects were changed since.
        :param dry_run: return what would happen, and change nothing.
        :param unchanged_since: revision after which nobody may have changed what undoing
            changes, such as the one before that of a dry run.
        :param project_id: id of the project, for root users.
        :raises cratonclient.exceptions.Conflict: if its objects were changed since.
        :raises cratonclient.exceptions.PreconditionFailed: if somebody has changed something
            after ``unchanged_since``.

        >>> craton.changes.undo(7).revision
        8
        """
        params = arguments.project(project_id)
        options: dict[str, t.Any] = {"force": force, "dry_run": dry_run}
        if unchanged_since is not None:
            options["unchanged_since"] = arguments.number("unchanged_since", unchanged_since)
        url = f"{self.url}/{_revision(revision)}/undo"
        return outcome_of(body_of(self.session.post(url, params=params, json=options)))

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
        if timeout is not None:
            arguments.time_span("timeout", timeout)
        if after is not None:
            arguments.number("after", after)
        return self._follow(after, timeout, arguments.filters(filters))

    def _follow(
        self, after: int | None, timeout: float | None, filters: dict[str, t.Any]
    ) -> t.Iterator[Change]:
        until = None if timeout is None else time.monotonic() + timeout
        if after is None:
            project = {n: v for n, v in filters.items() if n == "project_id"}
            after = self.last_revision(**project)
        while True:
            left = _WAIT if until is None else min(_WAIT, until - time.monotonic())
            if left < 0:
                return
            began = time.monotonic()
            batch = self.poll(after, wait=max(left, 0), **filters)
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
        arguments.number("after", after)
        arguments.time_span("wait", wait)
        params = {
            **arguments.filters(filters),
            "after": after,
            "wait": round(wait),
            "limit": _PAGE,
        }
        timeout = round(wait) + _TIMEOUT
        found = body_of(self.session.get(self.url, params=params, timeout=timeout))
        rows = found.get("changes") or []
        after = rows[-1]["revision"] if rows else after
        if len(rows) < _PAGE:
            after = max(after, found["last_revision"])
        return Batch([change_of(row) for row in rows], after)

    def post(self, body: dict[str, t.Any]) -> tuple[Outcome, dict[str, t.Any]]:
        """Post a change set as JSON. Use :meth:`new` to build and post one.

        :param body: the body of the request.
        :returns: the outcome, and the ids of new objects by the positions of their changes.
        :raises cratonclient.exceptions.HTTPError: if the server refuses a change.
        """
        sent = arguments.mapping("body", body)
        found = body_of(self.session.post(self.url, json=sent))
        return outcome_of(found), found.get("created") or {}


def _revision(change: object) -> int:
    """Return the revision of a change.

    :param change: the revision, or the change.
    :raises cratonclient.exceptions.CommandError: if it is neither.
    """
    found = change.revision if isinstance(change, Change) else change
    if isinstance(found, str) and ids.is_id(found, int):
        found = int(found)
    return arguments.number("revision", found)
