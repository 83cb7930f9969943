# SPDX-License-Identifier: Apache-2.0
"""Names of types that the whole package uses."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

#: The values of a row, by column.
Row = dict[str, t.Any]

#: A condition of a query.
Clause = sa.ColumnElement[bool]
