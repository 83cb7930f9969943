# SPDX-License-Identifier: Apache-2.0
"""Statements that are compiled once, and then go to the driver directly.

To run a statement that it has compiled before, SQLAlchemy takes several times as long as
SQLite takes for the statement itself. The statements of ordinary requests differ in the
values of their parameters only, so most of that work is done once, here. SQLAlchemy still
builds the SQL, manages connections and transactions, and translates errors.

The connection of the driver has a method ``prepared_cursor`` and a ``PREPARED_PARAMSTYLE``,
a style of SQLAlchemy in which parameters have positions.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver.db.aliases import Row

Values = t.Mapping[str, t.Any]
#: A function that converts a value for the driver, or from it.
_Convert = t.Callable[[t.Any], t.Any]

_NO_VALUES: Values = {}


class Prepared:
    """A statement whose parameters all have names.

    For example::

        query = Prepared(sa.select(hosts).where(hosts.c.id == sa.bindparam("item")))
        with engine.begin() as connection:
            rows = query.rows(connection, {"item": 7})

    All methods raise :class:`sqlalchemy.exc.DBAPIError` if the database fails.

    :param statement: the statement.
    """

    def __init__(self, statement: t.Any) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None
        #: The options of the statement, for listeners of ``do_execute``.
        self.execution_options: t.Mapping[str, t.Any] = statement.get_execution_options()
        #: The names of the columns of the rows.
        self.columns: tuple[str, ...] = tuple(str(column.key) for column in _columns(statement))

    def rows(self, connection: sa.Connection, values: Values = _NO_VALUES) -> list[t.Any]:
        """Run the statement and return its rows as tuples.

        :param connection: connection in a transaction.
        :param values: values of the parameters. Others are ignored.
        """
        cursor, compiled = self._execute(connection, values)
        rows = compiled.results(_fetch(connection, cursor))
        cursor.close()
        return rows

    def dicts(self, connection: sa.Connection, values: Values = _NO_VALUES) -> list[Row]:
        """Run the statement and return its rows as dictionaries."""
        names = self.columns
        return [dict(zip(names, row, strict=True)) for row in self.rows(connection, values)]

    def scalars(self, connection: sa.Connection, values: Values = _NO_VALUES) -> list[t.Any]:
        """Run the statement and return the first value of each row."""
        return [row[0] for row in self.rows(connection, values)]

    def batches(
        self, connection: sa.Connection, values: Values, size: int
    ) -> t.Iterator[list[t.Any]]:
        """Run the statement and yield its rows as tuples, in lists of a size."""
        cursor, compiled = self._execute(connection, values)
        try:
            while rows := _fetch(connection, cursor, size):
                yield compiled.results(rows)
        finally:
            cursor.close()

    def run(self, connection: sa.Connection, values: Values = _NO_VALUES) -> int:
        """Run a statement that returns no rows, and return the number of rows it changed."""
        cursor, _ = self._execute(connection, values)
        changed: int = cursor.rowcount
        cursor.close()
        return changed

    def _execute(self, connection: sa.Connection, values: Values) -> tuple[t.Any, _Compiled]:
        """Run the statement, and return the cursor."""
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = _Compiled(self._statement, connection)
        sql, parameters = compiled.sql, compiled.parameters(values)
        driver: t.Any = connection.connection.driver_connection
        cursor = driver.prepared_cursor()
        events: t.Any = connection.dispatch
        for listener in events.before_cursor_execute:
            listener(connection, cursor, sql, parameters, self, False)
        try:
            for execute in connection.dialect.dispatch.do_execute:
                if execute(cursor, sql, parameters, self):
                    break
            else:
                cursor.execute(sql, parameters)
        except Exception as exc:
            _fail(connection, exc, cursor, sql)
        for listener in events.after_cursor_execute:
            listener(connection, cursor, sql, parameters, self, False)
        return cursor, compiled


class _Compiled:
    """The SQL of a statement, and the conversions of its values.

    :param statement: the statement.
    :param connection: one of the connections that will run it.
    :raises ValueError: if it depends on values that are not parameters with names.
    """

    def __init__(self, statement: t.Any, connection: sa.Connection) -> None:
        driver: t.Any = connection.connection.driver_connection
        make: t.Any = type(connection.dialect)
        dialect: sa.Dialect = make(paramstyle=driver.PREPARED_PARAMSTYLE)
        compiled: t.Any = statement.compile(dialect=dialect)
        if compiled.post_compile_params or getattr(compiled, "insert_prefetch", ()):
            raise ValueError(f"{compiled} has parameters that SQLAlchemy adds when it runs")
        binds: dict[str, sa.BindParameter[t.Any]] = compiled.binds
        self.sql: str = compiled.string
        self._names: t.Sequence[str] = compiled.positiontup or ()
        #: Values of parameters that the statement itself has.
        self._own = {n: one.effective_value for n, one in binds.items() if not one.required}
        self._given = _conversions(
            type_.bind_processor(dialect)
            for type_ in (binds[name].type.dialect_impl(dialect) for name in self._names)
        )
        self._found = _conversions(
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in _columns(statement)
        )

    def parameters(self, values: Values) -> list[t.Any]:
        """Return the parameters for the driver."""
        known = {**self._own, **values} if self._own else values
        given = [known[name] for name in self._names]
        for index, convert in self._given:
            given[index] = convert(given[index])
        return given

    def results(self, rows: list[t.Any]) -> list[t.Any]:
        """Return rows of the driver as SQLAlchemy does."""
        if not self._found:
            return rows
        converted = []
        for row in rows:
            values = list(row)
            for index, convert in self._found:
                values[index] = convert(values[index])
            converted.append(tuple(values))
        return converted


def _columns(statement: t.Any) -> t.Iterable[sa.ColumnElement[t.Any]]:
    """Return the columns of the rows that a statement returns. A text has none."""
    return () if isinstance(statement, sa.TextClause) else statement.exported_columns


def _conversions(converters: t.Iterable[_Convert | None]) -> list[tuple[int, _Convert]]:
    """Return the functions for the values that need one, with their indexes."""
    return [(index, one) for index, one in enumerate(converters) if one is not None]


def _fetch(connection: sa.Connection, cursor: t.Any, size: int | None = None) -> list[t.Any]:
    """Return the next rows of a cursor, by default all of them."""
    try:
        found: list[t.Any] = cursor.fetchall() if size is None else cursor.fetchmany(size)
        return found
    except Exception as exc:
        _fail(connection, exc, cursor)


def _fail(
    connection: sa.Connection, error: Exception, cursor: t.Any, sql: str = ""
) -> t.NoReturn:
    """Raise the error of SQLAlchemy for an error of the driver.

    SQLAlchemy finds out whether the connection is lost, and replaces all connections of the
    pool then. It has no public name for that.
    """
    connection._handle_dbapi_exception(error, sql, None, cursor, None)
