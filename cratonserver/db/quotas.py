# SPDX-License-Identifier: Apache-2.0
"""Quotas of projects, and the check of a request that stores more.

The limits of the user's project are read together with the user, so a new limit is effective
at once. The check costs no statement while a project is far from its quota: each process
remembers how much the project used when it was last counted, and adds what it stored since
then. It counts again before all processes together could have reached the quota at
:data:`RATES`.
If the quota may be near, the check takes a lock in the transaction of the request, so
concurrent requests cannot exceed it, in one process or in several. It adds to the last count,
and counts again if that exceeds the quota, because something may have been deleted
(:mod:`cratonserver.db.quota_counts`)::

    SELECT pg_advisory_xact_lock(:key)                  -- on PostgreSQL
    SELECT (SELECT string_agg(…) FROM quotas WHERE project_id = :project)
    SELECT used FROM quota_counts WHERE project_id = :project AND resource = 'hosts' AND …
    INSERT INTO quota_counts … ON CONFLICT (project_id, resource) DO UPDATE …
"""

from __future__ import annotations

import collections
import hashlib
import json
import threading
import time
import typing as t

import sqlalchemy as sa

from cratonclient.v1 import quotas
from cratonserver import errors
from cratonserver.config import formats, settings
from cratonserver.db import quota_counts, usage
from cratonserver.db.tables import Tables
from cratonserver.identity import Identity

#: How much all processes together store in a project in one second at most, by measure. A
#: change set can store 20,000 objects at once.
RATES = {"objects": 40_000, "bytes": 50 * 2**20}
#: Seconds for which a process uses limits of a project that is not the user's own, without
#: reading them again.
LIFETIME = 60.0
#: Seconds for which a quota stays near, without counting.
_NEAR = 5.0
#: If counting took more seconds of this thread than that, which only SQLite does, and the
#: request is refused, the result holds for so many times as long. So who keeps asking for more
#: takes a small part of the time of the database, which has one writer at a time.
_LONG, _REST = 0.05, 10
#: The maximum number of projects, and of pairs of a project and a resource, to remember.
_REMEMBERED = 10_000

#: The names of the settings with the default of a resource, by scope and measure.
_SETTINGS = {
    ("project", "objects"): "quota_objects",
    ("project", "bytes"): "quota_project_bytes",
    ("object", "elements"): "quota_elements",
    ("object", "bytes"): "quota_object_bytes",
    ("object", "levels"): "quota_depth",
}
_ADVICE = "Delete something, or ask the operator of the server for a higher quota."


#: A project and a resource.
_Place = tuple[str, str]


class _Count:
    """How much of a resource a project uses at most.

    :param used: result of the last count, plus what this process stored since then.
    :param at: time of the last count, by ``time.monotonic``.
    """

    def __init__(self, used: int, at: float) -> None:
        self.used = used
        self.at = at


class Quotas:
    """The quotas of the projects of a fleet. Threads share it.

    :param tables: the tables.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._lock = threading.Lock()
        self._limits: _Memory[tuple[dict[str, int], float]] = _Memory()
        self._counts: _Memory[_Count] = _Memory()
        self._near: _Memory[float] = _Memory()
        #: The use of those that are full, the limit, and until when that holds.
        self._full: _Memory[tuple[int, int, float]] = _Memory()
        self.set_defaults(settings.Quotas())

    @property
    def known(self) -> dict[str, quotas.Resource]:
        """The resources that quotas limit, by name."""
        return usage.resources(self._tables)

    def set_defaults(self, defaults: settings.Quotas) -> None:
        """Set the limits of projects for which none were set."""
        named = dict(map(formats.quota, defaults.quotas))
        #: The default limits, by resource.
        self.defaults = {
            name: int(named.get(name, _default(defaults, name, one)))
            for name, one in self.known.items()
        }

    def limits(self, connection: sa.Connection, project_id: str) -> dict[str, int]:
        """Return the limits of a project by resource, from the database."""
        query = self._tables.prepared(_limits_query)
        text = query.scalars(connection, {usage.PROJECT: project_id})[0]
        own = _parse(text or "")
        with self._lock:
            self._limits.put(project_id, (own, time.monotonic()))
        return {**self.defaults, **own}

    def limits_of_all(self, connection: sa.Connection, resource: str) -> dict[str, int]:
        """Return the limits of a resource that were set, by the id of the project."""
        table = self._tables.quotas
        rows = connection.execute(
            sa.select(table.c.project_id, table.c.value).where(table.c.resource == resource)
        )
        return {project_id: int(value) for project_id, value in rows}

    def limits_for(
        self, connection: sa.Connection, who: Identity, project_id: str
    ) -> dict[str, int]:
        """Return the limits of a project by resource, for a request.

        Those of the user's own project were read together with the user. Those of others,
        which only root users change, may be :data:`LIFETIME` old.

        :param who: user who makes the request.
        """
        if who.limits is not None and who.project_id == project_id:
            return {**self.defaults, **_parse(who.limits)} if who.limits else self.defaults
        with self._lock:
            own, at = self._limits.get(project_id) or ({}, -LIFETIME)
        if time.monotonic() - at < LIFETIME:
            return {**self.defaults, **own}
        return self.limits(connection, project_id)

    def set_limits(
        self, connection: sa.Connection, project_id: str, limits: t.Mapping[str, int]
    ) -> bool:
        """Store limits of a project, and keep the others.

        :param limits: limits by resource.
        :returns: True if one of them is new or differs.
        """
        table = self._tables.quotas
        own = sa.select(table.c.resource, table.c.value).where(table.c.project_id == project_id)
        known = dict(connection.execute(own).tuples().all())
        new = {name: limit for name, limit in limits.items() if known.get(name) != limit}
        if not new:
            return False
        insert = self._tables.dialect.insert(table)
        upsert = insert.on_conflict_do_update(
            index_elements=[*table.primary_key], set_={"value": insert.excluded.value}
        )
        rows = [
            {"project_id": project_id, "resource": name, "value": limit}
            for name, limit in sorted(new.items())
        ]
        connection.execute(upsert, rows)
        quota_counts.forget(connection, self._tables, project_id)
        return True

    def reset_limits(self, connection: sa.Connection, project_id: str) -> bool:
        """Reset the limits of a project to the defaults.

        :returns: True if it had limits of its own.
        """
        table = self._tables.quotas
        reset = sa.delete(table).where(table.c.project_id == project_id)
        if not connection.execute(reset).rowcount:
            return False
        quota_counts.forget(connection, self._tables, project_id)
        return True

    def forget(self, project_id: str) -> None:
        """Read the limits of a project again before they are used, because they changed."""
        with self._lock:
            self._limits.pop(project_id)
            for resource in self.known:
                self._full.pop((project_id, resource))

    def check_object(self, resource: str, limit: int, before: int, after: int) -> None:
        """Refuse an object that would have too much of a resource. Less is always allowed.

        :param resource: name of a resource whose scope is the object.
        :param limit: the limit.
        :param before: how much the object has.
        :param after: how much it would have.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        if after > before and _exceeds(after, limit):
            raise exceeded(self.known[resource], limit, before, after - before)

    def check_new_project(self, project_id: str, more: t.Mapping[str, int]) -> None:
        """Refuse a new project that would exceed the default limits. It uses nothing yet.

        :param more: how much the request stores in it, by resource.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        for resource, number in more.items():
            if _exceeds(number, self.defaults.get(resource, quotas.UNLIMITED)):
                raise exceeded(self.known[resource], self.defaults[resource], 0, number)
        now = time.monotonic()
        with self._lock:  # so that the first requests for the project need not count
            self._limits.put(project_id, ({}, now))
            for resource, one in self.known.items():
                if one.scope == "project":
                    place = project_id, resource
                    self._counts.put(place, _Count(more.get(resource, 0), now))

    def check_project(
        self,
        connection: sa.Connection,
        project_id: str,
        limits: t.Mapping[str, int],
        more: t.Mapping[str, int],
    ) -> None:
        """Refuse a request that would store more than the project may have.

        Call this in the transaction of the request, before it stores anything.

        :param limits: limits of the project by resource.
        :param more: how much the request adds, by resource whose scope is the project.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        for resource, number in sorted(more.items()):  # locks are taken in the same order
            limit = limits.get(resource, quotas.UNLIMITED)
            if number <= 0 or limit == quotas.UNLIMITED:
                continue
            place = project_id, resource
            # A limit that can be reached in a second is always near.
            if limit > self._rate(resource) and (
                self._is_far(place, limit, number)
                or self._is_far_after_counting(connection, place, limit, number)
            ):
                continue
            self._check_exactly(connection, place, number)

    def _is_far(self, place: _Place, limit: int, more: int) -> bool:
        """Return True if the quota cannot have been reached since the last count.

        If so, this remembers that the process is about to store more.
        """
        with self._lock:
            known = self._counts.get(place)
            if known is None:
                return False
            others = self._rate(place[1]) * (time.monotonic() - known.at + 1)
            if known.used + more + others > limit:
                return False
            known.used += more
            return True

    def _is_far_after_counting(
        self, connection: sa.Connection, place: _Place, limit: int, more: int
    ) -> bool:
        """Find an upper bound, or else count. Return True if the quota is far from that."""
        project_id, resource = place
        with self._lock:
            if time.monotonic() - (self._near.get(place) or -_NEAR) < _NEAR:
                return False
        finders: tuple[t.Callable[[], int | None], ...] = (
            lambda: usage.bound(connection, self._tables, resource),
            lambda: usage.count(connection, self._tables, resource, project_id),
        )
        for find in finders:
            at, used = time.monotonic(), find()
            if used is not None:
                with self._lock:
                    self._counts.put(place, _Count(used, at))
                if self._is_far(place, limit, more):
                    return True
        with self._lock:
            self._near.put(place, time.monotonic())
        return False

    def _check_exactly(self, connection: sa.Connection, place: _Place, more: int) -> None:
        """Check a quota that may be near, and keep others waiting until this request ends."""
        project_id, resource = place
        self._refuse_again(place, more)
        key = hashlib.sha256(f"{project_id}/{resource}".encode()).digest()[:8]
        self._tables.dialect.lock_key(connection, int.from_bytes(key, "big", signed=True))
        limit = self.limits(connection, project_id)[resource]
        if limit == quotas.UNLIMITED:
            return
        counted = quota_counts.Counted(self._tables, project_id, resource, limit)
        used = quota_counts.read(connection, counted)
        if used is not None and not _exceeds(used + more, limit):
            quota_counts.add(connection, counted, more)
            return
        began = time.thread_time()
        used = usage.count(connection, self._tables, resource, project_id)
        took = time.thread_time() - began
        if _exceeds(used + more, limit):
            with self._lock:
                until = time.monotonic() + (_REST * took if took > _LONG else 0)
                self._full.put(place, (used, limit, until))
            raise exceeded(self.known[resource], limit, used, more)
        quota_counts.put(connection, counted, used + more)

    def _refuse_again(self, place: _Place, more: int) -> None:
        """Refuse a request like one that was refused just now, without counting again."""
        with self._lock:
            used, limit, until = self._full.get(place) or (0, quotas.UNLIMITED, 0.0)
        if time.monotonic() < until and _exceeds(used + more, limit):
            raise exceeded(self.known[place[1]], limit, used, more)

    def _rate(self, resource: str) -> int:
        return RATES[self.known[resource].measure]


def _default(defaults: settings.Quotas, name: str, resource: quotas.Resource) -> int:
    """Return the default of a resource: that of its own setting, or that of all like it."""
    of_all = _SETTINGS[resource.scope, resource.measure]
    return int(getattr(defaults, f"quota_{name}", getattr(defaults, of_all)))


def limits_column(tables: Tables, project_id: t.Any) -> sa.ColumnElement[str]:
    """Return a column with the limits of a project, for a query that is made anyway.

    Its value is the members of a JSON object, NULL without limits. On PostgreSQL::

        (SELECT string_agg(CAST(to_json(resource) AS TEXT) || ':' || …, ',')
         FROM quotas WHERE project_id = :project_id)

    :param project_id: the id, or a parameter or column with it.
    """
    table = tables.quotas
    members = tables.dialect.json_members(table.c.resource, sa.cast(table.c.value, sa.String))
    return sa.select(members).where(table.c.project_id == project_id).scalar_subquery()


def _limits_query(tables: Tables) -> sa.Select[t.Any]:
    project = sa.bindparam(usage.PROJECT, type_=tables.quotas.c.project_id.type)
    return sa.select(limits_column(tables, project))


def _parse(members: str) -> dict[str, int]:
    """Return limits by resource from the members of a JSON object."""
    return t.cast("dict[str, int]", json.loads(f"{{{members}}}"))


def _exceeds(number: int, limit: int) -> bool:
    return limit != quotas.UNLIMITED and number > limit


def exceeded(resource: quotas.Resource, limit: int, used: int, more: int) -> errors.Refused:
    """Return the error for a request that exceeds a quota.

    The status is 403 for a number of things, as in other OpenStack services, and 413 for a
    size.

    :param resource: what the quota limits.
    :param limit: the limit.
    :param used: how much is used.
    :param more: how much more the request would use.
    """
    is_size = resource.measure in ("bytes", "levels")
    return errors.Refused(
        413 if is_size else 403,
        f"Quota exceeded for {resource.name}: the quota is {limit}, {used} in use, "
        f"{more} more requested ({resource.help}). {_ADVICE}",
        reason=f"quota_{resource.name}",
    )


V = t.TypeVar("V")


class _Memory(t.Generic[V]):
    """A mapping that forgets the entries that were not used for the longest time."""

    def __init__(self) -> None:
        self._entries: collections.OrderedDict[t.Any, V] = collections.OrderedDict()

    def get(self, key: t.Any) -> V | None:
        """Return an entry, ``None`` if it is unknown."""
        if key in self._entries:
            self._entries.move_to_end(key)
        return self._entries.get(key)

    def put(self, key: t.Any, value: V) -> None:
        """Add or replace an entry."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > _REMEMBERED:
            self._entries.popitem(last=False)

    def pop(self, key: t.Any) -> None:
        """Remove an entry, if there is one."""
        self._entries.pop(key, None)
