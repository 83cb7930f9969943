# SPDX-License-Identifier: Apache-2.0
"""The HTTP headers of Craton's own authentication."""

from __future__ import annotations

from cratonclient import exceptions, secrets


def headers(username: str | None, token: str | None, project_id: str | None) -> dict[str, str]:
    """Return the three authentication headers of a request.

    This also registers the API key, so that logs mask it from then on.

    :param username: name of the user.
    :param token: API key of the user.
    :param project_id: UUID of the user's project.
    :raises cratonclient.exceptions.UnableToAuthenticate: if a credential is missing
        or cannot be sent in an HTTP header.

    >>> sorted(headers('demo', 'demo', 'b9f10eca66ac4c279c139d01e65f96b4'))
    ['X-Auth-Project', 'X-Auth-Token', 'X-Auth-User']
    """
    given = {"username": username, "token": token, "project_id": project_id}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise exceptions.UnableToAuthenticate(
            f"The credentials for Craton are not complete. Missing: {', '.join(missing)}."
        )
    for name, value in given.items():
        problem = _problem(value)
        if problem:
            raise exceptions.UnableToAuthenticate(
                f"The {name} cannot be sent in an HTTP header, because it {problem}."
            )
    secrets.hide(token)
    return {
        "X-Auth-Token": str(token),
        "X-Auth-User": str(username),
        "X-Auth-Project": str(project_id),
    }


def _problem(value: object) -> str:
    """Return the reason why a credential cannot be sent, or an empty string."""
    try:
        text = str(value)
    except (ValueError, RecursionError):  # an integer with thousands of digits
        text = ""
    if isinstance(value, bytes) or not text:
        return "is not text"
    if not all(c.isprintable() and ord(c) < 256 for c in text):
        return "contains control characters or characters outside Latin-1"
    if text != text.strip():
        return "begins or ends with a blank"
    return ""
