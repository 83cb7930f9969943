# SPDX-License-Identifier: Apache-2.0
"""Files that only the user can read, and folders of users."""

from __future__ import annotations

import errno
import os
import pathlib
import stat
import subprocess
import sys
import typing as t
from unittest import mock

from cratonclient.process import private_files
from cratonclient.tests import base


def mode(path: pathlib.Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


class TestFiles(base.TestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(os.umask, os.umask(0))
        self.path = self.folder() / "file"
        self.target = self.path.with_name("target")

    def test_a_file_is_created_for_its_owner_only(self):
        with private_files.open_binary(self.path, os.O_WRONLY | os.O_APPEND) as file:
            self.assertEqual(0o600, mode(self.path))
            file.write(b"a")
        with private_files.open_binary(self.path, os.O_WRONLY | os.O_APPEND) as file:
            file.write(b"b")
        with private_files.open_binary(self.path, os.O_RDWR) as file:
            self.assertEqual(b"ab", file.read())

    def test_an_existing_file_keeps_its_permissions(self):
        self.path.touch(0o640)
        private_files.open_binary(self.path, os.O_WRONLY).close()
        self.assertEqual(0o640, mode(self.path))

    def test_links_are_not_followed(self):
        for there in (False, True):
            if there:
                self.target.write_text("kept")
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(self.target)

            error = self.assertRaises(
                OSError, private_files.open_binary, self.path, os.O_WRONLY | os.O_APPEND
            )
            self.assertIn("symbolic link", str(error))
            self.assertRaises(OSError, private_files.new_file(self.path).__enter__)

            self.assertEqual(there, self.target.exists())
        private_files.replace(self.path, b"new")
        self.assertEqual("kept", self.target.read_text())
        self.assertEqual((False, 0o600), (self.path.is_symlink(), mode(self.path)))

    def test_a_new_file_is_removed_if_its_writer_fails(self):
        with self.assertRaises(ZeroDivisionError), private_files.new_file(self.path) as file:
            self.assertEqual(0o600, mode(self.path))
            file.write("half")
            raise ZeroDivisionError

        self.assertFalse(self.path.exists())

    def test_a_new_file_replaces_none(self):
        self.path.write_text("kept")
        with self.assertRaises(FileExistsError), private_files.new_file(self.path):
            pass
        self.assertEqual("kept", self.path.read_text())

    def ways(self) -> t.Iterator[None]:
        """Run a block on a file system with files that have no name, and on others."""
        yield
        self.path.unlink()
        refused = OSError(errno.EOPNOTSUPP, "not supported")
        opened = os.open

        def without_unnamed(path: t.Any, flags: int, *rest: t.Any, **more: t.Any) -> int:
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise refused
            return opened(path, flags, *rest, **more)

        with mock.patch.object(os, "open", without_unnamed):
            yield

    def test_a_file_appears_when_it_is_complete(self):
        for _ in self.ways():
            with private_files.appearing(self.path) as file:
                file.write(b"whole")
                self.assertFalse(self.path.exists())
                file.seek(0)
                self.assertEqual(b"whole", file.read())
            self.assertEqual((b"whole", 0o600), (self.path.read_bytes(), mode(self.path)))
            self.assertEqual([self.path], [*self.path.parent.iterdir()])

    def test_a_file_that_appeared_meanwhile_is_kept(self):
        for _ in self.ways():
            with (
                self.assertRaises(FileExistsError),
                private_files.appearing(self.path) as file,
            ):
                file.write(b"new")
                self.path.write_text("kept")
            self.assertEqual("kept", self.path.read_text())
            self.assertEqual([self.path], [*self.path.parent.iterdir()])

    def test_all_new_folders_are_for_their_owner_only(self):
        self.path.mkdir(0o755)
        private_files.make_folders(self.path / "a" / "b")

        self.assertEqual(0o755, mode(self.path))
        self.assertEqual((0o700, 0o700), (mode(self.path / "a"), mode(self.path / "a" / "b")))


class TestUserFolder(base.TestCase):
    def found(self, **environment: str) -> pathlib.Path | None:
        with mock.patch.dict(os.environ, environment, clear=True):
            return private_files.user_folder("XDG_CACHE_HOME", ".cache")

    def test_it_is_below_home_unless_the_variable_names_it(self):
        home = self.folder()
        self.assertEqual(home / ".cache", self.found(HOME=str(home)))
        self.assertEqual(home / ".cache", self.found(HOME=str(home), XDG_CACHE_HOME="rel"))
        self.assertEqual(pathlib.Path("/c"), self.found(HOME=str(home), XDG_CACHE_HOME="/c"))

    def test_there_is_none_without_a_home_directory(self):
        for environment in ({}, {"HOME": ""}, {"HOME": "."}, {"HOME": "/no/such/folder"}):
            self.assertIsNone(self.found(**environment), str(environment))

    def test_the_caches_of_libraries_are_for_the_user_only(self):
        home = self.folder()
        with mock.patch.dict(os.environ, {"HOME": str(home)}, clear=True):
            private_files.protect_caches()
        made = home / ".cache" / "python-entrypoints"
        self.assertEqual((0o700, 0o700), (mode(made), mode(made.parent)))

    def test_libraries_write_no_cache_below_a_relative_path(self):
        home = self.folder()
        variables = {"HOME": str(home), "XDG_CACHE_HOME": "rel"}
        with mock.patch.dict(os.environ, variables, clear=True):
            private_files.protect_caches()
            self.assertEqual(str(home / ".cache"), os.environ["XDG_CACHE_HOME"])

    def test_a_home_directory_that_cannot_be_written_is_no_error(self):
        for folder in ("/dev/null", "/proc"):
            with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": folder}, clear=True):
                private_files.protect_caches()
                self.assertEqual(folder, os.environ["XDG_CACHE_HOME"])

    def test_libraries_write_no_cache_without_one(self):
        folder = self.folder()
        program = (
            "import pwd, sys\n"
            "def nobody(uid): raise KeyError(uid)\n"
            "pwd.getpwuid = nobody\n"
            "from cratonclient_osc import __main__\n"
            "sys.argv[1:] = ['--craton-url', 'sqlite:///fleet.db', 'cloud', 'create', 'prod']\n"
            "sys.exit(__main__.main())\n"
        )

        done = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, env={}, capture_output=True, text=True
        )

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(["fleet.db"], sorted(path.name for path in folder.iterdir()))
