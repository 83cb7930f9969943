# SPDX-License-Identifier: Apache-2.0
"""Who makes a request: identities, API keys, and the ids of projects.

How the server finds out who it is lives in :mod:`cratonserver.auth`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import secrets
import uuid

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
