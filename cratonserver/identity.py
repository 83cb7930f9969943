# SPDX-License-Identifier: Apache-2.0
"""Who makes a request, and how the store knows (wire document, sections 2 and 13)."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import hmac
import re
import secrets
import typing as t
import uuid

import sqlalchemy as sa

from cratonserver import errors
from cratonserver.db import databases

#: The project that a new fleet begins with. ``projects/1`` is another way to
#: write its id, see :func:`project_id`.
FIRST_PROJECT = str(uuid.UUID(int=1))


#: The spellings of a project's id: a UUID with or without hyphens, in braces,
#: with its prefix, or a number. (Python reads more as a UUID: any digits, for one.)
PROJECT_ID = re.compile(
    r"^([0-9]{1,31}|(urn:uuid:)?\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?)$"
)


@dataclasses.dataclass(frozen=True)
class Identity:
    """A user, in the project that the requests are about.

    :param user_id: the id among Craton's own users, ``None`` for others.
    :param can_write: whether anything may be changed at all.
    """

    project_id: str
    username: str = ""
    is_admin: bool = False
    is_root: bool = False
    user_id: int | None = None
    can_write: bool = True


#: Whoever can write the file of an embedded fleet owns it.
OWNER = Identity(FIRST_PROJECT, "owner", is_admin=True, is_root=True)


#: What API keys begin with, so that people, and programs that look for secrets
#: in the wrong places, can tell what they see.
KEY_PREFIX = "craton_"


def new_key() -> tuple[str, str]:
    """Make an API key.

    :returns: the key, of 160 random bits, and the digest of it that is stored.

    >>> key, stored = new_key()
    >>> key.startswith(KEY_PREFIX), len(key), digest(key) == stored
    (True, 47, True)
    """
    key = KEY_PREFIX + secrets.token_hex(20)
    return key, digest(key)


def digest(api_key: str) -> str:
    """Give what the store keeps of an API key.

    Keys are random and long, so a plain digest cannot be searched backwards.
    """
    return hashlib.sha256(api_key.encode()).hexdigest()


def project_id(text: str) -> str:
    """Give the canonical form of a project's id.

    :param text: a UUID in any of its spellings, or a number: the value of the
        UUID, so that the first project of a fleet is also project 1.
    :raises ValueError: when it is neither.

    >>> project_id('urn:uuid:B9F10ECA66AC4C279C139D01E65F96B4')
    'b9f10eca-66ac-4c27-9c13-9d01e65f96b4'
    """
    if not PROJECT_ID.fullmatch(text):
        raise ValueError(f"{text!r} is not a UUID")
    if text.isdigit() and len(text) < 32:
        return str(uuid.UUID(int=int(text)))
    return str(uuid.UUID(text))


def authenticate(
    connection: sa.Connection,
    users: sa.Table,
    username: str | None,
    api_key: str | None,
    project: str | None,
) -> Identity:
    """Find the user that three request headers name.

    :raises cratonserver.errors.Refused: with status 401.
    """
    try:
        canonical = project_id(project or "")
    except ValueError:
        message = f"Project ID ('{project}') is not a valid UUID"
        raise errors.Refused(401, message) from None
    if "\0" in (username or ""):  # nobody's name, and PostgreSQL takes none
        username = None
    named = {"project_id": canonical, "username": username or ""}
    row = connection.execute(_user(users), named).one_or_none()
    # The same work for a user that does not exist, so that time tells nothing.
    known = row.key_digest if row else _NOBODY
    right = hmac.compare_digest(known, digest(api_key or ""))
    if row is None or not right:
        raise errors.Refused(401, "The request could not be authenticated.")
    return Identity(canonical, row.username, row.is_admin, row.is_root, user_id=row.id)


_NOBODY = digest(secrets.token_hex(20))


@functools.lru_cache(maxsize=4)
def _user(users: sa.Table) -> sa.Select[t.Any]:
    """Make the query that every request begins with."""
    known = users.c
    columns = (known.id, known.username, known.key_digest, known.is_admin, known.is_root)
    named = sa.select(*columns).where(
        known.project_id == sa.bindparam("project_id"),
        known.username == sa.bindparam("username"),
    )
    return named.execution_options(**{databases.SETTLED: True})
