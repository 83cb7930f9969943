# SPDX-License-Identifier: Apache-2.0
"""Find an object by what people call it: its name or its id."""

from __future__ import annotations

import itertools
import types
import typing as t

from cratonclient import crud, exceptions, v1
from cratonclient.fields import Ref
from cratonclient.kinds import Kind, kind_of
from cratonclient.printable import printable
from cratonclient_osc.output import exit_status

#: Ids by the names of reference fields, such as ``{'region_id': 3}``: where to look.
Where = t.Mapping[str, "int | str"]
ANYWHERE: Where = types.MappingProxyType({})

#: The largest page that the API gives, and how many candidates a message names.
_PAGE, _NAMED = 100, 10


def find(
    manager: crud.CRUDClient[t.Any], text: str, where: Where = ANYWHERE, **query: t.Any
) -> t.Any:
    """Find one object, with as few requests as the API allows.

    :param manager: the manager of its kind.
    :param text: its name or its id; an id is tried first.
    :param where: what it must be in.
    :param query: further parameters, ``resolved_values``.
    :returns: the object with all that is known of it.
    :raises cratonclient.exceptions.NotFound: when there is none.
    :raises cratonclient_osc.output.exit_status.Ambiguous: when the name is not unique.
    """
    kind = kind_of(type(manager))
    resource = kind.resource_class
    if _may_be_id(text, resource):
        try:
            found = manager.get(text, **query)
        except exceptions.NotFound:
            pass  # there may be an object with such a name
        else:
            if is_in(found.to_dict(), where):
                return found
    if not _asked(resource, {**where, "name": text}):
        narrowing = [n for n in scopes(kind) if n in resource.filters]
        options = " or ".join(f"--{name.removesuffix('_id')}" for name in narrowing)
        raise exit_status.UsageError(
            f"Give the id of the {kind.noun}, or {options} with its name."
        )
    details = {"details": True, **query} if "variables" in kind.parts else {}
    found = _only(_by_name([manager], text, where, **details), manager, text, where)
    complete = "variables" in found.to_dict() or not kind.has_variables
    return found if complete else manager.get(found.id, **query)


def find_id(
    client: t.Any, collection: str, text: str, where: Where = ANYWHERE, strict: bool = True
) -> int | str:
    """Find the id of what an option refers to; an id is taken at its word.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param collection: what it refers to. Where that is a kind that others
        extend, such as devices, all of those are asked.
    :param text: a name or an id.
    :param where: what it must be in,
    :param strict: or, if not, what decides between several of that name.
    :raises cratonclient.exceptions.NotFound: when there is no such name.
    :raises cratonclient_osc.output.exit_status.Ambiguous: when the name is not unique.
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
        found = [one for one in found if is_in(one.to_dict(), where)] or found
    return t.cast("int | str", _only(found, manager, text, where if strict else ANYWHERE).id)


def scopes(kind: Kind) -> dict[str, Ref[t.Any]]:
    """Give the references that tell objects of one name apart.

    They are the references to what an object lives in, and those of that in
    turn: a region is in a cloud, a port of a device is where the device is.
    """
    found: dict[str, Ref[t.Any]] = {}
    for name, field in kind.fields.items():
        if not isinstance(field, Ref) or not field.storage.cascade or field.update:
            continue
        if field.create or name in kind.resource_class.unique:
            found[name] = field
    for field in list(found.values()):
        for name, above in scopes(v1.kind(field.target)).items():
            if above.create:
                found.setdefault(name, above)
    return found


def describe(one: t.Any) -> str:
    """Name an object so that nobody takes it for another: ``5 (region_id 2)``."""
    known = one.to_dict()
    facts = [
        f"{name} {known[name]}"
        for name in scopes(kind_of(type(one.manager)))
        if known.get(name) is not None and name in type(one).fields()
    ]
    return f"{one.id} ({', '.join(facts)})" if facts else str(one.id)


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
    """Ask for objects of a name.

    Some kinds answer with 404, some with the matches of a pattern, and some
    cannot be asked by name, but by what they are in.
    """
    found: list[t.Any] = []
    for manager in managers:
        resource = manager.resource_class
        asked = _asked(resource, {**where, "name": name})
        if not asked:
            continue
        try:
            matches = _all(manager, **asked, **query)
        except exceptions.NotFound:
            continue
        found += [
            one
            for one in matches
            if getattr(one, resource.NAME_ATTR) == name and is_in(one.to_dict(), where)
        ]
    return found


def _asked(resource: type[crud.Resource], where: Where) -> dict[str, int | str]:
    """Give what a list can be asked for of that."""
    known = {*resource.filters, *resource.parameters}
    return {n: value for n, value in where.items() if n in known}


def _all(manager: crud.CRUDClient[t.Any], **query: t.Any) -> list[t.Any]:
    """Read a list; most often it is one page, and then it takes one request."""
    page = list(manager.list(**query, limit=_PAGE, autopaginate=False))
    if len(page) < _PAGE:
        return page
    return [*page, *manager.list(**query, limit=_PAGE, marker=page[-1].id)]


def is_in(known: t.Mapping[str, t.Any], where: Where) -> bool:
    """Tell whether an object is where it must be; the server may not have looked.

    :param known: what the server said of it.
    """
    return all(str(known.get(n, value)) == str(value) for n, value in where.items())


def _only(
    found: list[t.Any], manager: crud.CRUDClient[t.Any], text: str, where: Where
) -> t.Any:
    """Give the one object that was found.

    :raises cratonclient.exceptions.NotFound: when there is none.
    :raises cratonclient_osc.output.exit_status.Ambiguous: when there are more.
    """
    what = kind_of(type(manager)).noun
    if not found:
        there = "".join(
            f" in the {name.removesuffix('_id').replace('_', ' ')} {value}"
            for name, value in where.items()
        )
        raise exceptions.NotFound(f"There is no {what} with the name or id {text!r}{there}.")
    if len(found) > 1:
        named = [describe(one) for one in itertools.islice(found, _NAMED)]
        more = len(found) - len(named)
        ids = ", ".join(named) + (f" and {more} more" if more else "")
        raise exit_status.Ambiguous(
            printable(
                f"The name {text!r} means more than one {what}: give one of the ids {ids}."
            )
        )
    return found[0]
