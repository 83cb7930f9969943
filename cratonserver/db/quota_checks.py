# SPDX-License-Identifier: Apache-2.0
"""Check a request that creates an object, or adds to its parts, against the quotas."""

from __future__ import annotations

import functools
import typing as t

from cratonserver.db import stored_json
from cratonserver.db.aliases import Row
from cratonserver.db.quotas import Quotas
from cratonserver.identity import Identity

if t.TYPE_CHECKING:
    import sqlalchemy as sa

    from cratonclient.kinds import Kind

#: The levels of nested objects and lists that the protocol allows in a variable. Only lower
#: quotas need a look at the values.
_LEVELS = 31


class Addition(t.NamedTuple):
    """Values that are added to a mapping part of an object.

    :param new: the values to add or to replace.
    :param number: number of values that the object has.
    :param size: number of bytes of their names and values.
    :param replaced: number of values that are replaced.
    :param replaced_size: number of bytes of their names and values.
    """

    new: Row
    number: int
    size: int
    replaced: int
    replaced_size: int


class Checks:
    """The checks of a request.

    :param quotas: the quotas.
    :param connection: connection in the transaction of the request.
    :param who: user who makes the request.
    :param project_id: id of the project of the object.
    """

    def __init__(
        self, quotas: Quotas, connection: sa.Connection, who: Identity, project_id: str
    ) -> None:
        self._quotas = quotas
        self._connection = connection
        self._who = who
        self._project_id = project_id

    @functools.cached_property
    def _limits(self) -> dict[str, int]:
        return self._quotas.limits_for(self._connection, self._who, self._project_id)

    def new_object(self, kind: Kind, given: t.Mapping[str, t.Any]) -> None:
        """Check the creation of an object.

        :param kind: kind of the object.
        :param given: values of the request, with or without parts.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        is_project = kind.collection not in self._quotas.known
        if is_project:
            self._limits = self._quotas.defaults
        more = {kind.collection: 1, **self.new_parts(kind, [given])}
        if is_project:
            self._quotas.check_new_project(self._project_id, more)
        else:
            self._check_project(more)

    def number(self, kind: Kind, number: int) -> None:
        """Check the number of new objects of a kind, before they are stored.

        :raises cratonserver.errors.Refused: with status 403.
        """
        self._check_project({kind.collection: number})

    def new_parts(self, kind: Kind, given: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, int]:
        """Check the quotas of each new object, such as the number of its labels.

        This uses the database only if the limits have not been read, by :meth:`number`.

        :param kind: kind of the objects.
        :param given: values of the request for each, with or without parts.
        :returns: how much they need of the quotas of the project, for :meth:`bytes`.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        more: dict[str, int] = {}
        for name, value in (member for one in given for member in one.items()):
            if isinstance(value, dict):
                size = self._check_mapping(name, {}, value)
                more[f"{name}_bytes"] = more.get(f"{name}_bytes", 0) + size
            elif isinstance(value, list) and name in kind.parts:
                self._check_object(f"{name}_per_object", 0, len({*value}))
        return more

    def bytes(self, more: t.Mapping[str, int]) -> None:
        """Check the bytes of the parts of new objects, before they are stored.

        :param more: what :meth:`new_parts` has returned.
        :raises cratonserver.errors.Refused: with status 413.
        """
        self._check_project(more)

    def restored(self, more: t.Mapping[str, int]) -> None:
        """Check objects that come back because their deletion is undone.

        :param more: how much comes back, by resource whose scope is the project.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        known = self._quotas.known
        self._check_project({name: n for name, n in more.items() if name in known})

    def mapping(self, part: str, before: Row, new: Row) -> None:
        """Check values that are added to a mapping part of an object, such as variables.

        :param part: name of the part.
        :param before: all values that the object has.
        :param new: the values to add or to replace.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        more = {f"{part}_bytes": self._check_mapping(part, before, new)}
        self._check_project(more)

    def mappings(self, part: str, additions: t.Iterable[Addition]) -> None:
        """Check values that are added to a mapping part of several objects.

        Bytes that some objects lose are not available to others.

        :param part: name of the part.
        :param additions: the values that each object gets.
        :raises cratonserver.errors.Refused: with status 403 or 413.
        """
        more = sum(max(0, self._check_addition(part, one)) for one in additions)
        self._check_project({f"{part}_bytes": more})

    def elements(self, part: str, before: int, new: int) -> None:
        """Check elements that are added to a list part of an object, such as labels.

        :param part: name of the part.
        :param before: number of elements that the object has.
        :param new: number of elements to add.
        :raises cratonserver.errors.Refused: with status 403.
        """
        self._check_object(f"{part}_per_object", before, before + new)

    def _check_mapping(self, part: str, before: Row, new: Row) -> int:
        """Check the quotas of an object, and return the number of bytes that are added."""
        replaced = {name: before[name] for name in new if name in before}
        sizes = len(replaced), _size(replaced)
        return self._check_addition(part, Addition(new, len(before), _size(before), *sizes))

    def _check_addition(self, part: str, one: Addition) -> int:
        """Check the quotas of an object, and return the number of bytes that are added."""
        number = one.number + len(one.new) - one.replaced
        self._check_object(f"{part}_per_object", one.number, number)
        more = _size(one.new) - one.replaced_size
        self._check_object(f"{part}_bytes_per_object", one.size, one.size + more)
        depth = f"{part}_depth"
        if 0 <= self._limits.get(depth, _LEVELS) < _LEVELS:
            self._check_object(depth, 0, max(map(_levels, one.new.values()), default=0))
        return more

    def _check_object(self, resource: str, before: int, after: int) -> None:
        if resource in self._limits:
            self._quotas.check_object(resource, self._limits[resource], before, after)

    def _check_project(self, more: t.Mapping[str, int]) -> None:
        where = self._connection, self._project_id
        self._quotas.check_project(*where, self._limits, more)


def _size(values: Row) -> int:
    """Return the number of bytes of names and values, as they are stored."""
    if not values:
        return 0
    texts = stored_json.texts_of(values)
    return sum(len(name.encode()) + len(text) for name, text in texts.items())


def _levels(value: t.Any) -> int:
    """Return the number of levels of nested objects and lists in a value."""
    levels, ahead = 0, [value]
    while True:
        ahead = [one for one in ahead if isinstance(one, dict | list)]
        if not ahead:
            return levels
        levels += 1
        ahead = [
            member
            for one in ahead
            for member in (one.values() if isinstance(one, dict) else one)
        ]
