# SPDX-License-Identifier: Apache-2.0
"""Derive from a declaration what the commands and the server need to know of a kind."""

from __future__ import annotations

import functools
import typing as t

from cratonclient import crud
from cratonclient.fields import Field, Ref, Sub


class Kind:
    """A kind of resource: its names, its path, its fields and its parts.

    Kinds are made by :func:`kind_of`, one for each manager class, so they can be
    compared and used as keys.

    :param manager: the manager class. It names the resource class.

    >>> kind = kind_of(network_devices.NetworkDeviceManager)
    >>> kind.key, kind.noun, kind.collection, kind.path
    ('network_device', 'network device', 'network_devices', 'network-devices')
    """

    def __init__(self, manager: type[crud.CRUDClient[t.Any]]) -> None:
        self.manager = manager
        self.resource_class: type[crud.Resource] = manager.resource_class
        #: The singular, such as ``network_device``.
        self.key = manager.key
        #: The singular and the plural as people write them.
        self.noun = self.key.replace("_", " ")
        self.plural = f"{self.noun}s"
        #: The name of its list: in answers, in tables and as an attribute of a client.
        self.collection = manager.items_key()
        #: The first segment of its paths, such as ``network-devices``.
        self.path = (manager.base_path or self.collection).strip("/").replace("_", "-")

    def __repr__(self) -> str:
        return f"<Kind {self.collection}>"

    @functools.cached_property
    def fields(self) -> dict[str, Field[t.Any]]:
        """The declared fields by name, in the order in which to show them."""
        return self.resource_class.fields()

    @functools.cached_property
    def parts(self) -> dict[str, Sub[t.Any]]:
        """The fields that have a path of their own, such as variables and labels."""
        return {name: field for name, field in self.fields.items() if isinstance(field, Sub)}

    @functools.cached_property
    def has_variables(self) -> bool:
        """Whether objects carry variables, with or without a path of their own."""
        return "variables" in self.fields

    @functools.cached_property
    def has_labels(self) -> bool:
        """Whether objects carry labels."""
        return "labels" in self.parts

    @functools.cached_property
    def ancestry(self) -> dict[str, Ref[t.Any]]:
        """The references to what variables are inherited from, the nearest first.

        Whatever needs the nearest place of an object reads it from here: resolving
        variables, filtering by them, the inventory for Ansible, and links.
        """
        fields = self.fields
        return {name: t.cast("Ref[t.Any]", fields[name]) for name in self.inherits}

    @property
    def inherits(self) -> tuple[str, ...]:
        """The names of the fields in :attr:`ancestry`."""
        return self.resource_class.inherits

    def can(self, operation: crud.Operation) -> bool:
        """Tell whether the API has an operation for this kind.

        :param operation: such as ``'create'``.
        """
        return operation in self.resource_class.operations

    def extends(self, other: Kind) -> bool:
        """Tell whether this kind extends another one, as hosts extend devices."""
        return self is not other and issubclass(self.resource_class, other.resource_class)


_kinds: dict[type[crud.CRUDClient[t.Any]], Kind] = {}


def kind_of(manager: type[crud.CRUDClient[t.Any]]) -> Kind:
    """Return the kind of a manager class.

    :param manager: the manager class, such as
        :class:`cratonclient.v1.hosts.HostManager`.
    """
    if manager not in _kinds:
        _kinds[manager] = Kind(manager)
    return _kinds[manager]
