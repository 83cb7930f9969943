# SPDX-License-Identifier: Apache-2.0
"""Values for the example at the end of the help of each command.

A value comes from the declaration of the field; if that has no example, it depends on
the type. All examples use the same few objects, so a reader can run one after the other.
"""

from __future__ import annotations

import typing as t

from cratonclient import v1
from cratonclient.fields import Field, Ref
from cratonclient.kinds import Kind
from cratonclient_osc.verbs import field_options, places

#: Arguments of ``variable set``, ``variable show`` and ``variable unset``.
SET, SHOW, UNSET = ("rack=r1", "hw.cores=64"), "rack", "hw.cores"


def name_of(kind: Kind) -> str:
    """Return the example name of an object of a kind."""
    resource = kind.resource_class
    return kind.fields[resource.NAME_ATTR].cli.example or f"{kind.hyphenated}1"


def object_arguments(kind: Kind) -> list[str]:
    """Return the arguments that identify the example object of a kind.

    If the API cannot filter the kind by name, options with the place of the object come
    first, such as ``['--device', 'web1', 'eth0']``.
    """
    resource = kind.resource_class
    if "name" in {*resource.filters, *resource.parameters}:
        return [name_of(kind)]
    scopes = places.scopes(kind)
    place = [word for n in resource.filters if n in scopes for word in option(n, scopes[n])]
    return [*place, name_of(kind)]


def option(name: str, field: Field[t.Any]) -> list[str]:
    """Return the option for a field and its example value."""
    flag = field_options.flag(name, field)
    if field.type is bool:
        return [f"--{field.cli.off}" if field.cli.off else flag]
    return [flag, value_of(name, field)]


def value_of(name: str, field: Field[t.Any]) -> str:
    """Return the example value of a field, as the user types it."""
    if isinstance(field, Ref):
        return name_of(v1.kind(field.target))
    if field.cli.example:
        return field.cli.example
    by_type = {int: "1", dict: SET[0], list: "web"}
    return "10.0.0.1" if field.format == "ip" else by_type.get(field.type, name)
