# SPDX-License-Identifier: Apache-2.0
"""The registry of the rules of kinds.

The rules of a kind are a module with a class ``Storage``, a class ``Policy``, or both.
Other packages register such a module in the entry point group ``cratonserver.kinds``,
under the name of the collection. A kind that extends another kind shares the rules of
that kind, unless it has its own module.
"""

from __future__ import annotations

import functools
import importlib
import types
import typing as t

from cratonclient import v1
from cratonclient.kinds import Kind
from cratonserver.db.policy import Policy
from cratonserver.db.rules import Rules
from cratonserver.db.storage import Storage

GROUP = "cratonserver.kinds"

#: The collections that have a module in this package.
COLLECTIONS = (
    "clouds",
    "devices",
    "hosts",
    "networks",
    "projects",
    "regions",
    "user_keys",
    "users",
    "webhooks",
)


@functools.cache
def all_rules() -> tuple[Rules, ...]:
    """Return all kinds with their rules, each kind after the kinds that it refers to."""
    return tuple(rules_of(kind) for kind in v1.kinds())


def rules_of(kind: Kind) -> Rules:
    """Return a kind with its rules.

    :param kind: the kind.
    """
    modules = [module for one in _lineage(kind) if (module := _module(one.collection))]
    storage = next((m.Storage for m in modules if hasattr(m, "Storage")), Storage)
    policy = next((m.Policy for m in modules if hasattr(m, "Policy")), Policy)
    return Rules(kind, storage(kind), policy(kind))


def _lineage(kind: Kind) -> t.Iterator[Kind]:
    """Yield a kind and the kinds that it extends, the nearest first."""
    by_class = {one.resource_class: one for one in [*v1.kinds(), kind]}
    for resource_class in kind.resource_class.__mro__:
        if resource_class in by_class:
            yield by_class[resource_class]


def _module(collection: str) -> types.ModuleType | None:
    if collection in COLLECTIONS:
        return importlib.import_module(f"{__package__}.{collection}")
    if collection in v1.COLLECTIONS:
        return None
    return _registered().get(collection)


@functools.cache
def _registered() -> dict[str, types.ModuleType]:
    """Return the registered modules of other packages, by collection."""
    from stevedore import extension

    found: t.Any = extension.ExtensionManager(GROUP)
    return {one.name: one.plugin for one in found}
