# SPDX-License-Identifier: Apache-2.0
"""URLs of PostgreSQL with one host or several."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient.tests import base
from cratonserver import composition
from cratonserver.db import postgresql_connection
from cratonserver.db.store import StoreError


class Seen(Exception):
    """The parameters of a connection were seen, so it is not opened."""


class TestURL(base.TestCase):
    def parameters(self, url: str) -> dict[str, t.Any]:
        """Return the parameters of a connection, as the driver gets them."""
        engine = composition.store_at(url).engine
        seen: dict[str, t.Any] = {}

        def note(**options: t.Any) -> None:
            seen.update(options)
            raise Seen

        with mock.patch.object(postgresql_connection.Connection, "connect", note):
            self.assertRaises(Seen, engine.connect)
        return seen

    def test_several_hosts_reach_the_driver(self):
        for url, hosts, ports in (
            ("postgresql://u@db1:5432,db2:5433/fleet", "db1,db2", "5432,5433"),
            ("postgresql+psycopg://u:p@db1,db2:5433/fleet", "db1,db2", ",5433"),
            ("postgresql://db1,db2,db3/fleet", "db1,db2,db3", None),
            ("postgresql://[::1]:5432,[::2]/fleet", "::1,::2", "5432,"),
            ("postgresql://u@/fleet?host=db1,db2&port=1,2", "db1,db2", "1,2"),
            ("postgresql://u@/fleet?host=db1:1&host=db2:2", "db1,db2", "1,2"),
            ("postgresql://u@/fleet?host=/run/a,/run/b", "/run/a,/run/b", None),
        ):
            found = self.parameters(url)
            self.assertEqual(hosts, found["host"], url)
            if ports is not None:
                self.assertEqual(ports, found["port"], url)
            self.assertEqual("fleet", found["dbname"])
            self.assertEqual((3, "read-write"), self.chosen(found), url)

    def chosen(self, found: dict[str, t.Any]) -> tuple[t.Any, t.Any]:
        return found["connect_timeout"], found.get("target_session_attrs")

    def test_a_single_host_may_be_a_standby(self):
        for url in ("postgresql://db1/fleet", "postgresql:///fleet?host=/run/a"):
            self.assertEqual((10, None), self.chosen(self.parameters(url)))

    def test_parameters_in_the_url_take_precedence(self):
        query = "target_session_attrs=any&connect_timeout=7&tcp_user_timeout=5"
        found = self.parameters(f"postgresql://db1,db2/fleet?{query}")
        self.assertEqual((7, "any"), self.chosen(found))
        self.assertEqual("5", found["tcp_user_timeout"])

    def test_invalid_parameters_are_named(self):
        folder = self.folder()
        for parameter, named in (
            ("passwrd=x", "passwrd"),
            ("connect_timeout=soon", "connect_timeout"),
            ("sslmode=maybe", "sslmode"),
            ("target_session_attrs=rw", "target_session_attrs"),
        ):
            store = composition.store_at(f"postgresql:///a?host={folder}&{parameter}")
            self.addCleanup(store.close)
            refused = self.assertRaises(StoreError, store.exists)
            self.assertIn("parameter in its URL: ", str(refused))
            self.assertIn(named, str(refused).partition("in its URL: ")[2])

    def test_the_name_of_a_store_shows_the_hosts_and_no_secrets(self):
        for url, name in (
            (
                "postgresql://u:pass-word@db1:5432,db2/fleet?sslpassword=abc&sslmode=require",
                "postgresql://u:***@db1:5432,db2/fleet?sslmode=require&sslpassword=***",
            ),
            ("postgresql://[::1]:5432,[::2]/fleet", "postgresql://[::1]:5432,[::2]/fleet"),
            ("postgresql://u@/fleet?host=db1:1&host=db2", "postgresql://u@db1:1,db2/fleet"),
            ("postgresql://u@db1:1/fleet", "postgresql://u@db1:1/fleet"),
        ):
            shown = composition.store_at(url).name.replace("%2A", "*")
            self.assertEqual(sorted(name), sorted(shown))
            self.assertTrue(shown.startswith(name.partition("?")[0]), shown)

    def test_invalid_hosts_are_refused_without_the_password(self):
        for url in (
            "postgresql://u:pass-word@db1,db2:x/fleet",
            "postgresql://u:pass-word@[::1,db2/fleet",
            "postgresql://u:pass@word@db1,db2/fleet",
            "postgresql://u:pass-word@db1,db2",
        ):
            error = self.assertRaises(StoreError, composition.store_at, url)
            self.assertNotRegex(str(error), "pass[-@]|@word")
            self.assertEqual(1, len(str(error).splitlines()))
