# SPDX-License-Identifier: Apache-2.0
"""The credentials of Craton's own authentication, as requests carry them."""

from __future__ import annotations

from cratonclient import exceptions, secrets


def headers(username: str | None, token: str | None, project_id: str | None) -> dict[str, str]:
    """Give the three headers that every request carries.

    :param username: the user.
    :param token: the user's API key, which no log shows from then on.
    :param project_id: UUID of the project that the user belongs to.
    :raises cratonclient.exceptions.UnableToAuthenticate: when one is missing, or
        cannot be sent in a header.

    >>> sorted(headers('demo', 'demo', 'b9f10eca66ac4c279c139d01e65f96b4'))
    ['X-Auth-Project', 'X-Auth-Token', 'X-Auth-User']

    Source: wire document, section 2.
    """
    given = {"username": username, "token": token, "project_id": project_id}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise exceptions.UnableToAuthenticate(
            f"To authenticate with Craton, {', '.join(missing)} must be given."
        )
    for name, value in given.items():
        if not all(c.isprintable() and ord(c) < 256 for c in str(value)):
            raise exceptions.UnableToAuthenticate(
                f"The {name} has characters that cannot be sent: control characters, "
                "or ones beyond Latin-1."
            )
    secrets.hide(token)
    return {
        "X-Auth-Token": str(token),
        "X-Auth-User": str(username),
        "X-Auth-Project": str(project_id),
    }
