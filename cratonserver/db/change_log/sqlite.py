# SPDX-License-Identifier: Apache-2.0
"""The triggers of the log on SQLite.

They call the function ``craton_change()`` of the connection
(:class:`cratonserver.db.sqlite_connection.Connection`), which fails if no change has begun, and
``craton_project()``, the project of the change. For example, a trigger of a table of
variables::

    CREATE TRIGGER craton_log_device_variables_insert AFTER INSERT ON device_variables BEGIN
        INSERT INTO change_rows (change_id, source, owner, member, before, after)
        VALUES (craton_change(), 'device_variables', NEW.owner_id, NEW.name, NULL, NEW.value);
    END

and of a table of objects, whose rows become JSON objects without null values::

    CREATE TRIGGER craton_log_regions_update
    AFTER UPDATE OF id, name, …, updated_at ON regions BEGIN
        INSERT INTO change_rows
            (change_id, source, owner, member, before, after, project_id, old_name)
        VALUES (craton_change(), 'region', NEW.id, NULL,
            '{'||substr(CASE WHEN OLD.name IS NOT NULL AND OLD.name IS NOT NEW.name
                THEN ',"name":'||json_quote(OLD.name) ELSE '' END||…,2)||'}',
            '{'||substr(CASE WHEN NEW.name IS NOT NULL AND NEW.name IS NOT OLD.name
                THEN ',"name":'||json_quote(NEW.name) ELSE '' END||…,2)||'}',
            CASE WHEN OLD.name IS NOT NEW.name THEN craton_project() END,
            CASE WHEN OLD.name IS NOT NEW.name THEN OLD.name END);
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
    project, old_name = _old_name(source, event)
    return f"""
        CREATE TRIGGER IF NOT EXISTS craton_log_{source.name}_{event.lower()}
        AFTER {when} ON {source.name} BEGIN
            INSERT INTO change_rows
                (change_id, source, owner, member, before, after, project_id, old_name)
            VALUES (craton_change(), {source.source_of(row)}, {row}.{source.owner}, {member},
                {before}, {after}, {project}, {old_name});
        END
    """  # noqa: S608, the names are those of tables and columns


def _old_name(source: Source, event: str) -> tuple[str, str]:
    """Return the SQL for the project and the name of an object that loses this name."""
    if not source.named or event == "INSERT":
        return "NULL", "NULL"
    old = f"OLD.{source.named}"
    if event == "DELETE":
        return "craton_project()", old
    condition = f"CASE WHEN {old} IS NOT NEW.{source.named} THEN"
    return f"{condition} craton_project() END", f"{condition} {old} END"


def value(source: Source, row: str, other: str | None = None) -> str:
    """Return the value of a row as JSON.

    :param row: name of the row: ``OLD`` or ``NEW``.
    :param other: name of a row to compare with. Columns with the same values are omitted.
    """
    if source.member is not None:
        return "''" if source.value is None else f"{row}.{source.value}"
    members = "||".join(_member(name, row, other) for name in source.columns)
    return f"'{{'||substr({members},2)||'}}'"


def _member(name: str, row: str, other: str | None) -> str:
    """Return the SQL for a member of the object of a row, empty if it is null or the same.

    This takes a third of the time of ``json_patch('{}', json_object(…))``.
    """
    differs = "" if other is None else f" AND {row}.{name} IS NOT {other}.{name}"
    member = f"""',"{name}":'||json_quote({row}.{name})"""
    return f"CASE WHEN {row}.{name} IS NOT NULL{differs} THEN {member} ELSE '' END"
