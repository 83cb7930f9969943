# SPDX-License-Identifier: Apache-2.0
"""The triggers of the log on PostgreSQL, and the function that begins a change.

The first trigger of a transaction calls ``craton_change()``. It gives the change its revision
and keeps the row of the project in ``project_revisions`` locked until the transaction ends. So
changes of a project become visible in the order of their revisions.

For example, the triggers of a table of variables. Deletions have a trigger for each row,
because a cascade is a statement for each owner, most of which delete nothing::

    CREATE FUNCTION craton_log_device_variables_insert() RETURNS trigger … AS $$ BEGIN
        IF current_setting('craton.origin', true) = 'paused' THEN RETURN NULL; END IF;
        INSERT INTO change_rows (change_id, source, owner, member, before, after)
        SELECT (SELECT craton_change()), 'device_variables', n.owner_id, n.name, NULL, n.value
        FROM n;
        RETURN NULL;
    END $$
    CREATE TRIGGER craton_log_device_variables_insert AFTER INSERT ON device_variables
    REFERENCING NEW TABLE AS n FOR EACH STATEMENT
    EXECUTE FUNCTION craton_log_device_variables_insert()
"""

from __future__ import annotations

import importlib.resources
import typing as t

import sqlalchemy as sa

from cratonserver.db.change_log.sources import Source

_PREFIX = "craton_log_"
#: The origin of changes that are not in the log.
_PAUSED = "paused"


def create_function(connection: sa.Connection) -> None:
    """Create the function that the triggers call."""
    file = importlib.resources.files(__package__).joinpath("postgresql.sql")
    connection.exec_driver_sql(file.read_text(encoding="utf-8"))


def create(connection: sa.Connection, sources: t.Iterable[Source]) -> None:
    """Create the triggers of tables, unless they exist."""
    known = {*_functions(connection)}
    for source in sources:
        for name, statements in _statements(source):
            if name not in known:
                for statement in statements:
                    connection.exec_driver_sql(statement)


def drop(connection: sa.Connection) -> None:
    """Drop all triggers of the log."""
    for name in _functions(connection):
        connection.exec_driver_sql(f'DROP FUNCTION "{name}" CASCADE')


def pause(connection: sa.Connection) -> None:
    """Change the fleet without the log, until the transaction ends or begins a change.

    Dropping the triggers would lock readers out.
    """
    connection.execute(sa.select(sa.func.set_config("craton.origin", _PAUSED, True)))


def _functions(connection: sa.Connection) -> t.Sequence[str]:
    """Return the names of the functions of the triggers."""
    query = sa.text(
        "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace "
        "AND starts_with(proname, :prefix)"
    )
    return connection.execute(query, {"prefix": _PREFIX}).scalars().all()


def _statements(source: Source) -> t.Iterator[tuple[str, list[str]]]:
    """Yield the name of each trigger, and the statements that create it."""
    join = f"o JOIN n ON n.{source.owner} = o.{source.owner}"
    if source.member is not None:
        join += f" AND n.{source.member} = o.{source.member}"
    yield _trigger(
        source,
        "insert",
        "AFTER INSERT ON {table} REFERENCING NEW TABLE AS n FOR EACH STATEMENT",
        _rows(source, "n", "NULL", value(source, "n"), "FROM n", "insert"),
    )
    if source.watched:
        changed = " OR ".join(f"o.{c} IS DISTINCT FROM n.{c}" for c in source.watched)
        before, after = value(source, "o", "n"), value(source, "n", "o")
        yield _trigger(
            source,
            "update",
            "AFTER UPDATE ON {table} REFERENCING OLD TABLE AS o NEW TABLE AS n "
            "FOR EACH STATEMENT",
            _rows(source, "n", before, after, f"FROM {join} WHERE {changed}", "update"),
        )
    yield _trigger(
        source,
        "delete",
        "AFTER DELETE ON {table} FOR EACH ROW",
        _rows(source, "OLD", value(source, "OLD"), "NULL", "", "delete"),
    )


def _trigger(source: Source, event: str, when: str, body: str) -> tuple[str, list[str]]:
    name = f"{_PREFIX}{source.name}_{event}"
    is_paused = f"current_setting('craton.origin', true) = '{_PAUSED}'"
    return name, [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {is_paused} THEN RETURN NULL; END IF; {body}; RETURN NULL; END $$",
        f"CREATE TRIGGER {name} {when.format(table=source.name)} EXECUTE FUNCTION {name}()",
    ]


def _rows(source: Source, row: str, before: str, after: str, origin: str, event: str) -> str:
    """Return the INSERT of the rows of the log.

    :param row: name of the row whose keys are inserted.
    """
    project, old_name = _old_name(source, event)
    member = "NULL" if source.member is None else f"{row}.{source.member}"
    return (
        "INSERT INTO change_rows "
        "(change_id, source, owner, member, before, after, project_id, old_name) "
        f"SELECT (SELECT craton_change()), {source.source_of(row)}, "
        f"{row}.{source.owner}::text, "
        f"{member}, {before}, {after}, {project}, {old_name} {origin}"
    )


def _old_name(source: Source, event: str) -> tuple[str, str]:
    """Return the SQL for the project and the name of an object that loses this name."""
    if not source.named or event == "insert":
        return "NULL", "NULL"
    project = "(SELECT current_setting('craton.origin')::json ->> 'project_id')"
    if event == "delete":
        return project, f"OLD.{source.named}"
    condition = f"CASE WHEN o.{source.named} IS DISTINCT FROM n.{source.named} THEN"
    return f"{condition} {project} END", f"{condition} o.{source.named} END"


def value(source: Source, row: str, other: str | None = None) -> str:
    """Return the value of a row as JSON, as on SQLite."""
    if source.member is not None:
        return "''" if source.value is None else f"{row}.{source.value}"
    pairs = (
        f"'{name}', {row}.{name}"
        if other is None
        else f"'{name}', CASE WHEN {row}.{name} IS DISTINCT FROM {other}.{name} "
        f"THEN {row}.{name} END"
        for name in source.columns
    )
    return f"json_strip_nulls(json_build_object({', '.join(pairs)}))::text"
