# SPDX-License-Identifier: Apache-2.0
"""The identity of a client: its user, its project, and the access that the server grants.

The API has no path for this. The user and the project come from the credentials. Two
requests that need a role show the access.
"""

from __future__ import annotations

import typing as t

from cratonclient import exceptions

if t.TYPE_CHECKING:
    from cratonclient.session import Login
    from cratonclient.v1 import client as clients


class Identity(t.NamedTuple):
    """The identity of a client. Unknown values are ``None``.

    :param user: name of the user.
    :param user_id: id of the user, in Craton or in Keystone.
    :param project_id: UUID of the project.
    :param project: name of the project.
    :param access: ``root``: all projects; ``admin``: the project and its users; ``user``:
        the inventory of the project.
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
    query = {"name": login.user} if login.user else {}
    users = _allowed(client.users, **query)
    if users is None:
        return found
    own = [one.id for one in users if _is_own(one, login)]
    if own and login.auth == "craton":
        found = found._replace(user_id=own[0])
    projects = _allowed(client.projects)
    if projects is None:
        return found._replace(access="admin")
    names = [one.name for one in projects if _is_same(one.id, login.project_id)]
    return found._replace(access="root", project=login.project or next(iter(names), None))


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
