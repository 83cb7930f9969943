# SPDX-License-Identifier: Apache-2.0
"""The rows whose variables meet a condition, their own or inherited ones.

The same order as :func:`cratonserver.variables.resolve` (wire document, section
9.2), as a condition of SQL.
"""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonserver import containment, trees
from cratonserver.tables import Kind, Schema
from cratonserver.vars_filter import Condition


def meets(
    schema: Schema, kind: Kind, condition: Condition, resolved: bool
) -> sa.ColumnElement[bool]:
    """Give the condition that the value which counts for a row matches.

    :param resolved: whether inherited values count where a row has none itself.
    """
    values = _values(schema, kind, condition.name, resolved)
    return _matches(sa.func.coalesce(*values, sa.null()), condition)


def _matches(value: sa.ColumnElement[t.Any], condition: Condition) -> sa.ColumnElement[bool]:
    path, wanted = json.dumps(condition.steps), json.dumps(condition.wanted)
    return sa.Function(containment.NAME, value, path, wanted, type_=sa.Boolean())


def _values(
    schema: Schema, kind: Kind, name: str, resolved: bool
) -> t.Iterator[sa.ColumnElement[t.Any]]:
    """Give the values of a variable that a row may have, the nearest first."""
    table = schema.table(kind)
    yield _value_of(schema.variables(kind), table.c.id, name)
    if not resolved:
        return
    fields = kind.resource_class.fields()
    for field in kind.resource_class.inherits:
        target = schema.kind(t.cast("Ref[t.Any]", fields[field]).target)
        if schema.table(target) is table:
            yield _value_above(table, schema.variables(kind), name)
        else:
            yield _value_of(schema.variables(target), table.c[field], name)


def _value_of(
    variables: sa.Table, owner: sa.ColumnElement[t.Any], name: str
) -> sa.ColumnElement[t.Any]:
    own = variables.alias()
    query = sa.select(own.c.value).where(own.c.owner_id == owner, own.c.name == name)
    return query.scalar_subquery()


def _value_above(table: sa.Table, variables: sa.Table, name: str) -> sa.ColumnElement[t.Any]:
    """Give the value of the nearest of the rows that a row is below."""
    above = trees.above(table)
    own = variables.alias()
    nearest = (
        sa.select(own.c.value)
        .join(above, above.c.id == own.c.owner_id)
        .where(own.c.name == name)
        .order_by(above.c.distance)
        .limit(1)
    )
    return sa.case((table.c.parent_id.is_not(None), nearest.scalar_subquery()))
