# SPDX-License-Identifier: Apache-2.0
"""The build script. pbr reads the packaging metadata from setup.cfg.

pbr takes the version from PKG-INFO, which only a source distribution has, or from the last
git tag. This script supplies a version for trees that have neither: pbr fails in a source
archive without .git, and gives a clone without tags the version 0.0.1. Only a tagged commit
has the version of a release.
"""

import os
import re
import subprocess

from setuptools import setup

# The version of the next release. A git tag overrides it. Change it at each release.
BASE_VERSION = "3.0.0"

HERE = os.path.dirname(os.path.abspath(__file__))


def git(*arguments):
    command = ["git", "-C", HERE, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def archive_version():
    """Return the version of an archive that "git archive" created.

    git replaced the placeholders in .git_archival.txt: "3.0.0" is the description of a tagged
    commit, "3.0.0-12-gb9f10ec" of the twelfth commit after it, and that of a commit without a
    tag before it is empty. The file of a tree from another source has the placeholders.
    """
    path = os.path.join(HERE, ".git_archival.txt")
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    found = re.search(r"^describe-name: v?(\d[\w.]*?)(?:-(\d+)-g[0-9a-f]+)?$", text, re.M)
    if found is None:
        return f"{BASE_VERSION}.dev0"
    tag, commits = found.groups()
    return f"{next_version(tag)}.dev{commits}" if commits else tag


def next_version(tag):
    """Return the version that commits after a tag lead to: BASE_VERSION, if it is higher."""
    numbers = [int(number) for number in re.findall(r"\d+", tag)[:3]]
    base = [int(number) for number in BASE_VERSION.split(".")]
    if base > numbers:
        return BASE_VERSION
    return ".".join(map(str, [*numbers[:-1], numbers[-1] + 1]))


def fallback_version():
    """Return a version if pbr cannot determine one, otherwise None."""
    if os.path.exists(os.path.join(HERE, "PKG-INFO")):
        return None
    # An archive may be unpacked inside the clone of another project. The tags of that
    # clone do not apply, so use git only if this folder has its own .git.
    if not os.path.exists(os.path.join(HERE, ".git")):
        return archive_version()
    try:
        if git("tag", "--merged", "HEAD", "--list", "[0-9v]*.[0-9]*").strip():
            return None
        return f"{BASE_VERSION}.dev{git('rev-list', '--count', 'HEAD').strip()}"
    except (OSError, subprocess.CalledProcessError):
        # git is not installed, there is no commit, or git refuses the clone because
        # another user owns it.
        return f"{BASE_VERSION}.dev0"


version = fallback_version()
if version:
    os.environ.setdefault("PBR_VERSION", version)

# pbr has no name for the license expression in setup.cfg; its "license" is deprecated text.
setup(setup_requires=["pbr>=6"], pbr=True, license_expression="Apache-2.0")
