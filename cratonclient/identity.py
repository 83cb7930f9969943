# SPDX-License-Identifier: Apache-2.0
"""The identity of a client: its user, its project, and the access that the server grants.

``GET /v1/identity`` shows it. Original servers of 2017 have no such path: there, the user and
the project come from the credentials, and two requests that need a role show the access.
"""

from __future__ import annotations

import typing as t

from cratonclient import exceptions
from cratonclient.http.response import body_of

if t.TYPE_CHECKING:
    from cratonclient.session import Login
    from cratonclient.v1 import client as clients


class Identity(t.NamedTuple):
    """The identity of a client. Unknown values are ``None``.

    :param user: name of the user.
    :param user_id: id of the user, in Craton or in Keystone.
    :param project_id: UUID of the project.
    :param project: name of the project.
    :param access: the role. ``root``: all projects; ``admin``: the project and its users;
        ``member``: the inventory of the project; ``reader``: only read it. An original server
        does not tell the last two apart: ``user``.
    :param roles: the Keystone roles.
    :param auth: how the client authenticates: ``craton``, ``keystone``, the class of
        another plugin, or ``none``.
    :param url: URL of the API.
    """

    user: str | None
    user_id: int | str | None
    project_id: str | None
    project: str | None
    access: str
    roles: list[str] | None
    auth: str
    url: str


def of(client: clients.Client) -> Identity:
    """Return the identity of a client. This sends one or two requests to Craton.

    :param client: the client.
    :raises cratonclient.exceptions.Unauthorized: if the server refuses the credentials.

    >>> of(Client(session=auth.craton_auth('ada', KEY, PROJECT_ID), url=URL)).access
    'admin'
    """
    url = client._url
    login = client._session.login()
    found = Identity(access="user", url=url, **login._asdict())
    shown = _shown(client)
    if shown is not None:
        known = found.user_id if shown["user_id"] is None else shown["user_id"]
        found = found._replace(access=shown["role"], user_id=known)
        return _with_project(client, found) if shown["role"] == "root" else found
    query = {"name": login.user} if login.user else {}
    users = _allowed(client.users, **query)
    if users is None:
        return found
    own = [one.id for one in users if _is_own(one, login)]
    if own and login.auth == "craton":
        found = found._replace(user_id=own[0])
    return _with_project(client, found._replace(access="root"))


def _shown(client: clients.Client) -> dict[str, t.Any] | None:
    """Return the identity that the server shows, ``None`` for an original server."""
    try:
        body = body_of(client._session.get(f"{client._url}/identity"))
    except (exceptions.NotFound, exceptions.Unauthorized) as exc:
        # The original server answers 401 to everything if a role is missing.
        if isinstance(exc, exceptions.NotFound) or "role" in str(exc):
            return None
        raise
    return body if {"role", "user_id"} <= body.keys() else None


def _with_project(client: clients.Client, found: Identity) -> Identity:
    """Return an identity with the name of the project, and ``admin`` if it cannot be seen."""
    projects = _allowed(client.projects)
    if projects is None:
        return found._replace(access="admin")
    names = [one.name for one in projects if _is_same(one.id, found.project_id)]
    return found._replace(project=found.project or next(iter(names), None))


def managing_user_id(client: clients.Client) -> int | None:
    """Return the id of the own user of Craton, if the user manages other users.

    This sends one request. The result is ``None`` for a user without the role ``admin``, and
    for a client that does not log in as a user of Craton.

    :param client: the client.
    """
    login = client._session.login()
    if login.auth != "craton" or not login.user:
        return None
    users = _allowed(client.users, name=login.user)
    return next((one.id for one in users or () if _is_own(one, login)), None)


def _allowed(manager: t.Any, **query: t.Any) -> list[t.Any] | None:
    """Return the first page of a list; ``None`` if it needs a role that is missing.

    The original server answers 401 for a missing role too, with a message that names it.
    """
    try:
        return [*manager.list(**query, autopaginate=False)]
    except exceptions.Forbidden:
        return None
    except exceptions.Unauthorized as exc:
        if "role" in str(exc):
            return None
        raise


def _is_own(user: t.Any, login: Login) -> bool:
    """Return True if a user of Craton is the one who logs in."""
    return user.username.lower() == str(login.user).lower() and _is_same(
        user.project_id, login.project_id
    )


def _is_same(one: object, other: object) -> bool:
    """Return True if two spellings of a UUID mean the same."""
    return str(one).replace("-", "").lower() == str(other).replace("-", "").lower()
