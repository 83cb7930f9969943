# SPDX-License-Identifier: Apache-2.0
"""The SQL statements of pages: their number, their text, and their query plans."""

from __future__ import annotations

import contextlib
import itertools
import re
import typing as t
import unittest

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonclient.tests.integration.server import base, databases
from cratonserver.db import list_query, page_query, tables, variable_filter
from cratonserver.db.change_log import names, pages


class PlansTestCase(base.ServerTestCase):
    @contextlib.contextmanager
    def statements(self) -> t.Iterator[list[str]]:
        """Collect the statements that run inside the ``with`` block."""
        seen: list[str] = []

        def note(*args: t.Any) -> None:
            seen.append(args[2])

        sa.event.listen(self.store.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sa.event.remove(self.store.engine, "before_cursor_execute", note)


class TestStatements(PlansTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()
        place = self.user.make("regions")
        self.hosts = [
            self.user.make("hosts", region_id=place["id"], cloud_id=place["cloud_id"])["id"]
            for _ in range(12)
        ]

    def test_a_page_is_one_statement_beside_those_for_the_user_and_the_tag(self):
        marker = f"/hosts?limit=10&marker={self.hosts[0]}"
        for path in ("/hosts", marker, f"/hosts?cloud_id=1&id={self.hosts[0]}", "/networks"):
            with self.about(path), self.statements() as seen:
                self.assertAnswer(self.user.get(path), 200)
                self.assertEqual(3, len(seen), str(seen))

    def test_a_page_with_variables_is_read_in_one_transaction(self):
        with self.statements() as seen:
            self.assertAnswer(self.user.get("/hosts?details=true"), 200)
        begins = [] if databases.SERVER else ["BEGIN"]  # psycopg begins implicitly
        self.assertIn("FROM user_keys", seen[0])
        firsts = [re.search(r"(?<=FROM )\w+|^BEGIN", text) for text in seen[1:]]
        found = [first and first[0] for first in firsts]
        self.assertEqual([*begins, "project_revisions", "devices", "device_variables"], found)

    def test_it_is_the_same_whoever_asks_whatever_for(self):
        other = self.member()
        texts: list[str] = []
        for who, marker in ((self.user, self.hosts[0]), (self.user, self.hosts[3])):
            with self.statements() as seen:
                who.get(f"/hosts?region_id={marker}&limit=10&marker={marker}")
            texts.append(seen[2])  # after the statements for the user and the entity tag
        self.assertEqual(1, len(set(texts)))
        with self.statements() as seen:
            self.assertEqual([], other.names("/hosts"))
            self.assertEqual(12, len(self.user.names("/hosts")))
        self.assertEqual(seen[:3], seen[3:])

    def test_names_that_begin_with_a_prefix_are_a_range_of_an_index(self):
        root = self.root
        for who, conditions in ((self.user, ("project_id=?", "kind=?")), (root, ("kind=?",))):
            with self.statements() as seen:
                who.get("/hosts?name_prefix=web%25_&sort_keys=name")
            statement = next(
                text for text in seen if "craton_prefix" in text or "name >=" in text
            )
            self.assertNotIn("LIKE", statement.upper())
            if databases.SERVER:
                continue  # a planner with statistics of a few rows reads the table
            values = ("x",) * statement.count("?")
            with self.store.read() as connection:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                steps = [row[3] for row in plan if "devices" in row[3]]
            index = "_".join(["ix_devices", *(c[:-2] for c in conditions), "name_id"])
            wanted = " AND ".join([*conditions, "name>? AND name<?"])
            self.assertIn(f"SEARCH devices USING INDEX {index} ({wanted})", steps)

    def test_of_those_that_could_be_asked_some_are_kept(self):
        def make(of: tables.Tables, number: int) -> object:
            return object()

        made = tables.Tables([], self.store.tables.dialect)
        first = made.cached(make, 0)
        self.assertIs(first, made.cached(make, 0))
        for number in range(5000):
            made.cached(make, number)
        self.assertIsNot(first, made.cached(make, 0))


@unittest.skipIf(databases.SERVER, "PostgreSQL has statistics")
class TestSQLite(PlansTestCase):
    """SQLite has no statistics, so the statement itself must lead it to the right index."""

    def test_a_filter_with_an_index_is_never_found_by_reading_the_whole_list(self):
        found = 0
        for kind in self.store.tables.kinds:
            for name in {*kind.resource_class.filters, *kind.resource_class.parameters}:
                field = list_query.compared(kind, name)
                is_name = field.name == kind.resource_class.NAME_ATTR
                if field.name in ("project_id", "id") or name == "vars":
                    continue
                if not (is_name or isinstance(field, Ref)):
                    continue
                for all_projects, follows in itertools.product((False, True), repeat=2):
                    shape = list_query.Shape(
                        kind, all_projects, (name,), ("created_at", "id"), False, 10, follows
                    )
                    with self.about(str(shape)):
                        self.assertFoundByIndex(shape, field.name)
                        found += 1
        self.assertGreater(found, 40)

    def test_rows_with_parents_are_a_range_of_an_index(self):
        kind = self.store.tables.kind("hosts")
        for all_projects, name in ((False, "parents"), (True, "parent_id")):
            survey = self.store.tables.prepared(variable_filter._survey, kind, all_projects)
            statement = str(survey._statement.compile(self.store.engine))
            values = ("x",) * statement.count("?")
            with self.store.read() as connection:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                (step,) = (row[3] for row in plan if "SEARCH devices" in row[3])
            self.assertRegex(step, rf"INDEX ix_devices_{name} \(.*parent_id>\?\)")

    def test_changes_of_objects_with_a_name_are_found_by_indexes(self):
        made = self.store.tables
        kind = made.kind("devices")
        shape = pages._Shape(
            10, True, frozenset({"project_id", "owners", "marker"}), ("host",), ()
        )
        for query, wanted in (
            (names._former(made, kind), r"project_id=\? AND source=\? AND old_name=\?"),
            (
                names._present(made, made.kind("hosts")),
                r"project_id=\? AND kind=\? AND name=\?",
            ),
            (pages._page(made, shape), r"source=\? AND owner=\? AND change_id<\?"),
        ):
            statement = str(query.compile(self.store.engine))
            values = ("1",) * statement.count("?")
            with self.store.read() as connection:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                steps = [row[3] for row in plan if re.search("change_rows|devices", row[3])]
            self.assertNotEqual([], steps)
            for step in steps:
                self.assertRegex(step, rf"USING (COVERING )?INDEX .*\({wanted}", str(steps))

    def test_the_nearest_place_is_chosen(self):
        kind = self.store.tables.kind("hosts")
        for filters in itertools.permutations(("cloud_id", "cell_id", "region_id")):
            shape = list_query.Shape(
                kind, False, filters, ("created_at", "id"), False, 10, False
            )
            self.assertFoundByIndex(shape, "cell_id")

    def assertFoundByIndex(self, shape: list_query.Shape, column: str) -> None:
        made = page_query.build(self.store.tables, shape)
        statement = str(made.page.compile(self.store.engine))
        table = self.store.tables.table(shape.kind).name
        with self.store.read() as connection:
            values = ("x",) * statement.count("?")
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [row[3] for row in plan if row[3].split()[1] == table]
        self.assertNotEqual([], steps)
        for step in steps:
            if step.endswith(("(rowid=?)", "(id=?)")):  # the row of the marker
                continue
            self.assertRegex(step, rf"USING (COVERING )?INDEX .*\b{column}[=>]\?", str(steps))


@unittest.skipUnless(databases.SERVER, "needs PostgreSQL")
class TestPostgreSQL(PlansTestCase):
    def prepared(self) -> list[str]:
        """Return the prepared statements of the connection."""
        with self.store.read(single_query=True) as connection:
            found = "SELECT statement FROM pg_prepared_statements"
            return list(connection.exec_driver_sql(found).scalars())

    def test_pages_are_prepared_but_those_that_depend_on_values(self):
        user = self.member()
        host = user.make("hosts")
        for _ in range(8):
            user.get(f"/hosts?limit=42&marker={host['id']}")
            user.get("/hosts?details=true")
            user.get(f"/hosts?limit=43&region_id={host['region_id']}")
        prepared = "\n".join(self.prepared())
        self.assertIn("LIMIT 42", prepared)
        self.assertIn("device_variables", prepared)
        self.assertNotIn("region_id = $", prepared)

    def test_no_plan_reads_the_rows_of_other_projects(self):
        user = self.member()
        host = user.make("hosts")
        with databases.writing(self.store) as connection:
            columns = "kind, device_type, ip_address, active, project_id, region_id, created_at"
            connection.exec_driver_sql(
                f"INSERT INTO devices (name, cloud_id, {columns}) "  # noqa: S608
                f"SELECT 'copy' || n, cloud_id, {columns} "
                f"FROM devices, generate_series(1, 20000) n WHERE id = {host['id']}"
            )
            connection.exec_driver_sql("ANALYZE devices")
        shape = list_query.Shape(
            self.store.tables.kind("hosts"), False, (), ("created_at", "id"), False, 10, True
        )
        for follows in (False, True):
            made = page_query.build(self.store.tables, shape._replace(follows=follows))
            text = str(made.page.compile(self.store.engine))
            text = text.replace(f"%({tables.PROJECT})s", "$1").replace(
                f"%({page_query.MARKER})s", "$2"
            )
            with self.about(f"follows: {follows}"), self.store.read() as connection:
                run = connection.exec_driver_sql
                run("SET LOCAL plan_cache_mode = force_generic_plan")
                run(f"PREPARE page AS {text}")
                values = "('', 1)" if follows else "('')"
                plan = run(f"EXPLAIN EXECUTE page {values}").scalars().all()
                run("DEALLOCATE page")
                used = re.findall(r"Scan.* using (\w+) on devices", "\n".join(plan))
                self.assertEqual(
                    {"ix_devices_project_id_kind_created_at_id"}, {*used} - {"pk_devices"}
                )


@unittest.skipUnless(databases.SERVER, "SQLite keeps no plans of foreign-key checks")
class TestForeignKeysOfPostgreSQL(PlansTestCase):
    """PostgreSQL keeps the plans of foreign-key checks in each connection."""

    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.region = self.user.make("regions")

    def create(self, number: int) -> int:
        """Create hosts at once, and return the number of rows of hosts that are scanned."""
        scanned: list[int] = []

        def note(connection: sa.Connection) -> None:
            query = (
                "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'devices'"
            )
            scanned.append(connection.exec_driver_sql(query).scalar_one())

        place = {"region_id": self.region["id"], "cloud_id": self.region["cloud_id"]}
        variables = {f"v{n}": n for n in range(3)}
        hosts = [
            self.user.needed("hosts", {**place, "variables": variables}) for _ in range(number)
        ]
        changes = [{"action": "create", "kind": "hosts", "values": host} for host in hosts]
        sa.event.listen(self.store.engine, "commit", note)
        try:
            self.assertAnswer(self.user.post("/changes", {"changes": changes}), 200)
        finally:
            sa.event.remove(self.store.engine, "commit", note)
        return sum(scanned)

    def test_a_plan_for_few_rows_is_not_used_for_many(self):
        with self.store.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        self.create(100)
        # Numbers of earlier transactions may be part of the sum.
        self.assertLess(self.create(1000), 100_000)
