# SPDX-License-Identifier: Apache-2.0
"""Values of required fields that a description leaves out, such as the address of a host.

They follow from the declaration: an address is one that no other object has, a netmask is
that of the address range, and other texts are the example in the help of the commands.
"""

from __future__ import annotations

import contextlib
import typing as t

from cratonclient.fields import Field, Ref
from cratonclient.testing.description import Described

#: The address before the first one that is used.
_BASE = 0x0A000000  # 10.0.0.0


def missing_values(found: Described, number: int) -> dict[str, t.Any]:
    """Return values for the required fields that an object lacks.

    :param found: object of a description.
    :param number: number of the object in its description, from 1 on.
    :raises cratonclient.testing.DescriptionError: if there is no value for a field.
    """
    values: dict[str, t.Any] = {}
    for name, field in found.kind.fields.items():
        if field.required and name not in found.values and not isinstance(field, Ref):
            value = _value(field, {**found.values, **values}, number)
            if value is None:
                raise found.error(name, f"missing. Give the {found.noun} this value.")
            values[name] = value
    return values


def _value(field: Field[t.Any], values: t.Mapping[str, t.Any], number: int) -> t.Any:
    """Return a value for a field, ``None`` if there is none."""
    import ipaddress

    if field.within:
        # The server refuses an address range that is not valid, and says why.
        with contextlib.suppress(ValueError, StopIteration):
            network = ipaddress.ip_network(str(values.get(field.within)), strict=False)
            return str(network.netmask if field.format == "netmask" else _first(network))
    elif field.format == "ip":
        return str(ipaddress.ip_address(_BASE + number))
    return field.cli.example or None


def _first(network: t.Any) -> t.Any:
    """Return the first address of an address range that a device can have."""
    return next(iter(network.hosts()))
