# SPDX-License-Identifier: Apache-2.0
"""Entity tags: which state of an object a response shows, and a request builds on.

The tag of an object is the revision of its last change: ``"7"``. It covers the fields, own
variables and labels of the object. Inherited variables can change with any change of the
project, so a response with them has the last revision of the project, too: ``"7.12"``. In
``If-Match``, only the revision of the object counts.
"""

from __future__ import annotations

import hashlib
import re

import falcon
import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db.change_log import reading
from cratonserver.db.tables import Tables

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def of_object(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    item_id: int | str,
    project_id: str,
    resolved: bool = False,
) -> str:
    """Return the tag of an object.

    :param project_id: id of its project.
    :param resolved: the response has inherited variables.
    """
    tag = str(reading.revision_of(connection, tables, kind, item_id, project_id))
    if resolved:
        tag += f".{reading.last_revision(connection, tables, project_id)}"
    return f'"{tag}"'


def of_list(req: falcon.Request, connection: sa.Connection, tables: Tables) -> str:
    """Return the tag of a list: any change of the project changes it.

    Root users see all projects. Each list has tags of its own, because a client may compare
    them with those of another list.
    """
    who = req.context.identity
    last = reading.last_revision(connection, tables, None if who.is_root else who.project_id)
    parts = req.path, req.query_string, who.project_id, who.username, who.is_admin, who.is_root
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
    return f'W/"{last}-{digest}"'


def is_known(req: falcon.Request, tag: str) -> bool:
    """Return True if the client has the state with a tag: the response is 304."""
    given = req.get_header("If-None-Match")
    if given is None:
        return False
    return given.strip() == "*" or tag.removeprefix("W/") in (
        f'"{found}"' for found in _TAG.findall(given)
    )


def expected(req: falcon.Request) -> frozenset[int] | None:
    """Return the revisions of an object that a request builds on, ``None`` for any.

    :raises cratonserver.errors.Refused: with status 400.
    """
    given = req.get_header("If-Match")
    if given is None or given.strip() == "*":
        return None
    found = _TAG.findall(given)
    numbers = [tag.partition(".")[0] for tag in found]
    if not found or not all(re.fullmatch("[0-9]{1,18}", number) for number in numbers):
        raise errors.invalid([f'If-Match: {given!r} is not an entity tag such as "7"'])
    return frozenset(map(int, numbers))
