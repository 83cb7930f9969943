# SPDX-License-Identifier: Apache-2.0
"""The versions of the database schema, and upgrades between them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
import warnings

import sqlalchemy as sa
from alembic import autogenerate, command, config, migration, script

from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.server import base, databases
from cratonserver import composition, identity
from cratonserver.db import migrations
from cratonserver.db.store import Store, StoreError

WHEN = "2026-01-01T00:00:00.000000"


class MigrationsTestCase(tests_base.TestCase):
    def setUp(self):
        super().setUp()
        self.url = databases.new(self.addCleanup)

    def store(self) -> Store:
        """Return the store, which is closed after the test."""
        store = composition.store_at(self.url)
        self.addCleanup(store.close)
        return store

    def make_version(self, version: str) -> Store:
        """Create the schema of an earlier version."""
        store = self.store()
        with store.write() as connection:
            table = sa.Table(
                migrations.VERSION_TABLE,
                sa.MetaData(),
                sa.Column("version_num", sa.String(32), primary_key=True),
            )
            table.create(connection)  # Alembic's table before a migration
            migrations.upgrade_with_alembic(connection, version)
        return store

    def downgrade(self, connection: sa.Connection, version: str) -> None:
        """Go back to an earlier version of the schema."""
        settings = config.Config()
        settings.set_main_option("script_location", os.path.dirname(migrations.__file__))
        settings.attributes["connection"] = connection
        command.downgrade(settings, version)

    def kept(self, store: Store) -> dict[str, list[t.Any]]:
        """Return the rows of the tables that exist, except those whose columns changed."""
        with store.read() as connection:
            existing = {*sa.inspect(connection).get_table_names()}
            existing -= {"users", "device_labels"}
            return {
                name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
                for name, table in store.tables.metadata.tables.items()
                if name in existing
            }

    def assertDeclared(self, store: Store) -> None:
        """Check that the schema is the declared one."""
        with store.read() as connection:
            context = migration.MigrationContext.configure(
                connection, opts={"compare_type": True}
            )
            with warnings.catch_warnings():  # no reflection of expression indexes
                warnings.filterwarnings("ignore", ".*expression-based index")
                differences = autogenerate.compare_metadata(context, store.tables.metadata)
            self.assertEqual([], differences)
            self.assertEqual(migrations.HEAD, migrations.version(connection))
            if databases.SERVER:
                others = sa.text(
                    "SELECT table_name, column_name FROM information_schema.columns "
                    "WHERE table_schema = 'public' AND table_name != 'alembic_version' AND "
                    "data_type LIKE 'char%' AND collation_name IS DISTINCT FROM 'C'"
                )
                self.assertEqual([], connection.execute(others).all())


class TestVersions(MigrationsTestCase):
    def test_the_newest_is_the_one_that_new_databases_are_marked_with(self):
        settings = config.Config()
        settings.set_main_option("script_location", os.path.dirname(migrations.__file__))
        heads = script.ScriptDirectory.from_config(settings).get_heads()
        self.assertEqual([migrations.HEAD], heads)

    def test_migrations_make_the_tables_that_are_declared(self):
        self.assertDeclared(self.make_version("head"))

    def test_migrations_make_the_triggers_of_a_new_database(self):
        self.make_version("0014")
        migrated = self.store()
        migrated.open(upgrade=True)
        self.url = databases.new(self.addCleanup)
        new = self.store()
        new.open()
        found = self.triggers(migrated)
        self.assertGreater(len(found), 30)
        self.assertEqual(self.triggers(new), found)

    def triggers(self, store: Store) -> list[tuple[t.Any, ...]]:
        """Return the tables, names and texts of all triggers."""
        query = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"
        if databases.SERVER:
            query = (
                "SELECT tgrelid::regclass::text, tgname, prosrc FROM pg_trigger "
                "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal"
            )
        with store.read() as connection:
            return sorted(map(tuple, connection.exec_driver_sql(query)))

    def test_entries_of_an_index_are_deleted_with_their_owners(self):
        """In each version, also after going back."""
        store = self.make_version("0014")
        for version in ("0014", "0015", "0014"):
            with store.write() as connection:
                if version == "0015":
                    migrations.upgrade_with_alembic(connection, version)
                else:
                    self.downgrade(connection, version)
                for statement in (
                    "INSERT INTO projects (id, name, created_at) VALUES ('1', 'p', 't')",
                    "INSERT INTO project_variable_keys VALUES ('1', 'a', 5, 7)",
                    "DELETE FROM projects",
                ):
                    connection.exec_driver_sql(statement)
                entries = connection.exec_driver_sql("SELECT * FROM project_variable_keys")
                self.assertEqual([], entries.all())

    def test_a_new_database_has_the_tables_and_a_first_project(self):
        store = self.store()
        store.open()
        store.open()
        self.assertDeclared(store)
        projects = databases.contents(store)["projects"]
        self.assertEqual([(identity.FIRST_PROJECT, "default")], [p[:2] for p in projects])

    def test_the_fleet_of_the_first_version_is_kept(self):
        store = self.make_version("0001")
        rows: dict[str, dict[str, t.Any]] = {
            "projects": {"id": identity.FIRST_PROJECT, "name": "first", "created_at": WHEN},
            "clouds": {
                "name": "cloud",
                "created_at": WHEN,
                "project_id": identity.FIRST_PROJECT,
            },
            "cloud_variables": {"owner_id": 1, "name": "a", "value": '{"b": 1}'},
            "project_variables": {
                "owner_id": identity.FIRST_PROJECT,
                "name": "long",
                "value": json.dumps(["x" * 70_000, 1.50, {"b": [None]}]),
            },
        }
        with store.write() as connection:
            for name, values in rows.items():
                table = store.tables.metadata.tables[name]
                connection.execute(sa.insert(table).values(values))
        before = self.kept(store)

        error = self.assertRaises(StoreError, self.store().open)
        self.assertIn("craton-server db upgrade", str(error))
        self.assertEqual("0001", self.store().version())

        self.store().open(upgrade=True)
        after = self.kept(store)
        self.assertEqual(before, {name: after[name] for name in before})
        self.assertDeclared(store)

    def test_users_keep_their_keys_and_their_roles(self):
        store = self.make_version("0005")
        keys: dict[str, str] = {}
        with store.write() as connection:
            connection.execute(
                sa.text("INSERT INTO projects (id, name, created_at) VALUES (:id, '1', :t)"),
                {"id": identity.FIRST_PROJECT, "t": WHEN},
            )
            for name, is_admin, is_root in (
                ("root", True, True),
                ("ada", True, False),
                ("bob", False, False),
                ("gone", False, False),
            ):
                keys[name] = f"craton_{len(keys):040x}"  # without a checksum
                users = sa.table(
                    "users",
                    *map(sa.column, ("username", "is_admin", "is_root", "key_digest")),
                    *map(sa.column, ("project_id", "created_at")),
                )
                values = {
                    "username": name,
                    "is_admin": is_admin,
                    "is_root": is_root,
                    "key_digest": identity.digest(keys[name]),
                    "project_id": identity.FIRST_PROJECT,
                    "created_at": WHEN,
                }
                connection.execute(sa.insert(users).values(values))
            connection.execute(sa.text("DELETE FROM users WHERE username = 'gone'"))

        self.store().open(upgrade=True)

        self.assertDeclared(store)
        application = composition.application_of(store)
        callers = {
            name: base.Caller(application, base.credentials(name, key, identity.FIRST_PROJECT))
            for name, key in keys.items()
        }
        self.assertEqual(401, callers["gone"].get("/hosts").status)
        self.assertEqual(200, callers["bob"].get("/hosts").status)
        self.assertEqual(200, callers["root"].get("/projects").status)
        roles = [(one["username"], one["role"]) for one in callers["ada"].items("/users")]
        self.assertEqual([("root", "admin"), ("ada", "admin"), ("bob", "member")], roles)
        owned = [(one["user_id"], one["name"]) for one in callers["ada"].items("/user-keys")]
        self.assertEqual([(1, "default"), (2, "default"), (3, "default")], owned)
        # The id of a deleted user is not used again.
        self.assertEqual(5, callers["ada"].make("users")["id"])

    def test_labels_keep_their_owners(self):
        store = self.make_version("0008")
        project, other = identity.FIRST_PROJECT, "11111111-1111-4111-8111-111111111111"
        with store.write() as connection:
            tables = store.tables.metadata.tables
            common = {"created_at": WHEN, "project_id": project}
            for one in (project, other):
                values = {"id": one, "name": one, "created_at": WHEN}
                connection.execute(sa.insert(tables["projects"]), [values])
            connection.execute(sa.insert(tables["clouds"]), [{**common, "name": "c"}])
            place = {"cloud_id": 1, "region_id": 1}
            region = {**common, "name": "r", "cloud_id": 1}
            connection.execute(sa.insert(tables["regions"]), [region])
            for number, owner in enumerate((project, other, project)):
                host = {
                    **common,
                    **place,
                    "kind": "network_device" if number == 2 else "host",
                    "project_id": owner,
                    "name": f"host-{number}",
                    "ip_address": "10.0.0.1",
                    "device_type": "server",
                    "active": True,
                }
                connection.execute(sa.insert(tables["devices"]), [host])
            labels = sa.table("device_labels", sa.column("owner_id"), sa.column("label"))
            given = [(1, "web"), (1, "db"), (2, "web"), (3, "web")]
            rows = [{"owner_id": owner, "label": label} for owner, label in given]
            connection.execute(sa.insert(labels), rows)

        self.store().open(upgrade=True)

        self.assertDeclared(store)
        with store.read() as connection:
            found = connection.execute(sa.select(tables["device_labels"])).all()
        owners = {1: project, 2: other, 3: project}
        expected = {(owner, label, owners[owner], WHEN) for owner, label in given}
        self.assertEqual(expected, {*map(tuple, found)})
        key = store.add_root_user("root")
        root = base.Caller(
            composition.application_of(store), base.credentials("root", str(key), project)
        )
        user = root.make("users", project_id=project)
        member = base.Caller(
            root.application, base.credentials(user["username"], user["api_key"], project)
        )
        self.assertEqual(["host-0", "host-1"], root.names("/hosts?label=web"))
        self.assertEqual(["host-0"], member.names("/hosts?label=web"))
        self.assertEqual(204, member.delete("/hosts/1").status)  # with its labels
        self.assertEqual([], member.names("/hosts?label=web"))

        with store.write() as connection:
            self.downgrade(connection, "0008")
            columns = sa.inspect(connection).get_columns("device_labels")
            self.assertEqual(["owner_id", "label"], [column["name"] for column in columns])

    def test_the_newest_key_survives_a_downgrade(self):
        store = self.store()
        store.open()
        key = str(store.add_root_user("root"))
        with store.write() as connection:
            self.downgrade(connection, "0007")
            found = connection.execute(sa.text("SELECT key_digest FROM users")).scalar_one()
        self.assertEqual(identity.digest(key), found)

    def test_old_names_are_found_after_an_upgrade(self):
        store = self.store()
        store.open()
        key = str(store.add_root_user("root"))
        root = base.Caller(
            composition.application_of(store),
            base.credentials("root", key, identity.FIRST_PROJECT),
        )
        cloud = root.make("clouds", name="first", variables={"name": "no", "v": [1]})["id"]
        root.put(f"/clouds/{cloud}", {"name": "second"})
        root.put(f"/clouds/{cloud}/variables", {"name": "text"})
        host = root.make("hosts", name="h", labels=["l"])
        root.delete(f"/regions/{host['region_id']}")
        user = root.make("users", username="bob", project_id=identity.FIRST_PROJECT)
        root.delete(f"/users/{user['id']}")
        paths = [
            f"/changes?kind={kind}&name={name}"
            for kind, name in (
                *(("clouds", "first"), ("clouds", "second"), ("clouds", "no")),
                *(("hosts", "h"), ("users", "bob"), ("user_keys", "default")),
            )
        ]
        before = [[one["revision"] for one in root.items(path)] for path in paths]
        self.assertEqual([3, 3, 0, 2, 2, 3], [len(revisions) for revisions in before])

        with store.write() as connection:
            self.downgrade(connection, "0013")
        self.store().open(upgrade=True)

        self.assertDeclared(store)
        after = [[one["revision"] for one in root.items(path)] for path in paths]
        self.assertEqual(before, after)
        root.put(f"/clouds/{cloud}", {"name": "third"})
        self.assertEqual(4, len(root.items("/changes?kind=clouds&name=second")))

    def test_a_newer_version_is_refused(self):
        store = self.store()
        store.open()
        databases.execute(self.url, "UPDATE alembic_version SET version_num = '9999'")
        error = self.assertRaises(StoreError, self.store().open, upgrade=True)
        self.assertIn("newer version", str(error))

    def test_tables_of_something_else_are_refused(self):
        databases.execute(self.url, "CREATE TABLE photos (id INTEGER)")
        error = self.assertRaises(StoreError, self.store().open, upgrade=True)
        self.assertIn("do not belong to Craton", str(error))
        self.assertEqual(1, len(str(error).splitlines()))

    def test_processes_that_come_at_once_all_find_a_fleet(self):
        program = (
            "import sys\n"
            "from cratonserver import composition\n"
            "store = composition.store_at(sys.argv[1]); store.open(upgrade=True)\n"
            "print(bool(store.add_root_user(sys.argv[2])))"
        )
        for prepare in (lambda: None, lambda: self.make_version("0001")):
            self.url = databases.new(self.addCleanup)
            prepare()
            running = [
                subprocess.Popen(
                    [sys.executable, "-c", program, self.url, f"root-{number}"],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                for number in range(4)
            ]
            said = [process.communicate() for process in running]
            self.assertEqual([""] * 4, [errors for _, errors in said])
            # Exactly one process created the first user.
            self.assertEqual(["False"] * 3 + ["True"], sorted(made.strip() for made, _ in said))
