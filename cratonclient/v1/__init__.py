# SPDX-License-Identifier: Apache-2.0
"""Version 1 of the API: the kinds of resources, and how they are found.

A kind is the class of its manager, which names its resource class, its key and
its path. Those of this package are listed here, so that finding one reads no
metadata; others register theirs in the entry point group ``cratonclient.v1``,
by the name of the collection.
"""

from __future__ import annotations

import functools
import importlib
import typing as t

if t.TYPE_CHECKING:
    from cratonclient import crud

GROUP = "cratonclient.v1"

#: The collections of this package, what is referred to before what refers.
#: Each has a module of its name with a manager in it.
COLLECTIONS = (
    "projects",
    "users",
    "clouds",
    "regions",
    "cells",
    "devices",
    "hosts",
    "network_devices",
    "networks",
    "network_interfaces",
)


def kind(collection: str) -> type[crud.CRUDClient[t.Any]]:
    """Find the manager class of a collection.

    :param collection: its name with underscores, such as ``'network_devices'``.
    :raises LookupError: when nothing declares it.

    >>> kind('hosts').resource_class.__name__
    'Host'
    """
    if collection in COLLECTIONS:
        module = importlib.import_module(f"{__name__}.{collection}")
        return t.cast("type[crud.CRUDClient[t.Any]]", getattr(module, manager_name(collection)))
    try:
        return _registered()[collection]
    except KeyError:
        raise LookupError(f"there is no collection named {collection!r}") from None


def kinds() -> list[type[crud.CRUDClient[t.Any]]]:
    """Give the manager classes of all collections, in order of reference."""
    return [kind(name) for name in (*COLLECTIONS, *_registered())]


def collection_of(manager: type[crud.CRUDClient[t.Any]]) -> str:
    """Give the name of the collection of a manager class.

    >>> collection_of(kind('hosts'))
    'hosts'
    """
    return f"{manager.key}s"


def manager_name(collection: str) -> str:
    """Give the name of the manager class of a collection.

    >>> manager_name('network_devices')
    'NetworkDeviceManager'
    """
    return collection.removesuffix("s").title().replace("_", "") + "Manager"


@functools.cache
def _registered() -> dict[str, type[crud.CRUDClient[t.Any]]]:
    from stevedore import extension

    manager: t.Any = extension.ExtensionManager(GROUP)
    return {found.name: found.plugin for found in manager if found.name not in COLLECTIONS}
