# SPDX-License-Identifier: Apache-2.0
"""The build script. pbr reads the packaging metadata from setup.cfg.

pbr takes the version from PKG-INFO, which only a source distribution has, or from the last
git tag. This script supplies a version for trees that have neither: pbr fails in a source
archive without .git, and gives a clone without tags the version 0.0.1.
"""

import os
import subprocess

from setuptools import setup

# The version of the next release. A git tag overrides it. Change it at each release.
BASE_VERSION = "3.0.0"

HERE = os.path.dirname(os.path.abspath(__file__))


def git(*arguments):
    command = ["git", "-C", HERE, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def fallback_version():
    """Return a version if pbr cannot determine one, otherwise None."""
    if os.path.exists(os.path.join(HERE, "PKG-INFO")):
        return None
    # An archive may be unpacked inside the clone of another project. The tags of that
    # clone do not apply, so use git only if this folder has its own .git.
    if not os.path.exists(os.path.join(HERE, ".git")):
        return BASE_VERSION
    try:
        if git("tag", "--merged", "HEAD", "--list", "[0-9v]*.[0-9]*").strip():
            return None
        return f"{BASE_VERSION}.dev{git('rev-list', '--count', 'HEAD').strip()}"
    except (OSError, subprocess.CalledProcessError):
        # git is not installed, there is no commit, or git refuses the clone because
        # another user owns it.
        return BASE_VERSION


version = fallback_version()
if version:
    os.environ.setdefault("PBR_VERSION", version)

setup(setup_requires=["pbr>=6"], pbr=True)
