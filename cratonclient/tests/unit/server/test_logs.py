# SPDX-License-Identifier: Apache-2.0
"""The log of the server: one line for each record, without secrets."""

from __future__ import annotations

import importlib
import io
import json
import logging
import sys
import typing as t

import psycopg
import psycopg.errors
import sqlalchemy as sa

from cratonclient.tests import base
from cratonserver.config.settings import Settings
from cratonserver.db.database import Database
from cratonserver.serving import access_log, logs

KEY = "hunter2-hunter2"


def line(record: logging.LogRecord) -> dict[str, t.Any]:
    """Return the formatted line of a record."""
    text = logs.JSONFormatter().format(record)
    assert "\n" not in text
    return t.cast("dict[str, t.Any]", json.loads(text))


class TestFormatter(base.TestCase):
    def record(self, message: str, exc_info: t.Any = None) -> logging.LogRecord:
        return logging.LogRecord("cratonserver", logging.ERROR, "", 0, message, (), exc_info)

    def test_messages_are_masked(self):
        self.assertEqual("pw=***", line(self.record(f"pw={KEY}"))["message"])

    def test_tracebacks_are_masked(self):
        try:
            raise ValueError(f"INSERT failed: {{'bmc_password': '{KEY}'}}")
        except ValueError:
            shown = line(self.record("failed", sys.exc_info()))["traceback"]
        self.assertIn("ValueError", shown)
        self.assertNotIn(KEY, shown)

    def test_what_postgresql_quotes_is_not_in_tracebacks(self):
        for error, message, kept in (
            (
                psycopg.errors.NotNullViolation,
                'null value in column "a" violates a constraint\n'
                f"DETAIL:  Failing row contains (1, first line\n{KEY}).",
                'null value in column "a" violates a constraint (SQLSTATE 23502)',
            ),
            (
                psycopg.errors.InvalidTextRepresentation,
                f'invalid input syntax for type integer: "{KEY}"\n'
                f"LINE 1: SELECT '{KEY}'::int\n               ^\n"
                f"CONTEXT:  unnamed portal parameter $1 = '{KEY}'",
                "invalid input syntax for type integer: *** (SQLSTATE 22P02)",
            ),
            (
                psycopg.errors.UniqueViolation,
                f'duplicate key value violates unique constraint "uq"\n'
                f"DETAIL:  Key (name)=({KEY}) already exists.",
                'duplicate key value violates unique constraint "uq" (SQLSTATE 23505)',
            ),
        ):
            shown = self._traceback_of(error(message))
            self.assertIn(kept, shown)
            self.assertNotIn(KEY, shown)
            self.assertIn("SELECT 1", shown)

    def _traceback_of(self, error: Exception) -> str:
        """Return the logged traceback of an error, wrapped as SQLAlchemy wraps it."""
        try:
            try:
                raise error
            except psycopg.Error as exc:
                wrapped = sa.exc.DBAPIError("SELECT 1", {}, exc, hide_parameters=True)
                raise wrapped from exc
        except sa.exc.DBAPIError:
            return str(line(self.record("failed", sys.exc_info()))["traceback"])

    def test_control_characters_are_escaped(self):
        text = logs.JSONFormatter().format(self.record("a\x1b[2J\n\u202eb"))

        self.assertTrue(text.isascii() and text.isprintable(), text)


class TestAccessLog(base.TestCase):
    def path(self, query: str, **more: str) -> t.Any:
        environ: t.Any = {"PATH_INFO": "/v1/hosts", "QUERY_STRING": query, **more}
        with self.assertLogs("cratonserver.access", "INFO") as log:
            access_log.log(environ, "req-1", "200 OK", [], 0.1)
        return log.records[0].fields  # type: ignore[attr-defined]

    def test_searched_values_are_masked_and_names_are_kept(self):
        for query, masked in (
            (
                "sort_keys=name,id&sort_dir=asc&limit=9",
                "sort_keys=name,id&sort_dir=asc&limit=9",
            ),
            ("region_id=12&id=3", "region_id=12&id=3"),
            (f"region_id={KEY}&limit=({KEY})", "region_id=***&limit=***"),
            ("api%5Fkey=KEY", "api%5Fkey=***"),
            (f"name={KEY}&note=", "name=***&note="),
            (f"{KEY}&=a b&a b={KEY}", f"{KEY}&***&***"),
            (f'marker_values=["{KEY}"]', "marker_values=***"),
            (f"name%3D{KEY}&vars%3Da:{KEY}=1", "***&***"),
            (f"vars=bmc.pw:{KEY}&limit=1", "vars=bmc.pw:***&limit=1"),
            (f"vars=snmp%2Dcommunity%3A{KEY}", "vars=snmp-community:***"),
            (f"v%61rs=bmc.pw:{KEY}", "v%61rs=bmc.pw:***"),
            ("vars=rack:r1", "vars=rack:***"),
            (f'vars=a:"{KEY},x:1",b[0].c:{{"d":"{KEY}"}}', "vars=a:***,b[0].c:***"),
            (f'vars=a:1,{KEY}"', "vars=a:***,***"),
            (f'vars=a:1,b:"{KEY},c:1', "vars=a:***,b:***"),
            (f"vars=a:{'[' * 5000}{KEY}", "vars=a:***"),
            (f"name=craton_{40 * 'a'}", "name=***"),
        ):
            self.assertEqual(f"/v1/hosts?{masked}", self.path(query)["path"])

    def test_the_agent_is_masked(self):
        agent = self.path("", HTTP_USER_AGENT=f"curl token={KEY}")["agent"]

        self.assertEqual("curl token=***", agent)

    def test_a_key_is_masked_before_a_long_agent_is_cut(self):
        api_key = f"craton_{48 * 'a'}"
        agent = self.path("", HTTP_USER_AGENT=f"{'x' * 970}{api_key}")["agent"]

        self.assertEqual(f"{'x' * 970}***", agent)


class TestStatements(base.TestCase):
    def test_the_log_of_sqlalchemy_holds_no_values(self):
        output = io.StringIO()
        handler, logger = logging.StreamHandler(output), logging.getLogger("sqlalchemy.engine")
        self.addCleanup(logger.setLevel, logger.level)
        self.addCleanup(logger.removeHandler, handler)
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        engine = Database(f"sqlite:///{self.folder()}/fleet.db", 1).engine
        self.addCleanup(engine.dispose)

        with engine.begin() as connection:
            found = connection.execute(sa.text("SELECT :key AS a"), {"key": KEY}).scalar()
            error = self.assertRaises(
                sa.exc.DBAPIError,
                connection.execute,
                sa.text("SELECT :key FROM x"),
                {"key": KEY},
            )

        self.assertEqual(KEY, found)
        self.assertIn("SELECT", output.getvalue())
        self.assertNotIn(KEY, output.getvalue())
        self.assertNotIn(KEY, str(error))

    def test_libraries_log_only_warnings(self):
        root = logging.getLogger()
        self.addCleanup(root.setLevel, root.level)
        self.addCleanup(setattr, root, "handlers", root.handlers)
        root.handlers = []
        logs.configure(Settings())

        for name in ("sqlalchemy.engine", "urllib3", "keystoneauth", "_granian"):
            self.assertFalse(logging.getLogger(name).isEnabledFor(logging.INFO), name)

    def test_responses_of_keystone_are_masked(self):
        importlib.import_module("cratonserver.auth.keystone")
        log = logging.getLogger("keystonemiddleware.auth_token")
        with self.assertLogs(log, "WARNING") as seen:
            log.warning("Identity response: %s", f"Could not find token: {KEY}")
            log.error("Bad response code while validating token: %s %s", 500, KEY)
            log.warning("Authorization failed for token")

        shown = [line(record)["message"] for record in seen.records]
        self.assertEqual(
            [
                "Identity response: ***",
                "Bad response code while validating token: 500 ***",
                "Authorization failed for token",
            ],
            shown,
        )
