# SPDX-License-Identifier: Apache-2.0
"""Entity tags: the state of an object that a request builds on.

Responses with one object, its variables or its labels have an entity tag, such as ``"7"``. It
is the revision of the last change of the object. A response with inherited variables has the
last revision of the project, too: ``"7.12"``. A request with the tag changes the object only if
nobody else has changed it since::

    host = craton.hosts.get(1)
    host.update(note='in repair', if_match=True)

If somebody has, :class:`~cratonclient.exceptions.PreconditionFailed` has both states.
"""

from __future__ import annotations

import contextlib
import time
import typing as t

from cratonclient import exceptions
from cratonclient.http.response import TAG, entity_tag
from cratonclient.printable import shown
from cratonclient.resource import IfMatch, Resource

T = t.TypeVar("T")

#: The attempts of a change that reads first. Of several programs, one succeeds each time.
ATTEMPTS = 40
#: The longest time before the second attempt, and before any other one, in seconds.
_FIRST_DELAY, _LONGEST_DELAY = 0.02, 0.5


def headers(tag: str | None) -> dict[str, t.Any]:
    """Return the arguments of a request that builds on a state; none without a tag.

    :param tag: entity tag of the state.
    """
    return {} if tag is None else {"headers": {"If-Match": tag}}


@contextlib.contextmanager
def expecting(
    manager: t.Any,
    if_match: IfMatch,
    own: t.Any,
    url: str,
    read: t.Callable[[], t.Any],
) -> t.Iterator[dict[str, t.Any]]:
    """Yield the arguments of a request that is refused if the object has another tag.

    An original server would ignore the tag, so a server without entity tags is an error.

    :param manager: manager that sends the request.
    :param if_match: the state that the request builds on.
    :param own: the object that ``True`` means.
    :param url: URL of the object.
    :param read: function that reads the present state.
    :raises cratonclient.exceptions.PreconditionFailed: from the block, with both states.
    :raises cratonclient.exceptions.FeatureMissing: if the server has no entity tags.
    :raises cratonclient.exceptions.CommandError: if there is no such tag.
    """
    from cratonclient import features

    features.require(manager.session, manager.api_url, "entity_tags")
    built_on = own if if_match is True else if_match
    _check_same(built_on, url)
    try:
        yield headers(tag_of(built_on))
    except exceptions.PreconditionFailed as exc:
        exc.entity_tag = entity_tag(exc.response)
        exc.changed = (exceptions.ChangedMeanwhile(state_of(built_on), read),)
        raise


def retrying(work: t.Callable[[], T]) -> T:
    """Call a function that reads and then changes; again if another program was quicker.

    :param work: the function. It sends its changes with the tag of what it read.
    :returns: its result.
    :raises cratonclient.exceptions.PreconditionFailed: after too many attempts.
    """
    for number in range(1, ATTEMPTS):
        try:
            return work()
        except exceptions.PreconditionFailed:
            pause(number)
    return work()


def pause(number: int) -> None:
    """Wait for a random time, so that the same programs do not meet again.

    :param number: number of the attempt that failed, from 1.
    """
    import random

    longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2**number)
    time.sleep(random.uniform(0, longest))  # noqa: S311  # not a secret


def _check_same(built_on: t.Any, url: str) -> None:
    """Refuse the tag of another object, which could have the same tag by chance.

    :raises cratonclient.exceptions.CommandError: if it is another object.
    """
    manager = getattr(built_on, "manager", None) if isinstance(built_on, Resource) else None
    if manager is None:
        return
    known = manager.url
    if manager.many:
        known = manager.build_url({f"{manager.key}_id": built_on.id})
    if known != url:
        raise exceptions.CommandError(
            f"if_match: the {type(built_on).__name__} is not the object to change. Pass that "
            "object, or its entity tag."
        )


def own_part(tag: str) -> str:
    """Return the entity tag of an object without its inherited variables.

    >>> own_part('"7.12"')
    '"7"'
    """
    return f'"{tag.removeprefix("W/").strip(chr(34)).partition(".")[0]}"'


def revision_of(built_on: t.Any) -> int:
    """Return the revision of an object in a value of the argument ``if_match``.

    :raises cratonclient.exceptions.CommandError: if it has none.

    >>> revision_of('"7.12"')
    7
    """
    tag = tag_of(built_on)
    number = own_part(tag).strip('"')
    if not (number.isascii() and number.isdigit()):
        raise exceptions.CommandError(f"if_match: {shown(tag)} is not the tag of an object.")
    return int(number)


def state_of(built_on: t.Any) -> Resource | None:
    """Return the object in a value of the argument ``if_match``, ``None`` for a bare tag."""
    return built_on if isinstance(built_on, Resource) else None


def tag_of(built_on: t.Any) -> str:
    """Return the entity tag in a value of the argument ``if_match``.

    :raises cratonclient.exceptions.CommandError: if it has none.
    """
    if isinstance(built_on, Resource):
        if built_on.entity_tag is None:
            raise exceptions.CommandError(
                f"The {type(built_on).__name__} has no entity tag, as objects of lists have "
                "none. Read it with get() or refresh() first, or the list with "
                "entity_tags=True."
            )
        return built_on.entity_tag
    if isinstance(built_on, str) and TAG.fullmatch(built_on):
        return built_on
    raise exceptions.CommandError(
        f"if_match: {shown(built_on)} is not an entity tag, such as '\"7\"', and not an object "
        "that was read. True means the object itself."
    )
