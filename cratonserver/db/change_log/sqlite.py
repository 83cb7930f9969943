# SPDX-License-Identifier: Apache-2.0
"""The triggers of the log on SQLite.

They call the function ``craton_change()`` of the connection
(:class:`cratonserver.db.sqlite_connection.Connection`), which fails if no change has begun. For
example, a trigger of a table of variables::

    CREATE TRIGGER craton_log_device_variables_insert AFTER INSERT ON device_variables BEGIN
        INSERT INTO change_rows (change_id, source, owner, member, before, after)
        VALUES (craton_change(), 'device_variables', NEW.owner_id, NEW.name, NULL, NEW.value);
    END

and of a table of objects, whose rows become JSON objects without null values::

    CREATE TRIGGER craton_log_regions_update
    AFTER UPDATE OF id, name, …, updated_at ON regions BEGIN
        INSERT INTO change_rows (change_id, source, owner, member, before, after)
        VALUES (craton_change(), 'region', NEW.id, NULL,
            json_patch('{}', json_object(
                'name', CASE WHEN OLD.name IS NOT NEW.name THEN OLD.name END, …)),
            json_patch('{}', json_object(
                'name', CASE WHEN NEW.name IS NOT OLD.name THEN NEW.name END, …)));
    END
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver.db.change_log.sources import Source

_EVENTS = ("INSERT", "UPDATE", "DELETE")


def create(connection: sa.Connection, sources: t.Iterable[Source]) -> None:
    """Create the triggers of tables, unless they exist."""
    for source in sources:
        for event in _EVENTS:
            if event != "UPDATE" or source.watched:
                connection.exec_driver_sql(_trigger(source, event))


def drop(connection: sa.Connection) -> None:
    """Drop all triggers of the log."""
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'craton_log_%'"
    for (name,) in connection.exec_driver_sql(query).all():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def pause(connection: sa.Connection) -> None:
    """Change the fleet without the log, until :func:`create` is called."""
    drop(connection)


def _trigger(source: Source, event: str) -> str:
    row = "OLD" if event == "DELETE" else "NEW"
    if event == "UPDATE":
        columns = ", ".join(source.watched)
        when = f"UPDATE OF {columns}"
        before, after = value(source, "OLD", "NEW"), value(source, "NEW", "OLD")
    else:
        when = event
        before = value(source, "OLD") if event == "DELETE" else "NULL"
        after = value(source, "NEW") if event == "INSERT" else "NULL"
    member = "NULL" if source.member is None else f"{row}.{source.member}"
    return f"""
        CREATE TRIGGER IF NOT EXISTS craton_log_{source.name}_{event.lower()}
        AFTER {when} ON {source.name} BEGIN
            INSERT INTO change_rows (change_id, source, owner, member, before, after)
            VALUES (craton_change(), {source.source_of(row)}, {row}.{source.owner}, {member},
                {before}, {after});
        END
    """  # noqa: S608, the names are those of tables and columns


def value(source: Source, row: str, other: str | None = None) -> str:
    """Return the value of a row as JSON.

    :param row: name of the row: ``OLD`` or ``NEW``.
    :param other: name of a row to compare with. Columns with the same values are omitted.
    """
    if source.member is not None:
        return "''" if source.value is None else f"{row}.{source.value}"
    pairs = (
        f"'{name}', {row}.{name}"
        if other is None
        else f"'{name}', CASE WHEN {row}.{name} IS NOT {other}.{name} THEN {row}.{name} END"
        for name in source.columns
    )
    return f"json_patch('{{}}', json_object({', '.join(pairs)}))"
