# SPDX-License-Identifier: Apache-2.0
"""The objects that a command selects, and their words in messages."""

from __future__ import annotations

import types
import typing as t

from cratonclient import exceptions

#: The number of objects that a message names.
_NAMED = 10


class Selection(t.NamedTuple):
    """The objects of a command.

    :param objects: the objects.
    :param revisions: revision of each project, from before the objects were read; empty if
        the server has no change sets.
    :param named: the user named the objects; otherwise filters select them.
    :param errors: the errors of names that do not mean one object, by name.
    """

    objects: list[t.Any]
    revisions: dict[str, int]
    named: bool
    errors: t.Mapping[str, exceptions.ClientException] = types.MappingProxyType({})


def label(one: t.Any) -> str:
    """Return an object in words, such as ``web-1 (id 12)``."""
    return f"{getattr(one, type(one).NAME_ATTR)} (id {one.id})"


def listed(names: t.Sequence[str]) -> str:
    """Return the first names of objects, and the number of the others."""
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def project_of(one: t.Any) -> str:
    """Return the id of the project of an object."""
    return str(one.to_dict().get("project_id"))
