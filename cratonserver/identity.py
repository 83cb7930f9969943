# SPDX-License-Identifier: Apache-2.0
"""Identities, API keys and project ids.

:mod:`cratonserver.auth` finds the identity of a request.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import secrets
import uuid
import zlib

#: The id of the first project, which every new fleet has. ``1`` is another spelling of
#: this id, see :func:`canonical_project_id`.
FIRST_PROJECT = str(uuid.UUID(int=1))

#: The spellings of a project id: a UUID with or without hyphens, braces and the prefix
#: ``urn:uuid:``, or an integer. ``uuid.UUID`` accepts more, such as hyphens anywhere.
PROJECT_ID = re.compile(
    r"^([0-9]{1,31}|(urn:uuid:)?\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?)$"
)

#: The spellings of a project id that name an object in a path or a parameter: a UUID as it
#: is printed here or by Keystone, or an integer as it is printed.
PRINTED_PROJECT_ID = re.compile(
    r"^(0|[1-9][0-9]{0,30}|[0-9a-f]{32}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})\Z"
)


@dataclasses.dataclass(frozen=True)
class Identity:
    """A user and the project of the request.

    :param project_id: id of the project, in canonical form.
    :param username: name of the user.
    :param is_admin: the user has the admin role in the project.
    :param is_root: the user has the root role, which covers all projects.
    :param user_id: id of the user in Craton, ``None`` for users of Keystone.
    :param can_write: the user may change objects, False for read-only roles.
    :param limits: the quotas that were set for the project, as the members of a JSON object;
        ``None`` if they were not read together with the user.
    :param key_name: name of the API key, ``None`` without one.
    :param revision: last revision of the project; ``None`` if it was not read together with
        the user.
    """

    project_id: str
    username: str = ""
    is_admin: bool = False
    is_root: bool = False
    user_id: int | None = None
    can_write: bool = True
    limits: str | None = None
    key_name: str | None = None
    revision: int | None = dataclasses.field(default=None, compare=False)


#: The identity of all requests to an embedded fleet. Access to its file is access to
#: everything in it.
OWNER = Identity(FIRST_PROJECT, "owner", is_admin=True, is_root=True)


def canonical_project_id(text: str) -> str:
    """Return the canonical form of a project id.

    :param text: a UUID in any spelling, or an integer. An integer is the numeric value
        of the UUID, so the first project of a fleet is also project 1.
    :raises ValueError: if the text is neither.

    >>> canonical_project_id('urn:uuid:B9F10ECA66AC4C279C139D01E65F96B4')
    'b9f10eca-66ac-4c27-9c13-9d01e65f96b4'
    """
    if not PROJECT_ID.fullmatch(text):
        raise ValueError(f"{text!r} is not a UUID")
    if text.isdigit() and len(text) < 32:
        return str(uuid.UUID(int=int(text)))
    return str(uuid.UUID(text))


#: The prefix of API keys. People and secret scanners recognize a key by it.
KEY_PREFIX = "craton_"


def new_key() -> tuple[str, str]:
    """Generate an API key.

    A key has a prefix, 160 random bits, and their checksum, so that a secret scanner finds
    keys and nothing else.

    :returns: the key, and its digest, which the store keeps.

    >>> key, stored = new_key()
    >>> key.startswith(KEY_PREFIX), len(key), digest(key) == stored
    (True, 55, True)
    """
    random = secrets.token_hex(20)
    key = f"{KEY_PREFIX}{random}{checksum(random)}"
    return key, digest(key)


def checksum(random: str) -> str:
    """Return the last eight digits of an API key: the CRC-32 of the forty before them.

    Keys of earlier versions end without them.

    :param random: the forty hexadecimal digits after the prefix.

    >>> checksum("0123456789abcdef0123456789abcdef01234567")
    '2a342d20'
    """
    return f"{zlib.crc32(random.encode()):08x}"


def digest(api_key: str) -> str:
    """Return the digest of an API key. The store keeps the digest, not the key.

    Keys are long and random, so SHA-256 without a salt is safe from brute force.
    """
    return hashlib.sha256(api_key.encode()).hexdigest()
