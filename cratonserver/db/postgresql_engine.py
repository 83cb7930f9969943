# SPDX-License-Identifier: Apache-2.0
"""The engines of PostgreSQL: their connections, and how these run statements.

Connections are in autocommit mode. Each BEGIN and COMMIT is a round trip, which a single
query does not need.
"""

from __future__ import annotations

import contextlib
import logging
import select
import time
import typing as t

import psycopg
import sqlalchemy as sa

from cratonserver.db import postgresql_connection, postgresql_errors, postgresql_url
from cratonserver.db.dialect import BUSY_TIMEOUT, PREPARE
from cratonserver.db.pool import Pool

#: Execution option: defer checking foreign keys to the end of the statement and of its
#: cascades.
DEFER = "craton_defer"
#: Execution option: read by indexes only, with a plan that is made once. The planner
#: underestimates how many rows have a key in the index of variables. So it would sort all of
#: them instead of reading the first ones. And planning takes longer than running.
BY_INDEX = "craton_by_index"
_READ_BY_INDEX = (
    "SELECT set_config('enable_seqscan', 'off', true),"
    " set_config('enable_bitmapscan', 'off', true),"
    " set_config('plan_cache_mode', 'force_generic_plan', true)"
)
_SET_ORIGIN = "SELECT set_config('craton.origin', %s, true)"
_ENTRY = "SELECT current_setting('craton.change', true)"
_LOCK_PROJECT = "SELECT last FROM project_revisions WHERE project_id = %s FOR UPDATE"
#: The maximum length of a prepared statement. Each connection keeps its plan in memory.
_MAX_PREPARED = 32_768

_IDLE = psycopg.pq.TransactionStatus.IDLE
#: The seconds after its last use in which a connection is not tested with a query.
_TRUSTED_SECONDS = 1
#: The seconds after which a connection to a standby is replaced.
_STANDBY_SECONDS = 300
#: The seconds in which a connection from the pool must pass its test, and a standby must
#: return its position.
TEST_SECONDS = 2


def create(url: sa.URL, connections: int) -> sa.Engine:
    """Create an engine.

    :param connections: number of connections that the pool keeps open.
    """
    return _create(url, connections, _connection_parameters(url))


def create_for_standbys(url: sa.URL, connections: int) -> sa.Engine:
    """Create an engine whose connections are distributed over the standbys.

    They are opened again now and then, so that a standby that was away gets its share.

    :param connections: number of connections that the pool keeps open.
    """
    parameters = {**_connection_parameters(url), "target_session_attrs": "standby"}
    if postgresql_url.has_several_hosts(url):
        parameters["load_balance_hosts"] = "random"
    return _create(url, connections, parameters | url.query, pool_recycle=_STANDBY_SECONDS)


def _create(
    url: sa.URL, connections: int, parameters: dict[str, t.Any], **options: t.Any
) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=Pool,
        pool_size=connections,
        max_overflow=-1,
        pool_use_lifo=True,  # the last used connection is the most reliable one
        hide_parameters=True,  # in logs and exceptions
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        connect_args=parameters,
        **options,
    )
    sa.event.listen(engine, "do_connect", postgresql_connection.connect)
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "do_execute", _execute)
    sa.event.listen(engine, "checkin", _note_use)
    sa.event.listen(engine, "checkout", _test_connection)
    sa.event.listen(engine, "checkout", postgresql_connection.limit_statements)
    sa.event.listen(engine, "handle_error", _leave_standby)
    return engine


def _connection_parameters(url: sa.URL) -> dict[str, t.Any]:
    """Return the parameters of connections. Those in the URL take precedence.

    A machine that is switched off closes no connection: keepalives find out in 11 seconds
    that it does not respond, and ``tcp_user_timeout`` that it does not receive.
    """
    parameters: dict[str, t.Any] = {
        "connect_timeout": 10,
        "application_name": "craton",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    if postgresql_url.has_several_hosts(url):
        # The next host is tried after the timeout.
        parameters |= {"connect_timeout": 3, "target_session_attrs": "read-write"}
    return parameters | url.query


def _leave_standby(context: sa.engine.ExceptionContext) -> None:
    """Replace all connections if they lead to a standby that was the primary before.

    This is a listener of ``handle_error``. The new connections find the new primary, through
    the hosts of the URL, a proxy or the name service.
    """
    if (
        getattr(context.original_exception, "sqlstate", None)
        == postgresql_errors.READ_ONLY_STATE
    ):
        context.is_disconnect = True


def _configure(connection: t.Any, _record: t.Any) -> None:
    # Compiling a plan can take seconds for a statement that runs for milliseconds.
    connection.execute(f"SET lock_timeout = '{BUSY_TIMEOUT}s'; SET jit = off")


def _execute(cursor: t.Any, statement: str, parameters: t.Any, context: t.Any) -> bool:
    """Run a statement, as a prepared statement only with the option :data:`PREPARE`.

    The generic plan of a prepared statement suits the most common values, and may take a
    hundred times as long for others.

    The BEGIN of a transaction travels together with its first statement. Otherwise, it is
    another round trip.
    """
    if isinstance(cursor, psycopg.ServerCursor):
        return False  # SQLAlchemy runs it
    options = context.execution_options
    connection = cursor.connection
    begins = not connection.autocommit and connection.pgconn.transaction_status == _IDLE
    changes = connection.origin is not None
    changes_alone = changes and connection.autocommit
    together = begins or changes or options.get(DEFER, False) or options.get(BY_INDEX, False)
    with connection.pipeline() if together else contextlib.nullcontext():
        if changes:
            _begin_change(connection)
        if options.get(DEFER, False):
            connection.execute("SET CONSTRAINTS ALL DEFERRED")
        if options.get(BY_INDEX, False):
            connection.execute(_READ_BY_INDEX, prepare=True)
        prepare = options.get(PREPARE, False) and len(statement) <= _MAX_PREPARED
        cursor.execute(statement, parameters, prepare=prepare)
        entry = connection.execute(_ENTRY, prepare=True) if changes_alone else None
        if options.get(DEFER, False):
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    if entry is not None:
        connection.entry = entry.fetchone()[0] or connection.entry
    return True


def parse_entry(text: str | None) -> tuple[int, int] | None:
    """Return the id and the revision of a change.

    :param text: the setting ``craton.change``.
    """
    if not text:
        return None
    change_id, revision = map(int, text.split())
    return change_id, revision


def _is_news(record: logging.LogRecord) -> bool:
    """Return False for the end of a pipeline with a failed statement, whose error is raised."""
    return not str(record.msg).startswith("error ignored terminating")


logging.getLogger("psycopg").addFilter(_is_news)


def _begin_change(connection: t.Any) -> None:
    """Send the origin of a change, for the triggers of the log.

    This also excludes other writers of the project, before anything else is locked. Otherwise
    two of them could wait for each other.
    """
    connection.execute(_SET_ORIGIN, [connection.origin], prepare=True)
    connection.execute(_LOCK_PROJECT, [connection.locks], prepare=True)
    if not connection.autocommit:  # otherwise, the next statement is another transaction
        connection.origin = None


def _note_use(connection: t.Any, record: t.Any) -> None:
    record.info["used"] = time.monotonic()
    if connection is not None:
        connection.origin = None


def _test_connection(connection: t.Any, record: t.Any, _proxy: t.Any) -> None:
    """Test a connection from the pool, so that the pool replaces a lost one.

    A stopped server closes its connections, which makes their sockets readable. A machine
    that is switched off does not. So a connection is tested with a query if its socket is
    readable, or if it was idle for a while. Testing all connections would take as long as a
    small query in each request.

    :raises sqlalchemy.exc.InvalidatePoolError: if the connection is lost.
    """
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN)
        used = record.info.get("used", 0)
        if poll.poll(0) or time.monotonic() - used > _TRUSTED_SECONDS:
            with connection.impatient(TEST_SECONDS):
                connection.execute("SELECT 1")
    except psycopg.Error as exc:
        raise sa.exc.InvalidatePoolError from exc
