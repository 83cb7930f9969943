# SPDX-License-Identifier: Apache-2.0
"""Parse the ids of objects in paths and markers."""

from __future__ import annotations

from cratonclient.kinds import Kind
from cratonserver import errors, identity

#: The largest id that the store can hold.
MAX_ID = 2**31 - 1


def parse(kind: Kind, text: str) -> int | str:
    """Parse the id of an object.

    :param kind: kind of the object. Its ids are integers or UUIDs.
    :param text: text of the id. A UUID may have any spelling.
    :raises cratonserver.errors.Refused: with status 404, if it is not an id.

    >>> parse(v1.kind('hosts'), '5')
    5
    """
    if kind.fields["id"].type is str:
        try:
            return identity.canonical_project_id(text)
        except ValueError:
            raise errors.not_found() from None
    if text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= MAX_ID:
        return int(text)
    raise errors.not_found()
