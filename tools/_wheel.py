# SPDX-License-Identifier: Apache-2.0
"""Build wheels without the tests. Source distributions contain them."""

from __future__ import annotations

import os

from setuptools.command.build_py import build_py


class BuildWithoutTests(build_py):
    """The command ``build_py``, for all modules but the tests."""

    command_name = "build_py"

    def find_all_modules(self) -> list[tuple[str, str, str]]:
        """Return the modules to build."""
        return [module for module in super().find_all_modules() if not _is_test(module[0])]

    def find_package_modules(
        self, package: str, package_dir: str
    ) -> list[tuple[str, str, str]]:
        """Return the modules of a package to build."""
        return [] if _is_test(package) else super().find_package_modules(package, package_dir)

    def find_data_files(self, package: str, src_dir: str) -> list[str]:
        """Return the data files of a package to build."""
        found = super().find_data_files(package, src_dir)
        return [path for path in found if f"{os.sep}tests{os.sep}" not in path]


def _is_test(package: str) -> bool:
    return f"{package}.".startswith("cratonclient.tests.")
