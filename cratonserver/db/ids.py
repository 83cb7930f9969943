# SPDX-License-Identifier: Apache-2.0
"""Parse the ids of objects in paths and markers."""

from __future__ import annotations

import contextlib
import re
import uuid

from cratonclient.kinds import Kind
from cratonserver import errors, identity

#: The largest id that the store can hold, and an id that no object has.
MAX_ID, NO_ID = 2**31 - 1, 0

#: An integer as it is printed. ``int`` accepts more, such as ``0001``, ``+1`` and ``1_0``.
INTEGER = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def parse(kind: Kind, text: str) -> int | str:
    """Parse the id of an object. It must be spelled exactly as the server prints it.

    :param kind: kind of the object. Its ids are integers or UUIDs.
    :param text: text of the id. The id of a project may also be an integer.
    :raises cratonserver.errors.Refused: with status 404, if it is not an id.

    >>> parse(v1.kind('hosts'), '5')
    5
    """
    if kind.fields["id"].type is str:
        if identity.PRINTED_PROJECT_ID.fullmatch(text):
            return identity.canonical_project_id(text)
    elif INTEGER.fullmatch(text):
        return int(text) if len(text) < 11 and int(text) <= MAX_ID else NO_ID
    raise errors.not_found()


def is_misspelled(kind: Kind, text: str) -> bool:
    """Return True if a text is an id in a spelling that :func:`parse` refuses.

    :param kind: kind of the object. Its ids are integers or UUIDs.
    :param text: text of the id, such as ``0001``.
    """
    with contextlib.suppress(ValueError):
        return int(text) >= 0
    if kind.fields["id"].type is str:
        with contextlib.suppress(ValueError):
            return bool(uuid.UUID(text.strip()))
    return False
