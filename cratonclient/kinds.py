# SPDX-License-Identifier: Apache-2.0
"""Kinds of resources: names, path, fields and parts, derived from a declaration."""

from __future__ import annotations

import functools
import typing as t

from cratonclient import crud, secrets
from cratonclient.fields import Field, Ref, Sub


class Kind:
    """A kind of resource: its names, its path, its fields and its parts.

    Use :func:`kind_of` to get a kind. It creates one kind for each manager class, so
    kinds can be compared and used as dictionary keys.

    :param manager: manager class of the kind, with its ``resource_class``.

    >>> kind = kind_of(network_devices.NetworkDeviceManager)
    >>> kind.key, kind.noun, kind.collection, kind.path
    ('network_device', 'network device', 'network_devices', 'network-devices')
    """

    def __init__(self, manager: type[crud.CRUDClient[t.Any]]) -> None:
        self.manager = manager
        self.resource_class: type[crud.Resource] = manager.resource_class
        #: The singular, such as ``network_device``.
        self.key = manager.key
        #: The singular in text, such as ``network device``.
        self.noun = self.key.replace("_", " ")
        #: The plural in text, such as ``network devices``.
        self.plural = f"{self.noun}s"
        #: The singular as one word, such as ``network-device``.
        self.hyphenated = self.key.replace("_", "-")
        #: The name of the collection: key in responses, attribute of a client, and name
        #: of the table, such as ``network_devices``.
        self.collection = manager.items_key()
        #: The first segment of the paths of the kind, such as ``network-devices``.
        self.path = (manager.base_path or self.collection).strip("/").replace("_", "-")
        secrets.declare(self.resource_class.secret_fields())

    def __repr__(self) -> str:
        return f"<Kind {self.collection}>"

    @functools.cached_property
    def fields(self) -> dict[str, Field[t.Any]]:
        """The declared fields by name, in display order."""
        return self.resource_class.fields()

    @functools.cached_property
    def parts(self) -> dict[str, Sub[t.Any]]:
        """The fields with their own path, such as variables and labels, by name."""
        return {name: field for name, field in self.fields.items() if isinstance(field, Sub)}

    @functools.cached_property
    def has_variables(self) -> bool:
        """True if the objects have variables, with or without their own path."""
        return "variables" in self.fields

    @functools.cached_property
    def has_labels(self) -> bool:
        """True if the objects have labels."""
        return "labels" in self.parts

    @functools.cached_property
    def ancestry(self) -> dict[str, Ref[t.Any]]:
        """The references to the ancestors of an object by name, nearest first.

        Objects inherit the variables of their ancestors. This order is used to resolve
        variables, to filter by them, for the Ansible inventory, and for links.
        """
        fields = self.fields
        return {name: t.cast("Ref[t.Any]", fields[name]) for name in self.inherits}

    @property
    def inherits(self) -> tuple[str, ...]:
        """The names of the fields in :attr:`ancestry`."""
        return self.resource_class.inherits

    def can(self, operation: crud.Operation) -> bool:
        """Return True if the API has an operation for this kind.

        :param operation: name of the operation, such as ``'create'``.
        """
        return operation in self.resource_class.operations

    def extends(self, other: Kind) -> bool:
        """Return True if this kind extends another kind, as hosts extend devices.

        :param other: kind that may be extended.
        """
        return self is not other and issubclass(self.resource_class, other.resource_class)


#: The kinds by manager class. mypy does not accept classes as arguments of functools.cache.
_kinds: dict[type[crud.CRUDClient[t.Any]], Kind] = {}


def kind_of(manager: type[crud.CRUDClient[t.Any]]) -> Kind:
    """Return the kind of a manager class.

    :param manager: manager class, such as :class:`cratonclient.v1.hosts.HostManager`.
    """
    if manager not in _kinds:
        _kinds[manager] = Kind(manager)
    return _kinds[manager]
