# SPDX-License-Identifier: Apache-2.0
"""The origin of a change: who makes it, with which request and why."""

from __future__ import annotations

import dataclasses

from cratonserver.identity import Identity


@dataclasses.dataclass(frozen=True)
class Origin:
    """The origin of a change, as the log shows it.

    :param username: name of the user.
    :param user_id: id of the user in Craton, if there is one.
    :param key_name: name of the API key.
    :param role: role of the user, such as ``member``.
    :param address: address of the client.
    :param request_id: id of the request.
    :param reason: why the user makes the change.
    :param undoes: revision of the change that this one undoes.
    """

    username: str
    user_id: int | None = None
    key_name: str | None = None
    role: str = ""
    address: str | None = None
    request_id: str | None = None
    reason: str | None = None
    undoes: int | None = None


def of_user(who: Identity) -> Origin:
    """Return the origin of the changes of a user, without a request."""
    return Origin(who.username, who.user_id, role=role_of(who))


def role_of(who: Identity) -> str:
    """Return the name of the role with the most rights that a user has."""
    if who.is_root:
        return "root"
    if who.is_admin:
        return "admin"
    return "member" if who.can_write else "reader"


#: The origin of changes that the server makes by itself.
SERVER = Origin("craton-server", role="root")
