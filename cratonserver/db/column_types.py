# SPDX-License-Identifier: Apache-2.0
"""The types of columns."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Type = sa.types.TypeEngine[t.Any]

#: Longer strings are stored as text without a limit.
_LONGEST_STRING = 1000


def string(length: int) -> Type:
    """Return the type of strings that sort by code point, whatever the database locale.

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


#: ``YYYY-MM-DDTHH:MM:SS.ffffff``: stored as it is shown, and sorted by time.
TIMESTAMP = string(26)
