# SPDX-License-Identifier: Apache-2.0
"""Version 1 of the API: the client, and one file for each kind of resource.

Each file declares a resource and its manager; :mod:`~cratonclient.v1.variables` and
:mod:`~cratonclient.v1.labels` contain the parts that several kinds have. Code for all kinds
is in :mod:`cratonclient.fields` and :mod:`cratonclient.kinds`.

The kinds of this package are listed in :data:`COLLECTIONS`, so that looking one up does not
read the metadata of installed packages. Other packages register a manager in the entry point
group ``cratonclient.v1``, by the name of the collection.
"""

from __future__ import annotations

import functools
import importlib
import typing as t

from cratonclient import submodule
from cratonclient.kinds import Kind, kind_of
from cratonclient.process import private_files

if t.TYPE_CHECKING:
    from cratonclient import crud

GROUP = "cratonclient.v1"

#: The collections of this package. A collection comes after the collections that it
#: refers to. Its module has the same name.
COLLECTIONS = (
    "projects",
    "users",
    "user_keys",
    "clouds",
    "regions",
    "cells",
    "devices",
    "hosts",
    "network_devices",
    "networks",
    "network_interfaces",
    "webhooks",
)


def kind(collection: str) -> Kind:
    """Return the kind of a collection.

    :param collection: name with underscores, such as ``'network_devices'``.
    :raises LookupError: if the collection is unknown.

    >>> kind('hosts').resource_class.__name__
    'Host'
    """
    return kind_of(manager(collection))


def kinds() -> list[Kind]:
    """Return all kinds. A kind comes after the kinds that it refers to."""
    return [kind(name) for name in (*COLLECTIONS, *_registered())]


def manager(collection: str) -> type[crud.CRUDClient[t.Any]]:
    """Return the manager class of a collection.

    :param collection: as for :func:`kind`.
    :raises LookupError: if the collection is unknown.

    >>> manager('hosts').__name__
    'HostManager'
    """
    if collection in COLLECTIONS:
        module = importlib.import_module(f"{__name__}.{collection}")
        return t.cast("type[crud.CRUDClient[t.Any]]", getattr(module, manager_name(collection)))
    try:
        return _registered()[collection]
    except KeyError:
        raise LookupError(f"unknown collection {collection!r}") from None


def manager_name(collection: str) -> str:
    """Return the name of the manager class of a collection.

    :param collection: as for :func:`kind`.

    >>> manager_name('network_devices')
    'NetworkDeviceManager'
    """
    return collection.removesuffix("s").title().replace("_", "") + "Manager"


@functools.cache
def _registered() -> dict[str, type[crud.CRUDClient[t.Any]]]:
    """Return the manager classes that other packages register, by collection."""
    private_files.protect_caches()
    from stevedore import extension

    found: t.Any = extension.ExtensionManager(GROUP)
    return {entry.name: entry.plugin for entry in found if entry.name not in COLLECTIONS}


# Type checkers must not see this function: they would accept any name.
if not t.TYPE_CHECKING:

    def __getattr__(name):
        """Import the module of a collection on first access, as ``cratonclient.v1.hosts``."""
        return submodule(__name__, name)
