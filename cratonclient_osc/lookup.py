# SPDX-License-Identifier: Apache-2.0
"""Find an object by what people call it: its name or its id."""

from __future__ import annotations

import typing as t

from cratonclient import crud, exceptions, v1
from cratonclient_osc import status


def find(manager: crud.CRUDClient[t.Any], text: str) -> t.Any:
    """Find one object, with as few requests as the API allows.

    :param manager: the manager of its kind.
    :param text: its name or its id; an id is tried first.
    :returns: the object with all that is known of it.
    :raises cratonclient.exceptions.NotFound: when there is none.
    :raises cratonclient_osc.status.Ambiguous: when the name is not unique.
    """
    if _may_be_id(text, manager.resource_class):
        try:
            return manager.get(text)
        except exceptions.NotFound:
            pass  # there may be an object with such a name
    return manager.get(_only(_by_name([manager], text), manager, text).id)


def find_id(client: t.Any, collection: str, text: str) -> int | str:
    """Find the id of what an option refers to; an id is taken at its word.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param collection: what it refers to. Where that is a kind that others
        extend, such as devices, all of those are asked.
    :param text: a name or an id.
    :raises cratonclient.exceptions.NotFound: when there is no such name.
    :raises cratonclient_osc.status.Ambiguous: when the name is not unique.
    """
    manager = getattr(client, collection)
    resource = manager.resource_class
    if _may_be_id(text, resource):
        return text if resource.fields()["id"].type is str else int(text)
    managers = [manager]
    if "get" not in resource.operations:
        kinds = (k for k in v1.kinds() if issubclass(k.resource_class, resource))
        managers = [getattr(client, v1.collection_of(k)) for k in kinds]
    found = _by_name([m for m in managers if "get" in m.resource_class.operations], text)
    return t.cast("int | str", _only(found, manager, text).id)


def _may_be_id(text: str, resource: type[crud.Resource]) -> bool:
    if text.isascii() and text.isdigit():
        return True
    digits = text.lower().replace("-", "")
    return (
        resource.fields()["id"].type is str
        and len(digits) == 32
        and set(digits) <= set("0123456789abcdef")
    )


def _by_name(managers: t.Iterable[crud.CRUDClient[t.Any]], name: str) -> list[t.Any]:
    """Ask for objects of a name.

    Some kinds answer with 404, some with the matches of a pattern, and some
    cannot be asked.
    """
    found: list[t.Any] = []
    for manager in managers:
        resource = manager.resource_class
        if "name" not in {*resource.filters, *resource.parameters}:
            continue
        try:
            matches = list(manager.list(name=name))
        except exceptions.NotFound:
            continue
        found += [one for one in matches if getattr(one, resource.NAME_ATTR) == name]
    return found


def _only(found: list[t.Any], manager: crud.CRUDClient[t.Any], text: str) -> t.Any:
    """Give the one object that was found.

    :raises cratonclient.exceptions.NotFound: when there is none.
    :raises cratonclient_osc.status.Ambiguous: when there are more.
    """
    what = manager.key.replace("_", " ")
    if not found:
        raise exceptions.NotFound(f"There is no {what} with the name or id {text!r}.")
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        raise status.Ambiguous(
            f"The name {text!r} means more than one {what}: give one of the ids {ids}."
        )
    return found[0]
