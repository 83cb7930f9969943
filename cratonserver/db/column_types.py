# SPDX-License-Identifier: Apache-2.0
"""The types of database columns."""

from __future__ import annotations

import json
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


class TextList(sa.types.TypeDecorator[list[str]]):
    """The type of lists of texts, which are stored as a JSON array."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> t.Any:
        """Return the type of :func:`text`, so that schemas are equal."""
        return dialect.type_descriptor(text())

    def process_bind_param(self, value: t.Any, dialect: sa.Dialect) -> str | None:
        """Return the JSON array. The log has texts that are one already."""
        return value if value is None or isinstance(value, str) else json.dumps(value)

    def process_result_value(self, value: t.Any, dialect: sa.Dialect) -> list[str] | None:
        """Return the list."""
        return None if value is None else json.loads(value)


#: The type of time stamps: ``YYYY-MM-DDTHH:MM:SS.ffffff``, as the API shows them. Text in
#: this format sorts by time.
TIMESTAMP = string(26)
