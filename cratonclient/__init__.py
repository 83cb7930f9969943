# SPDX-License-Identifier: Apache-2.0
"""A client library for Craton, the fleet inventory of OpenStack."""

from __future__ import annotations

import importlib
import typing as t

__version__: str


def submodule(package: str, name: str) -> t.Any:
    """Import a module that a program reads as an attribute of its package.

    Packages call this in ``__getattr__``. A program that imported one module of the library
    can so use the others without importing them: ``import cratonclient`` is enough for
    ``cratonclient.exceptions.NotFound``.

    :param package: name of the package.
    :param name: name of the attribute.
    :returns: the module.
    :raises AttributeError: if the package has no such module.

    >>> submodule('cratonclient.v1', 'hosts').Host.__name__
    'Host'
    """
    missing = f"module {package!r} has no attribute {name!r}"
    if name.startswith("_"):
        raise AttributeError(missing)
    try:
        return importlib.import_module(f"{package}.{name}")
    except ModuleNotFoundError as exc:
        if exc.name != f"{package}.{name}":
            raise
        raise AttributeError(missing) from None


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("python-cratonclient")
    except metadata.PackageNotFoundError:  # run from a tree, not installed
        return "unknown"


# Type checkers must not see this function: they would accept any name.
if not t.TYPE_CHECKING:

    def __getattr__(name):
        """Look up ``__version__`` and modules on first access, to keep the import fast."""
        if name != "__version__":
            return submodule(__name__, name)
        globals()[name] = _version()
        return globals()[name]
