# SPDX-License-Identifier: Apache-2.0
"""The places of objects: where an object is, and where to look for one.

The *scopes* of a kind are the reference fields that say where an object is, such as
``region_id`` and ``cell_id``. A name is unique only within them, so commands have an option
for each scope. The ids that the options give are passed to functions as ``where``.
"""

from __future__ import annotations

import shlex
import typing as t

from cratonclient import v1
from cratonclient.fields import Ref
from cratonclient.kinds import Kind, kind_of


class Where(dict[str, "int | str"]):
    """The place to search: ids by the names of scopes, such as ``{'region_id': 3}``.

    :param ids: the ids.
    :param typed: the words that the user typed for them, by the names of scopes.
    """

    def __init__(
        self,
        ids: t.Mapping[str, int | str] | None = None,
        typed: t.Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(ids or {})
        self.typed = dict(typed or {})

    def within(self, names: t.Container[str]) -> Where:
        """Return the place without the scopes that are not among some names."""
        return Where({n: value for n, value in self.items() if n in names}, self.typed)

    def __str__(self) -> str:
        """Return the place for messages, in the words of the user: `` in cloud prod``."""
        words = {**self, **self.typed}
        return "".join(
            f" in {n.removesuffix('_id').replace('_', ' ')} {shlex.quote(str(words[n]))}"
            for n in self
        )


#: No restriction.
ANYWHERE = Where()


def scopes(kind: Kind) -> dict[str, Ref[t.Any]]:
    """Return the scopes of a kind.

    These are the references to the place of an object, and to the place of that place: a
    region is in a cloud; a network interface is where its device is. References that every
    server can change, such as the parent of a host, say nothing about the place.

    :param kind: the kind of the objects.
    :returns: the declarations of the references, by the names of the fields.
    """
    found: dict[str, Ref[t.Any]] = {}
    for name, field in kind.fields.items():
        if not isinstance(field, Ref) or not field.storage.cascade:
            continue
        if field.update and not field.feature:
            continue
        if field.create or name in kind.resource_class.unique:
            found[name] = field
    for field in list(found.values()):
        for name, outer in scopes(v1.kind(field.target)).items():
            if outer.create:
                found.setdefault(name, outer)
    return found


def describe(found: t.Any) -> str:
    """Return the id and the place of an object, such as ``5 (region_id 2)``."""
    known = found.to_dict()
    place = [
        f"{name} {known[name]}"
        for name in scopes(kind_of(type(found.manager)))
        if known.get(name) is not None and name in type(found).fields()
    ]
    return f"{found.id} ({', '.join(place)})" if place else str(found.id)


def is_in(known: t.Mapping[str, t.Any], where: t.Mapping[str, t.Any]) -> bool:
    """Return true if an object is in a place. The server may have ignored the filter.

    :param known: the fields of the object. A missing field counts as a match.
    :param where: the place.
    """
    return all(str(known.get(n, value)) == str(value) for n, value in where.items())
