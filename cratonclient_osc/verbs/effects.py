# SPDX-License-Identifier: Apache-2.0
"""The effects of a deletion: the other objects that it deletes, in words."""

from __future__ import annotations

import typing as t

from cratonclient import exceptions, v1
from cratonclient.fields import Ref
from cratonclient.kinds import Kind, kind_of
from cratonclient.printable import printable
from cratonclient_osc.verbs import places

#: The maximum number of objects on a page of the API.
_PAGE_SIZE = 100


class Effects(t.NamedTuple):
    """The effects of deleting an object.

    :param taken: the other objects that are deleted, such as ``2 regions and 40 hosts``;
        empty if there are none.
    :param blocked_by: objects that prevent the deletion, such as ``host 5 (blade)``; empty
        if nothing prevents it.
    """

    taken: str
    blocked_by: str = ""


def of(client: t.Any, found: t.Any) -> Effects:
    """Return the effects of deleting an object. This changes nothing.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param found: the object.
    """
    try:
        deletion = found.manager.deletion(found.id)
    except exceptions.NotFound:  # an original server
        try:
            return Effects(_counted(client, found))
        except exceptions.InternalServerError:  # it cannot list invalid addresses
            return Effects("objects that the server cannot list")
    blocked = [
        f"{v1.kind(one['collection']).noun} {one['id']} ({one['name']})"
        for one in deletion.blocked_by
    ]
    numbers = deletion.deletes
    taken = [_number(k, numbers[k.collection]) for k in v1.kinds() if k.collection in numbers]
    return Effects(_listed(taken), printable(_listed(blocked)))


def counted(collections: t.Collection[str]) -> str:
    """Return objects in words, such as ``2 regions and 40 hosts``.

    :param collections: the collection of each object.
    """
    numbers = [(kind, [*collections].count(kind.collection)) for kind in v1.kinds()]
    return _listed([_number(kind, number) for kind, number in numbers if number])


def possible(kind: Kind) -> list[Kind]:
    """Return the kinds of which objects may be deleted together with an object of a kind.

    :param kind: kind of the object to delete.
    """
    taken = [kind]
    for other in v1.kinds():  # each kind comes after the kinds that it refers to
        if other.can("delete") and other not in taken:
            targets = [v1.kind(field.target) for _, field in _cascading(other)]
            if any(one is target or one.extends(target) for one in taken for target in targets):
                taken.append(other)
    return taken[1:]


def holders(kind: Kind) -> list[tuple[Kind, str]]:
    """Return the references that can prevent the deletion of an object of a kind.

    :param kind: kind of the object to delete.
    :returns: kinds that refer to it, or to what would be deleted with it, and their fields.
    """
    going = [kind, *possible(kind)]
    return [
        (other, name)
        for other in v1.kinds()
        if other.can("delete")
        for name, field in other.fields.items()
        if isinstance(field, Ref) and field.storage.column and not field.storage.cascade
        if any(v1.kind(field.target) in (one, *_extended(one)) for one in going)
    ]


def referring_first(kind: Kind, objects: t.Iterable[t.Any]) -> list[t.Any]:
    """Return objects in the order in which they can be deleted: hosts before their parents.

    :param kind: kind of the objects.
    :param objects: the objects.
    """
    by_id = {one.id: one.to_dict() for one in objects}
    names = [
        name
        for name, field in kind.fields.items()
        if isinstance(field, Ref) and v1.kind(field.target) in (kind, *_extended(kind))
    ]
    depths: dict[t.Any, int] = {}

    def depth(item_id: t.Any) -> int:
        if item_id not in depths:
            depths[item_id] = 0  # references in a circle have no order
            targets = [by_id[item_id].get(name) for name in names]
            depths[item_id] = 1 + max(
                (depth(one) for one in targets if one in by_id), default=0
            )
        return depths[item_id]

    return sorted(objects, key=lambda one: -depth(one.id))


def in_words(kind: Kind) -> str:
    """Return what deleting objects of a kind deletes, such as ``cells and their hosts``."""
    taken = _listed([other.plural for other in possible(kind)])
    return kind.plural + (f" and their {taken}" if taken else "")


def limits(kind: Kind) -> str:
    """Return a sentence on what prevents the deletion of an object; empty if nothing does."""
    held = [f"the {name.removesuffix('_id')} of a {one.noun}" for one, name in holders(kind)]
    what = "it" if not possible(kind) else "an object"
    return (
        f"The server refuses this while {what} is {' or '.join(held)} that stays."
        if held
        else ""
    )


def describe(found: t.Any) -> str:
    """Return an object in words, such as ``host web1 with id 5 (region_id 2)``.

    :param found: the object. Its name may be unknown.
    """
    resource = type(found)
    name = found.to_dict().get(resource.NAME_ATTR)
    shown = "" if name is None else f" {printable(name)}"
    return f"{kind_of(type(found.manager)).noun}{shown} with id {places.describe(found)}"


def _extended(kind: Kind) -> list[Kind]:
    return [other for other in v1.kinds() if kind.extends(other)]


def _cascading(kind: Kind) -> t.Iterator[tuple[str, Ref[t.Any]]]:
    """Yield the references of a kind whose targets take the object with them."""
    for name, field in kind.fields.items():
        if not (isinstance(field, Ref) and field.storage.column):
            continue
        if field.storage.cascade and field.storage.foreign_key:
            yield name, field


def _counted(client: t.Any, found: t.Any) -> str:
    """Count the objects in an object by listing them, where lists have such a filter."""
    kind = kind_of(type(found.manager))
    numbers, others = [], []
    for other in possible(kind):
        names = [
            name
            for name, field in _cascading(other)
            if name in other.resource_class.filters
            and (kind is v1.kind(field.target) or kind.extends(v1.kind(field.target)))
        ]
        if not names:
            others.append(other.plural)
            continue
        pages = getattr(client, other.collection).pages(
            limit=_PAGE_SIZE, short_is_last=True, **{names[0]: found.id}
        )
        try:
            number = sum(map(len, pages))
        except exceptions.NotFound:  # the server does not have the kind
            continue
        numbers += [_number(other, number)] if number else []
    return _listed([*numbers, *([f"the {_listed(others)} in it"] if others else [])])


def _number(kind: Kind, number: int) -> str:
    return f"{number} {kind.noun if number == 1 else kind.plural}"


def _listed(parts: t.Sequence[str]) -> str:
    """Return words in a list, such as ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
