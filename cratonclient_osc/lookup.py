# SPDX-License-Identifier: Apache-2.0
"""Find an object by what people call it: its name or its id."""

from __future__ import annotations

import typing as t

from cratonclient import crud, exceptions
from cratonclient_osc import status


def find(manager: crud.CRUDClient, text: str) -> t.Any:
    """Find one object, with as few requests as the API allows.

    :param manager: the manager of its kind.
    :param text: its name or its id; an id is tried first.
    :returns: the object with all that is known of it.
    :raises cratonclient.exceptions.NotFound: when there is none.
    :raises cratonclient_osc.status.Ambiguous: when the name is not unique.
    """
    resource = manager.resource_class
    what = manager.key.replace("_", " ")
    if _may_be_id(text, resource):
        try:
            return manager.get(text)
        except exceptions.NotFound:
            pass  # there may be an object with such a name
    if not {"name", resource.NAME_ATTR} & {*resource.filters, *resource.parameters}:
        raise exceptions.NotFound(f"There is no {what} with the id {text!r}; names do not do.")
    found = _by_name(manager, text)
    if not found:
        raise exceptions.NotFound(f"There is no {what} with the name or id {text!r}.")
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        raise status.Ambiguous(
            f"The name {text!r} means more than one {what}: give one of the ids {ids}."
        )
    return manager.get(found[0].id)


def find_id(manager: crud.CRUDClient, text: str) -> int | str:
    """Find the id of what an option refers to; a number is taken at its word."""
    if _may_be_id(text, manager.resource_class):
        return text if manager.resource_class.fields()["id"].type is str else int(text)
    return t.cast("int | str", find(manager, text).id)


def _may_be_id(text: str, resource: type[crud.Resource]) -> bool:
    if text.isascii() and text.isdigit():
        return True
    digits = text.lower().replace("-", "")
    return (
        resource.fields()["id"].type is str
        and len(digits) == 32
        and set(digits) <= set("0123456789abcdef")
    )


def _by_name(manager: crud.CRUDClient, name: str) -> list[t.Any]:
    """Ask for objects of a name. Some kinds answer with 404, some with a pattern's matches."""
    attribute = manager.resource_class.NAME_ATTR
    try:
        return [one for one in manager.list(name=name) if getattr(one, attribute) == name]
    except exceptions.NotFound:
        return []
