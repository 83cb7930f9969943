# SPDX-License-Identifier: Apache-2.0
"""Names of the objects that the objects of a change refer to."""

from __future__ import annotations

import collections
import typing as t

from cratonclient import v1
from cratonclient.fields import Ref
from cratonclient_osc.verbs import reference_names

if t.TYPE_CHECKING:
    from cratonclient import changes

#: Names by the kind and the field of a reference, and by the id that it has.
Names = t.Mapping[tuple[str, str, t.Any], str]


def names_of(client: t.Any, objects: t.Sequence[changes.ChangedObject]) -> Names:
    """Return the names of the objects that the values of objects refer to.

    Objects of the change itself are known. The others are requested, a page at a time; a name
    that the user cannot read, or that is gone, is left out.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param objects: the objects of a change.
    """
    of_change = {(one.kind, one.id): one.name for one in objects if one.name}
    found: dict[tuple[str, str, t.Any], str] = {}
    unknown: dict[str, set[tuple[str, str, t.Any]]] = collections.defaultdict(set)
    for kind, name, target, item_id in _references(objects):
        place = kind, name, item_id
        names = (of_change.get((one, item_id)) for one in _collections(target))
        known = next(filter(None, names), None)
        if known:
            found[place] = known
        else:
            unknown[target].add(place)
    for target, places in unknown.items():
        wanted = {item_id for _, _, item_id in places}
        names_by_id = reference_names.ReferenceNames(client, target).of(wanted)
        found |= {place: shown for place in places if (shown := names_by_id.get(place[2]))}
    return found


def _references(
    objects: t.Iterable[changes.ChangedObject],
) -> t.Iterator[tuple[str, str, str, t.Any]]:
    """Yield the references of objects: kind, field, target, and id."""
    for one in objects:
        for name, field in _fields(one.kind).items():
            if isinstance(field, Ref):
                for state in (one.before, one.after):
                    item_id = (state or {}).get(name)
                    if item_id is not None:
                        yield one.kind, name, field.target, item_id


def _fields(collection: str) -> t.Mapping[str, t.Any]:
    """Return the fields of a kind that a user can set; none of an unknown kind."""
    try:
        fields = v1.kind(collection).fields
    except LookupError:
        return {}
    return {name: field for name, field in fields.items() if field.create or field.update}


def _collections(target: str) -> list[str]:
    """Return the collections whose objects a reference may have."""
    kind = v1.kind(target)
    return [target, *(one.collection for one in v1.kinds() if one.extends(kind))]
