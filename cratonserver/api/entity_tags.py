# SPDX-License-Identifier: Apache-2.0
"""Entity tags: which state of an object a response shows, and a request builds on.

The tag of an object is the revision of its last change: ``"7"``. It covers the fields, own
variables and labels of the object. Inherited variables can change with any change of the
project, so a response with them has the last revision of the project, too: ``"7.12"``. What the
server notes without a change of the object, such as the last use of an API key, is a digest in
the tag: ``"7.d1ae"``. In ``If-Match``, only the revision of the object counts.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

import falcon
import sqlalchemy as sa

from cratonclient.http.response import ROW_TAGS
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import reading
from cratonserver.db.objects import Objects
from cratonserver.db.tables import Tables

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*+')


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
    project_id = None if who.is_root else who.project_id
    return of_list_at(req, reading.last_revision(connection, tables, project_id))


def of_list_at(req: falcon.Request, last: int) -> str:
    """Return the tag of a list.

    :param last: last revision of the project, or the number of all changes for root users.
    """
    who = req.context.identity
    parts = (
        *(req.path, req.query_string, are_wanted(req)),
        *(who.project_id, who.username, who.is_admin, who.is_root),
    )
    return f'W/"{last}-{_digest(parts)}"'


def are_wanted(req: falcon.Request) -> bool:
    """Return True if the objects of a list shall have their tags."""
    return (req.get_header(ROW_TAGS) or "").strip().lower() == "true"


def of_rows(objects: Objects, rows: t.Sequence[Row]) -> dict[t.Any, str]:
    """Return the tags of the objects of a page, by their ids, without inherited variables.

    :param objects: the objects, in the transaction that reads the page.
    :param rows: the page.
    """
    connection, tables = objects.connection, objects.tables
    ids_by_kind: dict[str, list[t.Any]] = {}
    for row in rows:
        ids_by_kind.setdefault(row.get("kind", objects.kind.key), []).append(row["id"])
    revisions: dict[str, int] = {}
    for kind in tables.members(objects.kind):
        if kind.key in ids_by_kind:
            revisions |= reading.revisions_of(connection, tables, kind, ids_by_kind[kind.key])
    # As for a single object: the last change of the others was removed from the history.
    projects = {
        row["id"]: objects.project_of(row) for row in rows if str(row["id"]) not in revisions
    }
    pruned = {
        project_id: reading.last_pruned(connection, tables, project_id)
        for project_id in {*projects.values()}
    }
    known = {str(item_id): pruned[project_id] for item_id, project_id in projects.items()}
    return {row["id"]: f'"{(revisions | known)[str(row["id"])]}"' for row in rows}


def with_notes(tag: str, noted: t.Sequence[t.Any]) -> str:
    """Return a tag that covers values that are not in the log.

    :param tag: tag of an object or a list.
    :param noted: the values. Without any, the tag is complete.
    """
    return f'{tag[:-1]}.{_digest(noted)}"' if noted else tag


def send(req: falcon.Request, resp: falcon.Response, tag: str) -> bool:
    """Set the tag of a response. If the client has this state, respond with 304.

    :returns: True if the client has it.
    """
    resp.set_header("ETag", tag)
    if not is_known(req, tag):
        return False
    resp.status = falcon.HTTP_304
    return True


def is_known(req: falcon.Request, tag: str) -> bool:
    """Return True if the client has the state with a tag."""
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
    if not _TAGS.fullmatch(given):
        raise errors.invalid([f'If-Match: {given!r} is not an entity tag such as "7"'])
    numbers = (tag.partition(".")[0] for tag in _TAG.findall(given))
    return frozenset(int(one) for one in numbers if re.fullmatch("[0-9]{1,18}", one))


def refuse_if_match(req: falcon.Request) -> None:
    """Refuse a request that builds on a state, but for no single object.

    :raises cratonserver.errors.Refused: with status 400.
    """
    if expected(req) is not None:
        raise errors.invalid(["If-Match: the request is not for one object"])


def _digest(value: object) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=8).hexdigest()
