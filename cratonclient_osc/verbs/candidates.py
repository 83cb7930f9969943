# SPDX-License-Identifier: Apache-2.0
"""Choose the object that a word means, or refuse to guess."""

from __future__ import annotations

import itertools
import typing as t

from cratonclient import exceptions, ids, sentences
from cratonclient.kinds import Kind
from cratonclient.printable import printable
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import places
from cratonclient_osc.verbs.words import Word

#: The maximum number of candidates in an error message.
_MAX_CANDIDATES = 10


def only(found: list[t.Any], kind: Kind, word: Word, where: places.Where) -> t.Any:
    """Return the only object of a list.

    :param found: the objects that match the word.
    :param kind: kind of the objects.
    :param word: the word that the user typed.
    :param where: the place that was searched.
    :raises cratonclient.exceptions.NotFound: if the list is empty.
    :raises cratonclient_osc.output.exit_status.Ambiguous: if it has several objects.
    """
    if not found:
        raise not_found(kind, word, where)
    if len(found) > 1:
        raise exit_status.Ambiguous(
            printable(
                f"The name {word.bare!r} matches more than one {kind.noun}. "
                f"Use one of the ids: {_listed(found)}."
            )
        )
    return found[0]


def agreed(
    by_id: t.Any, named: list[t.Any], kind: Kind, word: Word, where: places.Where
) -> t.Any:
    """Return the object that a number means, if both of its readings are this object.

    A number that is only a name is refused, too. A script that is run twice would otherwise
    delete the host with the id 42, and then another host, which is called ``42``.

    :param by_id: the object with this id, or None.
    :param named: the objects with this name.
    :raises cratonclient.exceptions.NotFound: if there are neither.
    :raises cratonclient_osc.output.exit_status.Ambiguous: if both readings do not agree.
    """
    if by_id is None and not named:
        raise not_found(kind, word, where)
    if all(by_id is not None and _same(by_id, match) for match in named):
        return by_id
    number = word.bare
    use_name = f"use name:{number}" if len(named) == 1 else "use one of the ids"
    other = f"For the {kind.noun} with this name, {use_name}: {_listed(named)}."
    if by_id is None:
        raise exit_status.Ambiguous(printable(f"No {kind.noun} has the id {number}. {other}"))
    raise exit_status.Ambiguous(
        printable(
            f"{number} is the id of one {kind.noun} and the name of another. For the "
            f"{kind.noun} with this id, use id:{number}: {_listed([by_id])}. {other}"
        )
    )


def not_found(kind: Kind, word: Word, where: places.Where) -> exceptions.NotFound:
    """Return the error for a word that matches no object.

    :param kind: kind of the object.
    :param word: the word that the user typed.
    :param where: the place that was searched.
    """
    meaning = "id" if word.name is None else "name or id"
    if word.item_id is None and ids.is_id(word.bare, kind.fields["id"].type):  # name:42
        meaning = "name"
    return exceptions.NotFound(
        f"No {kind.noun} has the {meaning} {word.bare!r}{where}. "
        f"List the {kind.plural} with 'craton {kind.noun} list'."
    )


def cannot_show(
    error: exceptions.InternalServerError, kind: Kind, word: Word
) -> exceptions.InternalServerError:
    """Return the error for an object to delete that the server fails to look up.

    :param error: the error of the server.
    :param kind: kind of the object.
    :param word: the word that the user typed.
    """
    number = "<id>" if word.item_id is None else word.bare
    return exceptions.InternalServerError(
        f"{sentences.ended(error.message)} If the server cannot show the {kind.noun} "
        f"{word.bare!r}, delete it by its id alone: id:{number}",
        response=error.response,
        exception=error,
    )


def unsearchable(kind: Kind, word: Word) -> exceptions.ClientException:
    """Return the error for a name of a kind that the API cannot filter by name.

    :param kind: kind of the object.
    :param word: the word that the user typed.
    """
    narrowing = [n for n in places.scopes(kind) if n in kind.resource_class.filters]
    options = " or ".join(f"--{name.removesuffix('_id')}" for name in narrowing)
    if word.item_id is not None:
        return exceptions.NotFound(
            f"No {kind.noun} has the id {word.bare!r}. To look up a name, add {options}."
        )
    return exit_status.UsageError(
        f"Cannot look up the {kind.noun} {word.bare!r} by name alone: use its id, or add "
        f"{options}."
    )


def _same(one: t.Any, other: t.Any) -> bool:
    """Return True if two objects are the same object."""
    return bool(one.id == other.id and type(one) is type(other))


def _listed(found: list[t.Any]) -> str:
    """Return the ids and places of objects, for an error message."""
    described = [places.describe(one) for one in itertools.islice(found, _MAX_CANDIDATES)]
    more = len(found) - len(described)
    return ", ".join(described) + (f" and {more} more" if more else "")
