# SPDX-License-Identifier: Apache-2.0
"""API keys of users. A user can have several, so that keys can be replaced without a gap."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import NOT_STORED, Cli, Field, Ref


class UserKey(crud.Resource):
    """An API key of a user. The server stores a digest of it."""

    name = Field(str, "name, unique for the user", required=True, cli=Cli(example="laptop"))
    user_id = Ref(
        "users",
        "user whose key it is; by default the user who makes the request",
        create=True,
    )
    expires_at = Field(
        str,
        "time in UTC at which the key stops working, such as 2027-01-31 or "
        "2027-01-31T12:00:00Z; without it, the key works until it is deleted",
        null=True,
        format="time",
        cli=Cli(option="expires", example="2027-01-31"),
    )
    last_used_at = Field(
        str,
        "time of the last request with the key, in UTC, to the minute",
        create=False,
        null=True,
    )
    api_key = Field(
        str,
        "the API key; only the response that creates it shows it",
        create=False,
        secret=True,
        shown="created",
        storage=NOT_STORED,
    )

    operations = ("list", "get", "create", "delete")
    filters = ("id", "name", "user_id")
    columns = ("id", "name", "user_id", "created_at", "last_used_at", "expires_at")
    unique = ("user_id", "name")
    in_change_sets = False


class UserKeyManager(crud.CRUDClient[UserKey]):
    """A manager for the API keys of users."""

    key = "user_key"
    base_path = "/user-keys"
    resource_class = UserKey
