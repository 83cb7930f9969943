# SPDX-License-Identifier: Apache-2.0
"""The objects that an object refers to, such as ``host.region``, and those that refer to it.

They follow from the references in the declarations. A list of objects that refer to an
object needs a filter by that reference: ``region.hosts`` is the manager of the hosts of a
region, because lists of hosts can be filtered by ``region_id``.
"""

from __future__ import annotations

import typing as t

from cratonclient import crud, exceptions, keywords, v1
from cratonclient.fields import Ref
from cratonclient.kinds import Kind

M = t.TypeVar("M", bound=crud.CRUDClient[t.Any])


def related(resource: crud.Resource, name: str) -> t.Any:
    """Return a related object, or the manager of related objects.

    :param resource: object of the fleet, with a manager.
    :param name: name of a reference without ``_id``, such as ``'region'``, or of a
        collection, such as ``'hosts'``.
    :returns: the object, which requests its fields when one of them is read; ``None`` if the
        reference is null; or the manager.
    :raises LookupError: if the declarations have no such relation.

    >>> related(host, 'region').name
    'east'
    >>> [host.name for host in related(region, 'hosts').list()]
    ['web-1']
    """
    field = type(resource).fields().get(f"{name}_id")
    if isinstance(field, Ref):
        item_id = getattr(resource, f"{name}_id")
        return None if item_id is None else _object(resource.manager, field.target, item_id)
    kind = v1.kind(name)
    reference = reference_to(type(resource), kind)
    if reference is None:
        raise LookupError(name)
    found = _manager(resource.manager, kind, {reference: resource.id})
    found.within = resource
    return found


def reference_to(cls: type[crud.Resource], kind: Kind) -> str | None:
    """Return the field of a kind that refers to the objects of a class, if lists filter by it.

    :param cls: class of the objects that are referred to.
    :param kind: kind of the objects that refer to them.
    """
    targets = keywords.collections_of(cls)
    for name, field in kind.fields.items():
        if isinstance(field, Ref) and field.target in targets and name in _filters(kind):
            return name
    return None


def reachable(cls: type[crud.Resource]) -> dict[str, str]:
    """Return the relations of the objects of a class: the names, with the collections.

    :param cls: class of the objects.

    >>> reachable(Region)['hosts'], reachable(Region)['cloud']
    ('hosts', 'clouds')
    """
    above = {
        name.removesuffix("_id"): field.target
        for name, field in cls.fields().items()
        if isinstance(field, Ref)
    }
    below = {k.collection: k.collection for k in v1.kinds() if reference_to(cls, k)}
    return {**above, **below}


def _filters(kind: Kind) -> tuple[str, ...]:
    return kind.resource_class.filters


def _object(manager: crud.CRUDClient[t.Any], collection: str, item_id: t.Any) -> t.Any:
    """Return an object by its id. Its fields are requested when one of them is read."""
    kind = v1.kind(collection)
    if kind.can("get"):
        return kind.resource_class(_manager(manager, kind, {}), {"id": item_id})
    for other in v1.kinds():  # a device is a host or a network device
        if other.extends(kind) and other.can("get"):
            try:
                return _manager(manager, other, {}).get(item_id)
            except exceptions.NotFound:
                continue
    raise exceptions.NotFound(f"No {kind.noun} has the id {item_id}.")


def _manager(
    manager: crud.CRUDClient[t.Any], kind: Kind, arguments: dict[str, t.Any]
) -> crud.CRUDClient[t.Any]:
    """Return the manager of another kind, with the session of a manager."""
    return with_relations(kind.manager(manager.session, manager.url, **arguments))


def with_relations(manager: M) -> M:
    """Return a manager after letting its objects find their related objects.

    :param manager: manager of a kind, modified in place.
    """
    manager.related, manager.reachable = related, reachable
    return manager
