# SPDX-License-Identifier: Apache-2.0
"""Find an object by its name or its id.

The *scopes* of a kind are the reference fields that say where an object is, such as
``region_id`` and ``cell_id``. A name is unique only within them, so commands have an option
for each scope. The ids that the options give are passed to these functions as ``where``.
"""

from __future__ import annotations

import itertools
import types
import typing as t

from cratonclient import crud, exceptions, v1
from cratonclient.fields import Ref
from cratonclient.kinds import Kind, kind_of
from cratonclient.printable import printable
from cratonclient_osc.output import exit_status

#: The place to search: ids by the names of scopes, such as ``{'region_id': 3}``.
Where = t.Mapping[str, "int | str"]
ANYWHERE: Where = types.MappingProxyType({})

#: The maximum number of objects on a page of the API.
_PAGE_SIZE = 100
#: The maximum number of candidates in an error message.
_MAX_CANDIDATES = 10


def find(
    manager: crud.CRUDClient[t.Any], text: str, where: Where = ANYWHERE, **query: t.Any
) -> t.Any:
    """Return one object, with as few requests as the API allows.

    :param manager: the manager of the kind.
    :param text: the name or the id of the object; it is tried as an id first.
    :param where: the place to search.
    :param query: more query parameters, such as ``resolved_values``.
    :returns: the object with all its fields.
    :raises cratonclient.exceptions.NotFound: if no object matches.
    :raises cratonclient_osc.output.exit_status.Ambiguous: if several objects match.
    :raises cratonclient_osc.output.exit_status.UsageError: if the API cannot search for
        the name in this place.
    """
    kind = kind_of(type(manager))
    resource = kind.resource_class
    if _may_be_id(text, resource):
        try:
            found = manager.get(text, **query)
        except exceptions.NotFound:
            pass  # the text may be the name of an object
        else:
            if is_in(found.to_dict(), where):
                return found
    if not _filters(resource, {**where, "name": text}):
        narrowing = [n for n in scopes(kind) if n in resource.filters]
        options = " or ".join(f"--{name.removesuffix('_id')}" for name in narrowing)
        raise exit_status.UsageError(
            f"Cannot look up the {kind.noun} {text!r} by name alone: use its id, or add "
            f"{options}."
        )
    details = {"details": True, **query} if "variables" in kind.parts else {}
    found = _single(_by_name([manager], text, where, **details), manager, text, where)
    details_of_kind = {name for name, field in kind.fields.items() if field.shown == "details"}
    complete = details_of_kind <= found.to_dict().keys()
    return found if complete else manager.get(found.id, **query)


def find_id(
    client: t.Any, collection: str, text: str, where: Where = ANYWHERE, strict: bool = True
) -> int | str:
    """Return the id of the object that an option refers to.

    An id is returned without a request; the server checks it later.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param collection: collection of the object. For a kind that other kinds extend, such
        as devices, the collections of those kinds are searched.
    :param text: the name or the id of the object.
    :param where: the place to search.
    :param strict: search only in ``where``. If false, search everywhere, and use ``where``
        to choose between several objects.
    :raises cratonclient.exceptions.NotFound: if no object has the name.
    :raises cratonclient_osc.output.exit_status.Ambiguous: if several objects have it.
    """
    manager = getattr(client, collection)
    resource = manager.resource_class
    if _may_be_id(text, resource):
        return text if resource.fields()["id"].type is str else int(text)
    managers = [manager]
    if "get" not in resource.operations:
        extending = (k for k in v1.kinds() if k.extends(v1.kind(collection)))
        managers = [getattr(client, k.collection) for k in extending]
    managers = [m for m in managers if "get" in m.resource_class.operations]
    found = _by_name(managers, text, where if strict else ANYWHERE)
    if len(found) > 1:
        found = [match for match in found if is_in(match.to_dict(), where)] or found
    return t.cast("int | str", _single(found, manager, text, where if strict else ANYWHERE).id)


def scopes(kind: Kind) -> dict[str, Ref[t.Any]]:
    """Return the scopes of a kind.

    These are the references to the place of an object, and to the place of that place: a
    region is in a cloud; a network interface is where its device is.

    :param kind: the kind of the objects.
    :returns: the declarations of the references, by the names of the fields.
    """
    found: dict[str, Ref[t.Any]] = {}
    for name, field in kind.fields.items():
        if not isinstance(field, Ref) or not field.storage.cascade or field.update:
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


def _may_be_id(text: str, resource: type[crud.Resource]) -> bool:
    if text.isascii() and text.isdigit():
        return True
    digits = text.lower().replace("-", "")
    return (
        resource.fields()["id"].type is str
        and len(digits) == 32
        and set(digits) <= set("0123456789abcdef")
    )


def _by_name(
    managers: t.Iterable[crud.CRUDClient[t.Any]], name: str, where: Where, **query: t.Any
) -> list[t.Any]:
    """Find the objects with a name.

    The API differs from kind to kind: for an unknown name it returns an empty list or
    404, for some kinds it takes the name as a pattern, and for some it can filter only by
    the place. So this function compares the names and places of the matches again.
    """
    found: list[t.Any] = []
    for manager in managers:
        resource = manager.resource_class
        filters = _filters(resource, {**where, "name": name})
        if not filters:
            continue
        try:
            matches = _all(manager, **filters, **query)
        except exceptions.NotFound:
            continue
        found += [
            match
            for match in matches
            if getattr(match, resource.NAME_ATTR) == name and is_in(match.to_dict(), where)
        ]
    return found


def _filters(resource: type[crud.Resource], where: Where) -> dict[str, int | str]:
    """Return the values that the API can filter a list by."""
    known = {*resource.filters, *resource.parameters}
    return {n: value for n, value in where.items() if n in known}


def _all(manager: crud.CRUDClient[t.Any], **query: t.Any) -> list[t.Any]:
    """Return all objects of a list. A list that fits on one page takes one request."""
    page = list(manager.list(**query, limit=_PAGE_SIZE, autopaginate=False))
    if len(page) < _PAGE_SIZE:
        return page
    return [*page, *manager.list(**query, limit=_PAGE_SIZE, marker=page[-1].id)]


def is_in(known: t.Mapping[str, t.Any], where: Where) -> bool:
    """Return true if an object is in a place. The server may have ignored the filter.

    :param known: the fields of the object. A missing field counts as a match.
    :param where: the place.
    """
    return all(str(known.get(n, value)) == str(value) for n, value in where.items())


def _single(
    found: list[t.Any], manager: crud.CRUDClient[t.Any], text: str, where: Where
) -> t.Any:
    """Return the only object of a list.

    :raises cratonclient.exceptions.NotFound: if the list is empty.
    :raises cratonclient_osc.output.exit_status.Ambiguous: if it has several objects.
    """
    kind = kind_of(type(manager))
    if not found:
        place = "".join(
            f" in {name.removesuffix('_id').replace('_', ' ')} {value}"
            for name, value in where.items()
        )
        raise exceptions.NotFound(
            f"No {kind.noun} has the name or id {text!r}{place}. "
            f"List the {kind.plural} with 'craton {kind.noun} list'."
        )
    if len(found) > 1:
        candidates = [describe(match) for match in itertools.islice(found, _MAX_CANDIDATES)]
        more = len(found) - len(candidates)
        ids = ", ".join(candidates) + (f" and {more} more" if more else "")
        raise exit_status.Ambiguous(
            printable(
                f"The name {text!r} matches more than one {kind.noun}. "
                f"Use one of the ids: {ids}."
            )
        )
    return found[0]
