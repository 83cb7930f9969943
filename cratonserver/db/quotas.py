# SPDX-License-Identifier: Apache-2.0
"""Quotas of projects, and the check of a request that stores more.

The check costs no statement while a project is far from its quota: each process remembers
how much the project used when it was last counted, and adds what it stored since then. It
counts again before all processes together could have reached the quota at :data:`RATES`.
If the quota may be near, the check takes a lock and counts in the transaction of the
request, so concurrent requests cannot exceed it, in one process or in several::

    SELECT pg_advisory_xact_lock(:key)                  -- on PostgreSQL
    SELECT resource, value FROM quotas WHERE project_id = :project
    SELECT count(*) FROM devices WHERE project_id = :project AND kind = 'host'
"""

from __future__ import annotations

import collections
import hashlib
import threading
import time
import typing as t

import sqlalchemy as sa

from cratonclient.v1 import quotas
from cratonserver import errors
from cratonserver.config import settings
from cratonserver.db import usage
from cratonserver.db.tables import Tables

#: How much all processes together store in a project in one second at most, by measure. The
#: benchmark stores some hundred objects a second.
RATES = {"objects": 2000, "bytes": 50 * 2**20}
#: Seconds for which a process uses the quotas of a project without reading them again.
LIFETIME = 60.0
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
        #: The default limits of the server.
        self.defaults = settings.Quotas()
        self._lock = threading.Lock()
        self._limits: _Memory[tuple[dict[str, int], float]] = _Memory()
        self._counts: _Memory[_Count] = _Memory()

    @property
    def known(self) -> dict[str, quotas.Resource]:
        """The resources that quotas limit, by name."""
        return usage.resources(self._tables)

    def default(self, resource: quotas.Resource) -> int:
        """Return the default limit of a resource."""
        named = dict(map(settings.quota, self.defaults.quotas))
        setting = _SETTINGS[resource.scope, resource.measure]
        return int(named.get(resource.name, getattr(self.defaults, setting)))

    def limits(self, connection: sa.Connection, project_id: str) -> dict[str, int]:
        """Return the limits of a project by resource, from the database."""
        table = self._tables.quotas
        rows = connection.execute(
            sa.select(table.c.resource, table.c.value).where(table.c.project_id == project_id)
        )
        own = {resource: int(value) for resource, value in rows}
        found = {name: own.get(name, self.default(one)) for name, one in self.known.items()}
        with self._lock:
            self._limits.put(project_id, (found, time.monotonic()))
        return found

    def begin(self, project_id: str) -> None:
        """Remember that a project is new: it has the default quotas, and uses nothing."""
        known = self.known
        limits = {name: self.default(one) for name, one in known.items()}
        now = time.monotonic()
        with self._lock:
            self._limits.put(project_id, (limits, now))
            for name, one in known.items():
                if one.scope == "project":
                    self._counts.put((project_id, name), _Count(0, now))

    def set_limits(
        self, connection: sa.Connection, project_id: str, limits: t.Mapping[str, int]
    ) -> None:
        """Store limits of a project, and keep the others.

        :param limits: limits by resource.
        """
        table = self._tables.quotas
        insert = self._tables.dialect.insert(table)
        upsert = insert.on_conflict_do_update(
            index_elements=[*table.primary_key], set_={"value": insert.excluded.value}
        )
        rows = [
            {"project_id": project_id, "resource": name, "value": limit}
            for name, limit in sorted(limits.items())
        ]
        connection.execute(upsert, rows)

    def reset_limits(self, connection: sa.Connection, project_id: str) -> None:
        """Reset the limits of a project to the defaults."""
        table = self._tables.quotas
        connection.execute(sa.delete(table).where(table.c.project_id == project_id))

    def forget(self, project_id: str) -> None:
        """Read the limits of a project again before they are used, because they changed."""
        with self._lock:
            self._limits.pop(project_id)

    def limit(self, connection: sa.Connection, project_id: str, resource: str) -> int:
        """Return one limit of a project, which may be :data:`LIFETIME` old."""
        with self._lock:
            found, at = self._limits.get(project_id) or ({}, 0.0)
        if not found or time.monotonic() - at > LIFETIME:
            found = self.limits(connection, project_id)
        return found.get(resource, quotas.UNLIMITED)

    def check_object(
        self, connection: sa.Connection, project_id: str, resource: str, before: int, after: int
    ) -> None:
        """Refuse an object that would have too much of a resource. Less is always allowed.

        :param resource: name of a resource whose scope is the object.
        :param before: how much the object has.
        :param after: how much it would have.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        limit = self.limit(connection, project_id, resource)
        if after > before and _exceeds(after, limit):
            raise exceeded(self.known[resource], limit, before, after - before)

    def check_project(
        self, connection: sa.Connection, project_id: str, more: t.Mapping[str, int]
    ) -> None:
        """Refuse a request that would store more than the project may have.

        Call this in the transaction of the request, before it stores anything.

        :param more: how much the request adds, by resource whose scope is the project.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        for resource, number in sorted(more.items()):  # locks are taken in the same order
            if number <= 0 or resource not in self.known:
                continue
            limit = self.limit(connection, project_id, resource)
            if limit == quotas.UNLIMITED:
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
        return False

    def _check_exactly(self, connection: sa.Connection, place: _Place, more: int) -> None:
        """Check a quota that may be near, and keep others waiting until this request ends."""
        project_id, resource = place
        key = hashlib.sha256(f"{project_id}/{resource}".encode()).digest()[:8]
        self._tables.dialect.lock_key(connection, int.from_bytes(key, "big", signed=True))
        limit = self.limits(connection, project_id)[resource]
        used = usage.count(connection, self._tables, resource, project_id)
        if _exceeds(used + more, limit):
            raise exceeded(self.known[resource], limit, used, more)

    def _rate(self, resource: str) -> int:
        return RATES[self.known[resource].measure]


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
