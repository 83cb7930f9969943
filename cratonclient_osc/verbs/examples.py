# SPDX-License-Identifier: Apache-2.0
"""The values that the examples at the end of a command's help are made of.

Declarations say what a value looks like; where they do not, its type does. All
examples speak of the same few objects, so they can be tried one after the other.
"""

from __future__ import annotations

import typing as t

from cratonclient import v1
from cratonclient.fields import Field, Ref
from cratonclient.kinds import Kind
from cratonclient_osc.verbs import field_options, lookup

#: For variables, whoever has them.
SET, SHOW, UNSET = ("rack=r1", "hw.cores=64"), "rack", "hw.cores"


def name_of(kind: Kind) -> str:
    """Give the name of the object of a kind."""
    resource = kind.resource_class
    return kind.fields[resource.NAME_ATTR].cli.example or f"{kind.key.replace('_', '-')}1"


def called(kind: Kind) -> list[str]:
    """Say which object is meant, and where it is if its name alone cannot be asked for."""
    resource = kind.resource_class
    if "name" in {*resource.filters, *resource.parameters}:
        return [name_of(kind)]
    scopes = lookup.scopes(kind)
    where = [word for n in resource.filters if n in scopes for word in option(n, scopes[n])]
    return [*where, name_of(kind)]


def option(name: str, field: Field[t.Any]) -> list[str]:
    """Give the option for a field with a value."""
    flag = field_options.flag(name, field)
    if field.type is bool:
        return [f"--{field.cli.off}" if field.cli.off else flag]
    return [flag, value_of(name, field)]


def value_of(name: str, field: Field[t.Any]) -> str:
    """Give a value of a field, as it is typed."""
    if isinstance(field, Ref):
        return name_of(v1.kind(field.target))
    if field.cli.example:
        return field.cli.example
    by_type = {int: "1", dict: SET[0], list: "web"}
    return "10.0.0.1" if field.format == "ip" else by_type.get(field.type, name)
