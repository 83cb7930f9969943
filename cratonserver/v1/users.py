# SPDX-License-Identifier: Apache-2.0
"""Users: their keys are made here, kept as digests, and shown once."""

from __future__ import annotations

import typing as t
import uuid

import sqlalchemy as sa

from cratonserver import errors, rules
from cratonserver.identity import Identity, digest, project_id


class Rules(rules.Rules):
    """The rules of users (wire document, sections 5.1 and 13)."""

    optional_filters = ("name",)

    def extra_columns(self) -> list[sa.Column[t.Any]]:
        """Give what only the authentication needs."""
        return [
            sa.Column("key_digest", sa.String(64), nullable=False),
            sa.Column("is_root", sa.Boolean(), nullable=False, default=False),
        ]

    def allow(self, who: Identity, method: str, one: bool) -> None:
        """Leave users to admins."""
        if not (who.is_admin or who.is_root):
            raise errors.Refused(403, "This action requires the 'admin' role")

    def complete(self, values: dict[str, t.Any], who: Identity) -> dict[str, t.Any]:
        """Make the key. The answer that this returns is the only one to show it."""
        try:
            values["project_id"] = project_id(values["project_id"])
        except ValueError:
            raise errors.invalid(
                [f"project_id: {values['project_id']!r} is not a UUID"]
            ) from None
        key, values["key_digest"] = new_key()
        values["is_root"] = False
        return {"api_key": key}

    def present(self, row: t.Mapping[str, t.Any], base: str) -> dict[str, t.Any]:
        """Show that there is a key, but not which."""
        return {"api_key": None}


def new_key() -> tuple[str, str]:
    """Make an API key.

    :returns: the key, and the digest of it that is stored.
    """
    key = str(uuid.uuid4())
    return key, digest(key)
