# SPDX-License-Identifier: Apache-2.0
"""Find an object by its name or its id, with as few requests as the API allows."""

from __future__ import annotations

import contextlib
import typing as t

from cratonclient import crud, exceptions, v1
from cratonclient.kinds import Kind, kind_of
from cratonclient_osc.verbs import candidates, words
from cratonclient_osc.verbs.places import ANYWHERE, Where, is_in
from cratonclient_osc.verbs.words import Word


def find(
    manager: crud.CRUDClient[t.Any], text: str, where: Where = ANYWHERE, **query: t.Any
) -> t.Any:
    """Return one object, with as few requests as the API allows.

    :param manager: the manager of the kind.
    :param text: the object as typed; see :func:`.words.parse`.
    :param where: the place to search.
    :param query: more query parameters, such as ``resolved_values``.
    :returns: the object with all its fields.
    :raises cratonclient.exceptions.NotFound: if no object matches.
    :raises cratonclient_osc.output.exit_status.Ambiguous: if several objects match, or if
        a number is the name of an object and not its id.
    :raises cratonclient_osc.output.exit_status.UsageError: if the API cannot search for
        the name in this place.
    """
    kind = kind_of(type(manager))
    word = words.parse(text, kind)
    by_id = _by_id([manager], word, where, **query)
    if by_id is not None and not word.is_number:
        return by_id
    if word.name is None:
        raise candidates.not_found(kind, word, where)
    if not _filters(kind.resource_class, {**where, "name": word.name}):
        if by_id is None:
            raise candidates.unsearchable(kind, word)
        return by_id
    details = {"details": True, **query} if "variables" in kind.parts else {}
    named = _by_name([manager], word, where, entity_tags=True, **details)
    if word.item_id is not None:
        return candidates.agreed(by_id, named, kind, word, where)
    found = candidates.only(named, kind, word, where)
    details_of_kind = {name for name, field in kind.fields.items() if field.shown == "details"}
    complete = details_of_kind <= found.to_dict().keys()
    return found if complete else manager.get(found.id, **query)


def find_to_delete(
    manager: crud.CRUDClient[t.Any], text: str, where: Where = ANYWHERE
) -> t.Any:
    """Return one object as :func:`find` does, even if the server cannot show it.

    An original server that stored an invalid address fails to show the object and all
    lists with it. Such an object can only be deleted by its id.

    :param manager: the manager of the kind.
    :param text: the object as typed; see :func:`.words.parse`.
    :param where: the place to search.
    :returns: the object, with no other field than its id if the server cannot show it.
    :raises cratonclient.exceptions.ClientException: as for :func:`find`.
    """
    kind = kind_of(type(manager))
    word = words.parse(text, kind)
    try:
        try:
            return find(manager, text, where)
        except exceptions.InternalServerError:
            if word.item_id is None or where:
                raise
        found = manager.resource_class(manager, {"id": word.item_id}, loaded=True)
        named = _by_name([manager], word, where) if word.is_number else []
        return candidates.agreed(found, named, kind, word, where)
    except exceptions.InternalServerError as exc:
        raise candidates.cannot_show(exc, kind, word) from None


def find_id(
    client: t.Any, collection: str, text: str, where: Where = ANYWHERE, strict: bool = True
) -> int | str:
    """Return the id of the object that an option refers to.

    The object with an id is requested only to check that it is in ``where``, or that no
    other object has the id as its name.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param collection: collection of the object. For a kind that other kinds extend, such
        as devices, the collections of those kinds are searched.
    :param text: the object as typed; see :func:`.words.parse`.
    :param where: the place to search.
    :param strict: search only in ``where``. If false, search everywhere, and use ``where``
        to choose between several objects.
    :raises cratonclient.exceptions.NotFound: if no object matches.
    :raises cratonclient_osc.output.exit_status.Ambiguous: as for :func:`find`.
    """
    kind = v1.kind(collection)
    word = words.parse(text, kind)
    searched = managers(client, kind)
    place = where if strict else ANYWHERE
    is_uuid = word.item_id is not None and not word.is_number
    named = [] if is_uuid else _by_name(searched, word, place)
    if word.item_id is None:
        if len(named) > 1:
            named = [match for match in named if is_in(match.to_dict(), where)] or named
        return t.cast("int | str", candidates.only(named, kind, word, place).id)
    if named or place:
        candidates.agreed(_by_id(searched, word, place), named, kind, word, place)
    return word.item_id


def check_number(client: t.Any, collection: str, text: str) -> None:
    """Check that an object exists, if it is given by a number.

    If the server does not show the object to this user, it counts as existing.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param collection: collection of the object, as for :func:`find_id`.
    :param text: the object as typed; see :func:`.words.parse`.
    :raises cratonclient.exceptions.NotFound: if no object has the id.
    """
    kind = v1.kind(collection)
    word = words.parse(text, kind)
    if not isinstance(word.item_id, int):
        return
    with contextlib.suppress(exceptions.Forbidden, exceptions.InternalServerError):
        if _by_id(managers(client, kind), word, ANYWHERE) is None:
            raise candidates.not_found(kind, word, ANYWHERE)


def managers(client: t.Any, kind: Kind) -> list[crud.CRUDClient[t.Any]]:
    """Return the managers of a kind, or of the kinds that extend it.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param kind: the kind.
    """
    kinds = [kind] if kind.can("get") else [k for k in v1.kinds() if k.extends(kind)]
    return [getattr(client, k.collection) for k in kinds if k.can("get")]


def _by_id(
    managers: t.Iterable[crud.CRUDClient[t.Any]], word: Word, where: Where, **query: t.Any
) -> t.Any:
    """Return the object with an id in a place, or None."""
    for manager in managers if word.item_id is not None else ():
        try:
            found = manager.get(word.item_id, **query)
        except exceptions.NotFound:
            continue
        if is_in(found.to_dict(), where):
            return found
    return None


def _by_name(
    managers: t.Iterable[crud.CRUDClient[t.Any]], word: Word, where: Where, **query: t.Any
) -> list[t.Any]:
    """Return the objects with a name; none for a word that is only an id.

    The API differs from kind to kind: for some kinds it takes the name as a pattern, and for
    some it can filter only by the place. So this function compares the names and places of
    the matches again.
    """
    found: list[t.Any] = []
    for manager in managers if word.name is not None else ():
        resource = manager.resource_class
        filters: t.Any = _filters(resource, {**where, "name": word.bare})
        if not filters:
            continue
        found += [
            match
            for match in manager.list(short_is_last=True, **query, **filters)
            if getattr(match, resource.NAME_ATTR) == word.name and is_in(match.to_dict(), where)
        ]
    return found


def _filters(
    resource: type[crud.Resource], where: t.Mapping[str, int | str]
) -> dict[str, int | str]:
    """Return the values that the API can filter a list by."""
    known = {*resource.filters, *resource.parameters}
    return {n: value for n, value in where.items() if n in known}
