# SPDX-License-Identifier: Apache-2.0
"""A client library for Craton, the fleet inventory of OpenStack."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """Look up ``__version__`` on first access, to keep the import fast."""
    if name == "__version__":
        from importlib import metadata

        try:
            version = metadata.version("python-cratonclient")
        except metadata.PackageNotFoundError:  # run from a tree, not installed
            version = "unknown"
        globals()["__version__"] = version
        return version
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
