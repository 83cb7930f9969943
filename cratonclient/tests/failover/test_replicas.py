# SPDX-License-Identifier: Apache-2.0
"""Lists and objects are read from standbys, and users see what they wrote."""

from __future__ import annotations

import re
import signal
import time
import typing as t
from unittest import mock

import sqlalchemy as sa
from falcon import testing

from cratonclient.tests import base as tests_base
from cratonclient.tests import postgresql
from cratonclient.tests.integration.server import base
from cratonserver import composition, deadlines, identity
from cratonserver.db import replicas
from cratonserver.db.store import Store, StoreError

PATHS = ("/clouds", "/clouds/1", "/clouds?details=all", "/clouds/1/variables")


class ReplicasTestCase(tests_base.TestCase):
    def setUp(self):
        super().setUp()
        self.pair = self.enterContext(postgresql.running_pair())
        # Writes do not wait for the standby, so that it lags behind.
        self.pair.primary.execute("ALTER SYSTEM RESET synchronous_standby_names")
        self.pair.primary.execute("SELECT pg_reload_conf()")
        store = self.open()
        store.open()
        key = str(store.add_root_user("root"))
        self.headers = base.credentials("root", key, identity.FIRST_PROJECT)
        self.writer = self.caller(store)
        # As in another process, which knows nothing of the writes of the first one.
        self.reader = self.caller(self.open())
        self.writer.make("clouds", name="first")
        self.ports: list[str] = []
        sa.event.listen(sa.Engine, "before_cursor_execute", self.note)
        self.addCleanup(sa.event.remove, sa.Engine, "before_cursor_execute", self.note)

    def note(self, connection: t.Any, _cursor: t.Any, statement: str, *_rest: t.Any) -> None:
        """Note the server that runs a query for clouds."""
        if "FROM clouds" in statement or "FROM cloud_variables" in statement:
            self.ports.append(str(connection.connection.driver_connection.info.port))

    def open(self) -> Store:
        store = composition.store_at(self.pair.url, 4, self.pair.read_url)
        self.addCleanup(store.close)
        return store

    def caller(self, store: Store) -> base.Caller:
        return base.Caller(composition.application_of(store), self.headers)

    def assertReadFrom(self, cluster: postgresql.Cluster) -> None:
        """Check that all requests that read are answered, from this server only."""
        for path in PATHS:
            self.ports.clear()
            self.assertEqual(200, self.reader.get(path).status, path)
            self.assertEqual({cluster.port}, set(self.ports), path)


class TestReplicas(ReplicasTestCase):
    def test_standbys_are_read_and_every_write_is_seen_at_once(self):
        with mock.patch.object(replicas, "_PATIENCE", 10):  # the machine is busy
            self.assertReadFrom(self.pair.standby)
            for number in range(20):
                name = self.writer.make("clouds", name=f"cloud-{number}")["name"]
                self.assertIn(name, self.reader.names("/clouds?limit=100"))
            self.assertReadFrom(self.pair.standby)

    def test_the_connections_to_standbys_are_measured(self):
        with mock.patch.object(replicas, "_PATIENCE", 10):
            self.assertReadFrom(self.pair.standby)
        text = testing.simulate_get(
            self.reader.application, "/metrics", remote_addr="127.0.0.1"
        ).text
        found = dict(re.findall(r'craton_database_connections\{database="(\w+)"\} (\S+)', text))
        self.assertEqual({"primary", "standby"}, {*found})
        self.assertLessEqual(1, float(found["standby"]))
        self.assertIn('craton_database_connections_in_use{database="standby"} 0.0', text)

    def test_a_standby_that_lags_behind_is_not_read(self):
        self.pair.standby.execute("SELECT pg_wal_replay_pause()")
        self.writer.make("clouds", name="new")
        self.assertIn("new", self.reader.names("/clouds"))
        self.assertReadFrom(self.pair.primary)

        self.pair.standby.execute("SELECT pg_wal_replay_resume()")
        with mock.patch.object(replicas, "_PATIENCE", 10):
            self.reader = self.caller(self.open())
            self.assertReadFrom(self.pair.standby)

    def test_a_standby_refuses_each_change_as_read_only(self):
        store = composition.store_at(f"{self.pair.read_url}?target_session_attrs=any")
        self.addCleanup(store.close)
        caller = self.caller(store)
        project = identity.FIRST_PROJECT
        for method, path, body in (
            ("PUT", "/clouds/1", {"note": "x"}),
            ("PUT", "/clouds/1/variables", {"a": 1}),
            ("DELETE", "/clouds/1/variables", ["a"]),
            ("DELETE", "/clouds/1", None),
            ("POST", "/clouds", {"name": "second"}),
            ("POST", "/users", {"username": "ada", "project_id": project}),
            ("PUT", f"/quotas/{project}", {"hosts": 1}),
        ):
            self.assertEqual(200, caller.get("/clouds?details=all").status)
            refused = caller.call(method, path, body)
            self.assertEqual(503, refused.status, f"{method} {path}: {refused.text}")
            self.assertIn("read-only", refused.text)
        error = self.assertRaises(StoreError, store.check_writable)  # as /healthcheck does
        self.assertIn("read-only", str(error))

    def test_a_deleted_user_is_refused_at_once(self):
        made = self.writer.make("users")
        headers = base.credentials(made["username"], made["api_key"], identity.FIRST_PROJECT)
        user = base.Caller(self.reader.application, headers)
        self.assertEqual(200, user.get("/clouds").status)

        self.pair.standby.execute("SELECT pg_wal_replay_pause()")
        self.writer.delete(f"/users/{made['id']}")
        self.assertEqual(401, user.get("/clouds").status)

    def test_the_primary_answers_when_the_standbys_are_lost_or_promoted(self):
        with mock.patch.object(replicas, "_PATIENCE", 10):
            self.assertReadFrom(self.pair.standby)
        self.pair.promote()  # it has a history of its own from now on
        self.assertReadFrom(self.pair.primary)
        self.pair.standby.signal_all(signal.SIGKILL)
        self.assertReadFrom(self.pair.primary)

    def test_lost_standbys_are_logged_once(self):
        store = composition.store_at(self.pair.url, 4, self.pair.url)
        self.addCleanup(store.close)
        self.pair.standby.stop()
        with (
            mock.patch.object(replicas, "_LONG_PAUSE", 0),
            self.assertLogs("cratonserver.db.replicas") as log,
        ):
            for _ in range(3):
                self.assertEqual(200, self.caller(store).get("/clouds").status)

        self.assertEqual(1, len(log.output), str(log.output))
        self.assertIn("do not answer, so the primary answers all requests", log.output[0])

    def test_the_primary_answers_when_a_standby_does_not(self):
        with mock.patch.object(replicas, "_PATIENCE", 10):
            self.assertReadFrom(self.pair.standby)
        self.pair.standby.signal_all(signal.SIGSTOP)
        self.addCleanup(self.pair.standby.signal_all, signal.SIGCONT)
        with deadlines.limit(30):
            began = time.monotonic()
            self.assertReadFrom(self.pair.primary)
            self.assertLess(time.monotonic() - began, 15)

        self.pair.standby.signal_all(signal.SIGCONT)
        with (
            mock.patch.object(replicas, "_PATIENCE", 10),
            mock.patch.object(replicas, "_LONG_PAUSE", 0),
        ):
            self.reader = self.caller(self.open())
            self.assertReadFrom(self.pair.standby)


class TestRefusals(tests_base.TestCase):
    def test_sqlite_has_no_standbys(self):
        for url, read_url in (
            ("sqlite:///fleet.db", "postgresql://db2/fleet"),
            ("postgresql://db1/fleet", "sqlite:///fleet.db"),
        ):
            error = self.assertRaises(StoreError, composition.store_at, url, 1, read_url)
            self.assertIn("read_database needs standbys of PostgreSQL", str(error))
