# SPDX-License-Identifier: Apache-2.0
"""Users: who may log in where Craton itself does the authentication."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonclient.fields import NOT_STORED, Cli, Field, Parameter, Ref


class User(crud.Resource):
    """A person or program with an API key, in one project."""

    username = Field(
        str,
        "name to log in with, unique in the project",
        required=True,
        cli=Cli(example="ada"),
    )
    project_id = Ref("projects", "project of the user", type=str, required=True)
    is_admin = Field(
        bool,
        "whether the user may manage users",
        update=True,
        default=False,
        cli=Cli(option="admin"),
    )
    # The server generates keys itself. It accepts a key in a request and ignores it.
    api_key = Field(str, "key to log in with", null=True, secret=True, storage=NOT_STORED)
    roles = Field(list, "accepted, not stored", null=True, shown="created", storage=NOT_STORED)

    filters = ("id",)
    parameters: t.ClassVar[crud.Parameters] = {
        "name": Parameter(str, "name of the user", compares="username")
    }
    columns = ("id", "username", "is_admin", "project_id")
    unique = ("project_id", "username")
    NAME_ATTR = "username"


class UserManager(crud.CRUDClient[User]):
    """A manager for users."""

    key = "user"
    base_path = "/users"
    resource_class = User

    def replace_key(self, item_id: int) -> User:
        """Give a user a new API key; the one before stops working at once.

        :param item_id: the id of the user.
        :returns: the user with the ``api_key``, which is never shown again.
        :raises cratonclient.exceptions.Forbidden: for the key of somebody else,
            unless one is an admin of the project, and for that of a root user.
        :raises cratonclient.exceptions.NotFound: when there is no such user, or
            the server is an original one, which cannot replace keys.

        >>> craton.users.replace_key(2).api_key
        'craton_5c2…'
        """
        url = self.build_url({"user_id": item_id})
        return self._made_from(self.session.post(f"{url}/key", json={}))
