# SPDX-License-Identifier: Apache-2.0
"""Find many objects by the words that users type for them, with few requests."""

from __future__ import annotations

import collections
import typing as t

from cratonclient import crud, exceptions
from cratonclient.kinds import Kind, kind_of
from cratonclient_osc.verbs import candidates, lookup, words
from cratonclient_osc.verbs.places import ANYWHERE, Where, is_in
from cratonclient_osc.verbs.words import Word


class Known:
    """Objects of a kind that were looked up, by id and by name.

    :param kind: the kind.
    :param found: the objects.
    """

    def __init__(self, kind: Kind, found: t.Iterable[t.Any]) -> None:
        self._kind = kind
        self._by_id: dict[int | str, t.Any] = {}
        self._by_name: dict[str, list[t.Any]] = collections.defaultdict(list)
        for one in found:
            self._by_id[one.id] = one
            self._by_name[getattr(one, type(one).NAME_ATTR)].append(one)

    def find(self, text: str, where: Where = ANYWHERE, strict: bool = True) -> t.Any:
        """Return the object that a word means.

        :param text: the object as typed; see :func:`.words.parse`.
        :param where: the place of the object.
        :param strict: the object must be there. If false, the place only decides between
            several objects.
        :raises cratonclient.exceptions.ClientException: as for :func:`.lookup.find`.
        """
        word = words.parse(text, self._kind)
        place = where if strict else ANYWHERE
        by_id = self._by_id.get(word.item_id) if word.item_id is not None else None
        if by_id is not None and not is_in(by_id.to_dict(), place):
            by_id = None
        if by_id is not None and not word.is_number:
            return by_id
        named = self._named(word, place)
        if len(named) > 1:
            named = [one for one in named if is_in(one.to_dict(), where)] or named
        if word.item_id is not None:
            return candidates.agreed(by_id, named, self._kind, word, place)
        return candidates.only(named, self._kind, word, place)

    def _named(self, word: Word, where: Where) -> list[t.Any]:
        named = self._by_name.get(word.name, []) if word.name is not None else []
        return [one for one in named if is_in(one.to_dict(), where)]


class Found(t.NamedTuple):
    """The objects that words mean.

    :param objects: objects, each once, in the order of the words.
    :param revisions: revision of each project, from before they were read.
    :param errors: the errors of words that do not mean one object, by word.
    """

    objects: list[t.Any]
    revisions: dict[str, int]
    errors: dict[str, exceptions.ClientException]


def request(
    client: t.Any,
    managers: t.Iterable[crud.CRUDClient[t.Any]],
    texts: t.Iterable[str],
    variables: str | None = None,
) -> tuple[list[t.Any], dict[str, int]]:
    """Request the objects that words may mean, and the revisions of their projects.

    :param client: a :class:`cratonclient.v1.client.Client` of a server that can look up many.
    :param managers: managers of the kinds to search.
    :param texts: the words.
    :param variables: as for :meth:`cratonclient.changes.ChangeManager.look_up`.
    """
    objects: list[t.Any] = []
    revisions: dict[str, int] = {}
    for manager in managers:
        parsed = [*_parsed(texts, kind_of(type(manager)))]
        found = client.changes.look_up(
            manager.items_key(),
            names=[word.name for word in parsed if word.name is not None],
            ids=[word.item_id for word in parsed if word.item_id is not None],
            variables=variables,
        )
        objects += [manager.resource_class(manager, one, loaded=True) for one in found.objects]
        revisions = {**found.revisions, **revisions}
    return objects, revisions


def _parsed(texts: t.Iterable[str], kind: Kind) -> t.Iterator[Word]:
    """Yield words. Those that are not valid are refused later, one by one."""
    for text in texts:
        try:
            yield words.parse(text, kind)
        except exceptions.CommandError:
            continue


def find(
    client: t.Any,
    manager: crud.CRUDClient[t.Any],
    texts: t.Sequence[str],
    where: Where,
    *,
    variables: str | None = None,
    one_by_one: bool = False,
) -> Found:
    """Find the objects that words mean.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param manager: the manager of the kind.
    :param texts: the words; see :func:`.words.parse`.
    :param where: the place to search.
    :param variables: as for :func:`request`.
    :param one_by_one: the server cannot look up many: send a request for each word.
    """
    objects: dict[t.Any, t.Any] = {}
    errors: dict[str, exceptions.ClientException] = {}
    revisions: dict[str, int] = {}
    find_one: t.Callable[[str, Where], t.Any]
    if one_by_one:
        find_one = lambda text, place: lookup.find(manager, text, place)  # noqa: E731
    else:
        found, revisions = request(client, [manager], texts, variables)
        find_one = Known(kind_of(type(manager)), found).find
    for text in dict.fromkeys(texts):
        try:
            one = find_one(text, where)
        except exceptions.ClientException as exc:
            errors[text] = exc
        else:
            objects.setdefault(one.id, one)
    return Found([*objects.values()], revisions, errors)
