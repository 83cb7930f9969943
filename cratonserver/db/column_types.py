# SPDX-License-Identifier: Apache-2.0
"""The types of database columns."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Type = sa.types.TypeEngine[t.Any]

#: Strings with a maximum length of this or more are stored as TEXT, without a limit.
_LONGEST_STRING = 1000


def string(length: int) -> Type:
    """Return the type of strings that sort by code point, in any locale of the database.

    :param length: maximum length, in characters. Long strings become TEXT.
    """
    if length >= _LONGEST_STRING:
        return text()
    collated = postgresql.VARCHAR(length, collation="C")
    return sa.String(length).with_variant(collated, "postgresql")


def text() -> Type:
    """Return the type of strings without a limit."""
    return sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def identifier(python_type: type) -> Type:
    """Return the type of ids.

    :param python_type: ``int``, or ``str`` for UUIDs.
    """
    return string(36) if python_type is str else sa.Integer()


#: The type of time stamps: ``YYYY-MM-DDTHH:MM:SS.ffffff``, as the API shows them. Text in
#: this format sorts by time.
TIMESTAMP = string(26)
