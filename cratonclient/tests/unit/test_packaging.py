# SPDX-License-Identifier: Apache-2.0
"""Packaging: the version of a tree, the metadata, and the lower bounds."""

from __future__ import annotations

import configparser
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import types
import typing as t
from unittest import mock

from cratonclient.tests import base, structure

NAMES = ("setup.py", ".git_archival.txt", ".gitattributes")
#: The environment of git, without the settings of a user.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "n",
    "GIT_AUTHOR_EMAIL": "n@example.org",
    "GIT_COMMITTER_NAME": "n",
    "GIT_COMMITTER_EMAIL": "n@example.org",
}


def build(folder: pathlib.Path) -> tuple[str | None, t.Mapping[str, t.Any]]:
    """Run setup.py in a folder; return the version that it sets, and the arguments of setup."""
    setup = mock.Mock()
    fake = types.SimpleNamespace(setup=setup)
    with (
        mock.patch.dict(sys.modules, {"setuptools": t.cast("types.ModuleType", fake)}),
        mock.patch.dict(os.environ),
    ):
        os.environ.pop("PBR_VERSION", None)
        runpy.run_path(str(folder / "setup.py"))
        return os.environ.get("PBR_VERSION"), setup.call_args.kwargs


class TestVersion(base.TestCase):
    """Only a tagged commit has the version of a release."""

    def setUp(self):
        super().setUp()
        self.clone = self.folder()
        for name in NAMES:
            shutil.copy(structure.ROOT / name, self.clone)
        self.git("init", "-q")
        self.git("add", ".")
        self.commit()
        text = (self.clone / "setup.py").read_text()
        self.base = re.findall('^BASE_VERSION = "(.+)"$', text, re.M)[0]

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=self.clone,
            env={**os.environ, **GIT},
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout

    def commit(self) -> None:
        self.git("commit", "-q", "--allow-empty", "-m", "change")

    def archived(self, commit: str = "HEAD") -> str | None:
        """Return the version of an archive of a commit."""
        folder = self.folder()
        self.git("archive", "-o", str(folder / "archive.tar"), commit)
        shutil.unpack_archive(folder / "archive.tar", folder, filter="data")
        return build(folder)[0]

    def test_archives(self):
        self.assertEqual(f"{self.base}.dev0", self.archived())
        self.git("tag", "docs-only")
        self.assertEqual(f"{self.base}.dev0", self.archived())
        self.git("tag", "-a", "-m", "release", "77.1.0")
        self.assertEqual("77.1.0", self.archived("77.1.0"))
        self.commit()
        self.commit()
        self.assertEqual("77.1.1.dev2", self.archived())
        self.assertEqual("77.1.0", self.archived("HEAD~2"))
        self.git("tag", "v78.0.0rc1")
        self.assertEqual("78.0.0rc1", self.archived())

    def test_after_an_old_release_the_next_one_is_meant(self):
        self.git("tag", "0.1.0")
        self.commit()
        self.assertEqual(f"{self.base}.dev1", self.archived())

    def test_clones(self):
        self.assertEqual(f"{self.base}.dev1", build(self.clone)[0])
        self.git("tag", "77.1.0")
        self.assertIsNone(build(self.clone)[0])  # pbr reads the tag

    def test_trees_without_git(self):
        shutil.rmtree(self.clone / ".git")
        self.assertEqual(f"{self.base}.dev0", build(self.clone)[0])
        (self.clone / ".git_archival.txt").unlink()
        self.assertEqual(f"{self.base}.dev0", build(self.clone)[0])
        (self.clone / "PKG-INFO").touch()
        self.assertIsNone(build(self.clone)[0])


class TestExtras(base.TestCase):
    def test_without_the_extra_the_server_says_what_to_install(self):
        code = (
            "import sys; sys.modules['oslo_config'] = None; sys.argv = ['server', 'run'];"
            "from cratonserver import __main__; sys.exit(__main__.main())"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
        self.assertIn("pip install 'python-cratonclient[server]'", done.stderr)


class TestMetadata(base.TestCase):
    def setUp(self):
        super().setUp()
        self.settings = configparser.ConfigParser(interpolation=None)
        self.settings.read(structure.ROOT / "setup.cfg", "utf-8")

    def test_the_license_is_an_expression(self):
        self.assertEqual("Apache-2.0", build(structure.ROOT)[1]["license_expression"])
        self.assertNotIn("license", self.settings["metadata"])

    def test_urls(self):
        lines = self.settings["metadata"]["project_urls"].split("\n")
        urls = dict(line.split(" = ") for line in lines if line)
        self.assertEqual(["Documentation", "Source", "Bugs", "Release notes"], list(urls))
        for url in urls.values():
            self.assertRegex(url, r"^https://[a-z.]+/.*python-cratonclient(/|$)")

    def test_every_dependency_has_a_lower_bound_that_is_not_above_the_tested_version(self):
        lines = (structure.ROOT / "requirements.txt").read_text().splitlines()
        for extra in self.settings["extras"].values():
            lines += extra.split("\n")
        pinned = (structure.ROOT / "constraints.txt").read_text().splitlines()
        tested = dict(
            line.lower().replace("_", "-").split("==") for line in pinned if "==" in line
        )
        for line in lines:
            text = line.partition("#")[0].strip().lower().replace("_", "-")
            if not text or text.startswith("types-"):
                continue
            name, _, bound = re.sub(r"\[.*\]", "", text).partition(">=")
            self.assertTrue(bound, f"{line} has no lower bound")
            self.assertLessEqual(_numbers(bound), _numbers(tested[name]), line)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
