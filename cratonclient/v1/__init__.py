# SPDX-License-Identifier: Apache-2.0
"""Version 1 of the API: one file per kind of resource, and the client.

A file declares a resource and its manager. What reads declarations in general lives
in :mod:`cratonclient.fields` and :mod:`cratonclient.kinds`. The kinds of this package
are listed in :data:`COLLECTIONS`, so finding one reads no metadata of installed
packages. Other packages register a manager in the entry point group
``cratonclient.v1``, by the name of the collection.
"""

from __future__ import annotations

import functools
import importlib
import typing as t

from cratonclient.kinds import Kind, kind_of

if t.TYPE_CHECKING:
    from cratonclient import crud

GROUP = "cratonclient.v1"

#: The collections of this package, each after those that it refers to. The module of
#: a collection has its name.
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


def kind(collection: str) -> Kind:
    """Return the kind of a collection.

    :param collection: name with underscores, such as ``'network_devices'``.
    :raises LookupError: if no kind has this collection.

    >>> kind('hosts').resource_class.__name__
    'Host'
    """
    return kind_of(manager(collection))


def kinds() -> list[Kind]:
    """Return all kinds, each after those that it refers to."""
    return [kind(name) for name in (*COLLECTIONS, *_registered())]


def manager(collection: str) -> type[crud.CRUDClient[t.Any]]:
    """Return the manager class of a collection.

    :param collection: as for :func:`kind`.
    :raises LookupError: if no kind has this collection.

    >>> manager('hosts').__name__
    'HostManager'
    """
    if collection in COLLECTIONS:
        module = importlib.import_module(f"{__name__}.{collection}")
        return t.cast("type[crud.CRUDClient[t.Any]]", getattr(module, manager_name(collection)))
    try:
        return _registered()[collection]
    except KeyError:
        raise LookupError(f"there is no collection named {collection!r}") from None


def manager_name(collection: str) -> str:
    """Return the name of the manager class of a collection.

    >>> manager_name('network_devices')
    'NetworkDeviceManager'
    """
    return collection.removesuffix("s").title().replace("_", "") + "Manager"


@functools.cache
def _registered() -> dict[str, type[crud.CRUDClient[t.Any]]]:
    from stevedore import extension

    found: t.Any = extension.ExtensionManager(GROUP)
    return {one.name: one.plugin for one in found if one.name not in COLLECTIONS}
