# SPDX-License-Identifier: Apache-2.0
"""``craton-server backup`` and ``restore``: portable, verified, and all or nothing."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import typing as t
from unittest import mock

import sqlalchemy as sa

from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.server import base, databases
from cratonserver import cli, composition, identity
from cratonserver.backup import archive, dump, progress, restore
from cratonserver.db import migrations
from cratonserver.db.store import Store, StoreError

WHEN = "2026-01-01T00:00:00.000000"

#: Values that a careless format would change.
VALUES = {"a": ["ü\u2028\n", "\\N", "\t", None, 1e300, {"a": "\x01"}], "b": [*range(20000)]}


class BackupTestCase(tests_base.TestCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder() / "fleet.backup"
        self.said: list[str] = []

    def store(self, url: str | None = None) -> Store:
        """Return the store of a new database, or of a URL."""
        store = composition.store_at(url or databases.new(self.addCleanup))
        self.addCleanup(store.close)
        return store

    def other_kind(self) -> Store:
        """Return the store of a new SQLite file, whatever database the tests use."""
        return self.store(f"sqlite:///{databases.new_file(self.addCleanup)}")

    def root_of(self, store: Store) -> base.Caller:
        """Create a fleet, and return its root user."""
        store.open()
        key = str(store.add_root_user("root"))
        headers = base.credentials("root", key, identity.FIRST_PROJECT)
        return base.Caller(composition.application_of(store), headers)

    def fleet(self, store: Store) -> base.Caller:
        """Create a fleet with rows in all tables, and return its root user."""
        root = self.root_of(store)
        for collection in base.COLLECTIONS:
            made = root.make(collection)
            if collection != "users":
                root.put(f"/{collection}/{made['id']}/variables", {"a": collection})
        child = root.make("hosts", variables=VALUES)
        place = {name: child[name] for name in ("cloud_id", "region_id")}
        parent = root.make("hosts", **place, active=False)
        # The row of the parent comes after the row of its child.
        moved = root.put(f"/hosts/{child['id']}", {"parent_id": parent["id"]})
        assert moved.status == 200, moved.text
        root.put(f"/hosts/{child['id']}/labels", {"labels": ["ä", "b"]})
        root.make("webhooks", url="https://cmdb.example.com", kinds=["hosts", "cells"])
        quota = {"project_id": identity.FIRST_PROJECT, "resource": "hosts", "value": 100}
        with databases.writing(store) as connection:
            connection.execute(sa.insert(store.tables.quotas).values(quota))
        last = root.make("hosts")
        root.delete(f"/hosts/{last['id']}")
        return root

    def dump(self, store: Store) -> archive.Summary:
        return dump.dump(store, self.path, self.said.append)

    def restore(self, store: Store, replace: bool = False) -> archive.Summary:
        with self.path.open("rb") as file:
            reader = archive.Reader(file, str(self.path))
            return restore.restore(store, reader, replace, self.said.append)

    def lines(self) -> list[bytes]:
        with gzip.open(self.path) as file:
            return file.readlines()

    def rewrite(self, lines: t.Iterable[bytes]) -> None:
        with gzip.open(self.path, "wb") as file:
            file.writelines(lines)

    def assertEmpty(self, store: Store) -> None:
        self.assertFalse(store.exists() and store.version())


class TestRoundTrip(BackupTestCase):
    def test_a_fleet_is_the_same_in_a_database_of_either_kind(self):
        source = self.store()
        root = self.fleet(source)
        before = databases.contents(source)

        written = self.dump(source)

        counts = {name: len(rows) for name, rows in before.items()}
        self.assertEqual(counts, written.counts)
        empty = [name for name, count in counts.items() if not count]
        # The API has no path for variables of network interfaces.
        self.assertEqual(["network_interface_variables"], empty)
        for target in (self.store(), self.other_kind()):
            self.assertEqual(written, self.restore(target))
            self.assertEqual(before, databases.contents(target))
            target.open()
            again = base.Caller(composition.application_of(target), root.headers)
            self.assertEqual(
                root.get("/hosts?details=all").json, again.get("/hosts?details=all").json
            )
            # The id of the deleted host is not assigned again.
            highest = max(row[0] for row in before["devices"])
            self.assertEqual(highest + 2, again.make("hosts")["id"])
            for collection in base.COLLECTIONS:
                again.make(collection)
        self.assertEqual([], self.said)

    def test_a_fleet_comes_back_from_the_other_kind(self):
        source, between, target = self.store(), self.other_kind(), self.store()
        self.fleet(source)
        before = databases.contents(source)
        first = self.dump(source)
        self.restore(between)
        self.path.unlink()
        second = self.dump(between)
        self.restore(target)

        self.assertEqual(before, databases.contents(target))
        self.assertEqual(first.counts, second.counts)

    def test_a_backup_is_one_state_while_others_write(self):
        source = self.store()
        root = self.root_of(source)
        region = root.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        enough = threading.Event()

        def write() -> None:
            while not enough.is_set():
                made = root.make("hosts", **place, variables={"a": 1, "b": 2})
                root.delete(f"/hosts/{made['id'] - 5}")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(5):
                self.path.unlink(missing_ok=True)
                counts = self.dump(source).counts
                self.assertEqual(2 * counts["devices"], counts["device_variables"])
                target = self.store()
                self.restore(target)
        finally:
            enough.set()
            writer.join()

    def test_a_fleet_of_an_older_version_is_upgraded(self):
        source = self.store()
        with source.write() as connection:
            migrations.create(connection, source.tables.metadata, "0002")
        databases.execute(
            source.engine.url.render_as_string(False).replace("+psycopg", ""),
            "INSERT INTO projects (id, name, created_at) VALUES ('p', 'a', '2026-01-01T00:00')",
            "INSERT INTO clouds (name, created_at, project_id) VALUES ('c', '2026-01-01', 'p')",
            "INSERT INTO cloud_variables VALUES (1, 'a', '{\"b\": 1}')",
        )
        written = self.dump(source)
        self.assertEqual("0002", written.schema)
        self.assertEqual("0002", source.version())

        newer = self.store()
        self.root_of(newer)
        for target, replace in (
            (self.store(), False),
            (self.other_kind(), False),
            (newer, True),
        ):
            self.restore(target, replace)
            self.assertEqual(migrations.HEAD, target.version())
            self.assertFalse(target.open())
            found = databases.contents(target)
            self.assertEqual([(1, "a", '{"b": 1}')], found["cloud_variables"])
            self.assertEqual([], found["users"])

    def test_derived_tables_are_filled_again(self):
        source, target = self.store(), self.store()
        self.fleet(source)
        index = databases.index_of_variables(source)
        self.assertTrue(index["device_variable_keys"])
        self.assertEqual([], [name for name in self.dump(source).counts if name in index])
        index.pop("quota_counts")  # counted again when it is used
        for replace in (False, True):
            self.restore(target, replace)
            found = databases.index_of_variables(target)
            self.assertEqual(index, {name: found[name] for name in index})
            self.assertEqual(databases.contents(source), databases.contents(target))

    def test_tables_of_others_stay_out_and_stay(self):
        source = self.store()
        self.fleet(source)
        with source.write() as connection:
            connection.exec_driver_sql("CREATE TABLE photos (id INTEGER)")

        self.assertNotIn("photos", self.dump(source).counts)
        self.restore(source, replace=True)

        self.assertEqual(1, len(self.said))
        self.assertIn("photos", self.said[0])
        with source.read() as connection:
            self.assertIn("photos", sa.inspect(connection).get_table_names())


class TestRefusals(BackupTestCase):
    """Each refusal leaves the database as it was."""

    def refusal(self, store: Store, replace: bool = False) -> str:
        error = self.assertRaises(archive.BackupError, self.restore, store, replace)
        self.assertEqual(1, len(str(error).splitlines()))
        return str(error)

    def test_a_fleet_is_replaced_only_on_demand(self):
        source, target = self.store(), self.store()
        self.fleet(source)
        self.dump(source)
        self.root_of(target).make("clouds", name="mine")
        before = databases.contents(target)

        self.assertIn("--replace", self.refusal(target))
        self.assertEqual(before, databases.contents(target))
        self.restore(target, replace=True)
        self.assertEqual(databases.contents(source), databases.contents(target))

    def test_a_database_of_another_program_is_refused(self):
        source, target = self.store(), self.store()
        self.fleet(source)
        self.dump(source)
        with target.write() as connection:
            connection.exec_driver_sql("CREATE TABLE photos (id INTEGER)")
        for replace in (False, True):
            error = self.assertRaises(StoreError, self.restore, target, replace)
            self.assertIn("do not belong to Craton", str(error))

    def test_damage_anywhere_is_found(self):
        source, target = self.store(), self.store()
        self.fleet(source)
        self.dump(source)
        whole = self.path.read_bytes()
        damaged = [whole[: len(whole) * part // 20] for part in range(20)]
        damaged += [
            whole[:-1],
            whole + b"more",
            b"text\n",
            gzip.compress(b""),
            gzip.compress(b"5\n"),
        ]
        for content in damaged:
            self.path.write_bytes(content)
            self.assertIn("damaged or truncated", self.refusal(target))
        self.assertEmpty(target)

    def test_no_changed_bit_changes_what_is_restored(self):
        source = self.store()
        self.fleet(source)
        written = self.dump(source)
        whole = self.path.read_bytes()
        accepted = 0
        for place in range(0, len(whole), max(1, len(whole) // 200)):
            changed = whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]
            with contextlib.suppress(archive.BackupError):
                # The bit had no meaning, such as those of the time in the header of gzip.
                self.assertEqual(written, archive.Reader(io.BytesIO(changed), "").verify())
                accepted += 1
        self.assertLess(accepted, 20)

    def test_lines_that_are_missing_added_or_changed_are_found(self):
        source, target = self.store(), self.store()
        self.fleet(source)
        self.dump(source)
        lines = self.lines()
        row = next(index for index, line in enumerate(lines) if line.startswith(b"["))
        for changed in (
            lines[:row] + lines[row + 1 :],
            [*lines[:row], lines[row], *lines[row:]],
            [*lines[:row], lines[row].replace(b"default", b"Default"), *lines[row + 1 :]],
            lines[:-1],
            [*lines, lines[-1]],
        ):
            self.rewrite(changed)
            self.assertIn("damaged or truncated", self.refusal(target))
        self.assertEmpty(target)

    def test_newer_versions_are_refused(self):
        source, target = self.store(), self.store()
        self.fleet(source)
        self.dump(source)
        header = json.loads(self.lines()[0])
        for change, message in (
            ({"version": 2}, "newer craton-server"),
            ({"schema": "9999"}, "9999"),
        ):
            self.write_archive({**header, **change})
            self.assertIn(message, self.refusal(target))
        self.assertEmpty(target)

    def write_archive(self, header: dict[str, t.Any], *lines: t.Any) -> None:
        """Write a backup with a right checksum and any contents."""
        with (
            self.path.open("wb") as file,
            mock.patch.object(archive, "VERSION", header["version"]),
        ):
            writer = archive.Writer(file, header["schema"])
            for line in lines:
                writer.table(line) if isinstance(line, archive.TableHeader) else writer.rows(
                    [line]
                )
            writer.finish()

    def test_rows_that_do_not_fit_change_nothing(self):
        source, target = self.store(), self.store()
        self.fleet(source)
        self.root_of(target)
        before = databases.contents(target)
        header = {"version": 1, "schema": migrations.HEAD}
        projects = archive.TableHeader("projects", ["id", "name", "created_at"], None)
        variables = archive.TableHeader(
            "project_variables", ["owner_id", "name", "value"], None
        )
        project = [identity.FIRST_PROJECT, "a", WHEN]
        for lines, message in (
            ((archive.TableHeader("photos", ["id"], None),), "table photos"),
            ((projects._replace(columns=["id", "colour"]),), "no column colour"),
            ((projects, project, project), "does not fit"),
            ((variables, [identity.FIRST_PROJECT, "a", "1"]), "does not fit"),
        ):
            self.write_archive(header, *lines)
            self.assertIn(message, self.refusal(target, replace=True))
            self.assertEqual(before, databases.contents(target))

    def test_an_existing_file_is_kept(self):
        source = self.store()
        self.fleet(source)
        for make in (self.path.touch, lambda: self.path.symlink_to("nowhere")):
            make()
            error = self.assertRaises(archive.BackupError, self.dump, source)
            self.assertIn("exists already", str(error))
            self.path.unlink()

    def test_a_file_that_appears_meanwhile_is_kept(self):
        source = self.store()
        self.fleet(source)
        with mock.patch.object(
            progress.Progress, "add", lambda *_: self.path.write_text("of another backup")
        ):
            error = self.assertRaises(archive.BackupError, self.dump, source)
        self.assertIn("exists already", str(error))
        self.assertEqual("of another backup", self.path.read_text())


class TestInterruption(BackupTestCase):
    """A killed process leaves nothing that looks finished."""

    #: Runs the program, and waits after the first rows until it is killed.
    PROGRAM = """
import sys
from cratonserver import cli
from cratonserver.backup import progress
def add(self, table, rows):
    print("here", flush=True)
    sys.stdin.read()
progress.Progress.add = add
sys.exit(cli.main(sys.argv[1:]))
"""

    def kill(self, *words: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", self.PROGRAM, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            self.assertEqual("here\n", t.cast("t.IO[str]", process.stdout).readline())
            process.send_signal(signal.SIGKILL)

    def url(self, store: Store) -> str:
        url = store.engine.url.render_as_string(hide_password=False)
        return f"--database={url.replace('+psycopg', '')}"

    def test_a_killed_backup_is_no_backup(self):
        source = self.store()
        self.fleet(source)
        self.kill("backup", str(self.path), self.url(source))
        self.assertEqual([], [*self.path.parent.iterdir()])
        self.dump(source)

    def test_a_killed_restore_changes_nothing(self):
        source, empty, full = self.store(), self.store(), self.store()
        self.fleet(source)
        self.dump(source)
        self.root_of(full)
        before = databases.contents(full)

        self.kill("restore", str(self.path), self.url(empty))
        self.kill("restore", "--replace", str(self.path), self.url(full))

        self.assertEmpty(empty)
        self.assertEqual(before, databases.contents(full))
        for target in (empty, full):
            self.restore(target, replace=target is full)
            self.assertEqual(databases.contents(source), databases.contents(target))

    def test_readers_see_the_old_fleet_until_the_new_one_is_complete(self):
        source, target = self.store(), self.store()
        self.fleet(source)
        self.dump(source)
        reader = self.root_of(target)
        reader.make("clouds", name="mine")
        seen: list[list[str]] = []

        with mock.patch.object(
            progress.Progress, "add", lambda *_: seen.append(reader.names("/clouds"))
        ):
            self.restore(target, replace=True)

        self.assertLess(3, len(seen))
        self.assertEqual([["mine"]] * len(seen), seen)
        self.assertEqual(401, reader.get("/clouds").status)  # the keys are restored, too


class TestProgram(BackupTestCase):
    def run_program(self, *words: str) -> tuple[int, str, str]:
        """Run the program in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main([*words])
        return status, out.getvalue(), err.getvalue()

    def test_a_backup_is_written_checked_and_restored(self):
        source, target = self.store(), self.store()
        root = self.fleet(source)
        urls = [f"--database={s.engine.url.render_as_string(False)}" for s in (source, target)]
        from_, to = (url.replace("+psycopg", "") for url in urls)
        path = str(self.path)

        status, counts, said = self.run_program("backup", path, from_)

        self.assertEqual(0, status, said)
        self.assertIn(f"devices\t{len(databases.contents(source)['devices'])}\n", counts)
        checksum = said.split()[-1].rstrip(".")
        self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
        content = b"".join(self.lines()).decode()
        self.assertNotIn(root.headers["X-Auth-Token"], content)
        for words in (("--check", from_), (to,), ("--replace", to)):
            status, printed, said = self.run_program("restore", path, *words)
            self.assertEqual((0, counts, True), (status, printed, checksum in said), said)
        status, printed, said = self.run_program("restore", path, to)
        self.assertEqual((1, "", 1), (status, printed, len(said.splitlines())))

    def test_problems_with_files_are_one_line(self):
        source = self.store()
        self.fleet(source)
        url = f"--database={source.engine.url.render_as_string(False)}".replace("+psycopg", "")
        nowhere = str(self.path.parent / "none" / "fleet.backup")
        for words in (("backup", nowhere), ("restore", nowhere), ("restore", "/dev/null")):
            status, printed, said = self.run_program(*words, url)
            self.assertEqual((1, "", 1), (status, printed, len(said.splitlines())), said)
            self.assertIn(words[1], said)
            self.assertNotIn("partial", said)
            self.assertNotIn("Errno", said)

    def test_a_pipe_is_refused(self):
        pipe, other = os.pipe()
        self.addCleanup(os.close, pipe)
        self.addCleanup(os.close, other)
        url = f"--database=sqlite:///{self.path}.db"
        status, _, said = self.run_program("restore", f"/dev/fd/{pipe}", url)
        self.assertEqual(1, status)
        self.assertIn(f"/dev/fd/{pipe} is a pipe", said)

    def run_with_full_disk(self, size: int, *words: str) -> str:
        """Run the program, which fails, and return its message.

        :param size: number of bytes to which any file may grow.
        """
        program = (
            "import resource, sys\n"
            "from cratonserver import cli\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
            "sys.exit(cli.main(sys.argv[1:]))\n"
        )
        # The file in which coverage is recorded could not grow either.
        environment = {n: v for n, v in os.environ.items() if not n.startswith("COVERAGE")}
        command = [sys.executable, "-c", program, *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        self.assertEqual((1, ""), (done.returncode, done.stdout), done.stderr)
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
        return done.stderr

    def test_a_backup_to_a_full_disk_leaves_nothing(self):
        source = self.store()
        self.fleet(source)
        url = f"--database={source.engine.url.render_as_string(False)}".replace("+psycopg", "")
        said = self.run_with_full_disk(500, "backup", str(self.path), url)
        self.assertEqual(
            f"craton-server: {self.path} cannot be written: File too large. Use another "
            "folder, or mend this one.\n",
            said,
        )
        self.assertEqual([], [*self.path.parent.iterdir()])

    def test_a_restore_to_a_full_disk_changes_nothing(self):
        source, target = self.store(), self.other_kind()
        self.fleet(source)
        self.dump(source)
        self.root_of(target).make("clouds", name="mine")
        before = databases.contents(target)
        target.close()

        url = f"--database={target.name}"
        said = self.run_with_full_disk(100_000, "restore", "--replace", str(self.path), url)

        self.assertIn(f"The database {target.name} cannot be read or written", said)
        self.assertEqual(before, databases.contents(target))

    def test_no_fleet_is_no_backup(self):
        missing = self.path.parent / "none.db"
        status, _, said = self.run_program(
            "backup", str(self.path), f"--database=sqlite:///{missing}"
        )
        self.assertEqual((1, 1), (status, len(said.splitlines())))
        self.assertEqual([], [*self.path.parent.iterdir()])

    def test_long_work_prints_its_progress(self):
        said: list[str] = []
        shown = progress.Progress(said.append, interval=0)
        for table, rows in (("a", 1000), ("a", 500), ("b", 10)):
            shown.add(table, rows)
        self.assertEqual(["a: 1000 rows", "a: 1500 rows", "b: 10 rows"], said)
        progress.Progress(said.append).add("c", 1)
        self.assertEqual(3, len(said))
