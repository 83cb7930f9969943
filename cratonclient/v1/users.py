# SPDX-License-Identifier: Apache-2.0
"""Users: the accounts of Craton's own authentication."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonclient.fields import NOT_STORED, Cli, Field, Parameter, Pattern, Ref

#: Printable characters of Latin-1, and spaces inside. Servers and proxies drop spaces at the
#: ends of a header. Python matches ``$`` before a newline, too.
USERNAME = Pattern(
    r"^[!-~\xa1-\xac\xae-\xff]([ -~\xa1-\xac\xae-\xff]*[!-~\xa1-\xac\xae-\xff])?$(?!\n)",
    "must be printable Latin-1 characters without outer spaces, because it is sent in an HTTP "
    "header",
)


class User(crud.Resource):
    """A user of one project, with an API key."""

    username = Field(
        str,
        "user name, unique in the project",
        required=True,
        pattern=USERNAME,
        cli=Cli(example="ada"),
    )
    project_id = Ref("projects", "project of the user", type=str, required=True)
    is_admin = Field(
        bool,
        "user may manage users",
        update=True,
        default=False,
        cli=Cli(option="admin"),
    )
    role = Field(
        str,
        "reader: may only read; member: may change the inventory; admin: may also manage users",
        update=True,
        choices=("reader", "member", "admin"),
        cli=Cli(example="reader"),
    )
    # The server generates keys itself. It accepts a key in a request and ignores it.
    api_key = Field(str, "API key of the user", null=True, secret=True, storage=NOT_STORED)
    roles = Field(
        list, "accepted, but not stored", null=True, shown="created", storage=NOT_STORED
    )

    filters = ("id",)
    parameters: t.ClassVar[crud.Parameters] = {
        "name": Parameter(str, "name of the user", compares="username")
    }
    columns = ("id", "username", "is_admin", "role", "project_id")
    unique = ("project_id", "username")
    NAME_ATTR = "username"
    in_change_sets = False


class UserManager(crud.CRUDClient[User]):
    """A manager for users."""

    key = "user"
    base_path = "/users"
    resource_class = User

    def replace_key(self, item_id: int | str | User) -> User:
        """Replace all API keys of a user by a new one. The old ones stop working immediately.

        To replace a key without a gap, create another one with ``craton.user_keys``.

        :param item_id: id of the user, or the user.
        :returns: the user with the new ``api_key``. The server does not show it again.
        :raises cratonclient.exceptions.Forbidden: if the caller may not replace this key.
            Everyone may replace their own key, and an admin may replace the keys of the
            users in the project, except those of root users.
        :raises cratonclient.exceptions.NotFound: if the user does not exist, or the
            server is an original Craton server, which cannot replace keys.

        >>> craton.users.replace_key(2).api_key
        'craton_5c2…'
        """
        url = self._item_url(item_id, True, {})
        return self._object_from(self.session.post(f"{url}/key", json={}))
