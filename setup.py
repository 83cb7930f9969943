# SPDX-License-Identifier: Apache-2.0
"""What is packaged stands in setup.cfg, and pbr does it.

pbr takes the version from PKG-INFO (in an sdist) or from the last git tag.
This file supplies it for the trees that have neither: pbr refuses a source
archive without .git, and calls a clone without tags 0.0.1.
"""

import os
import subprocess

from setuptools import setup

# The release that the next tag will name. Tags win over it, so it needs a
# change only when a release is made.
BASE_VERSION = "3.0.0"

HERE = os.path.dirname(os.path.abspath(__file__))


def git(*arguments):
    command = ["git", "-C", HERE, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def fallback_version():
    """Return a version where pbr finds none of its own, else None."""
    if os.path.exists(os.path.join(HERE, "PKG-INFO")):
        return None
    # An archive may have been unpacked inside another project's clone, whose
    # tags are not ours: ask git only where .git is our own.
    if not os.path.exists(os.path.join(HERE, ".git")):
        return BASE_VERSION
    try:
        if git("tag", "--merged", "HEAD", "--list", "[0-9v]*.[0-9]*").strip():
            return None
        return f"{BASE_VERSION}.dev{git('rev-list', '--count', 'HEAD').strip()}"
    except (OSError, subprocess.CalledProcessError):
        # No git, no commit yet, or a clone that git distrusts (another owner).
        return BASE_VERSION


version = fallback_version()
if version:
    os.environ.setdefault("PBR_VERSION", version)

setup(setup_requires=["pbr>=6"], pbr=True)
