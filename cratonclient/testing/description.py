# SPDX-License-Identifier: Apache-2.0
"""Read the description of a fleet: nested dictionaries and lists, with names and no ids.

The declarations of the kinds say what can be in what: an object can be inside an object
that it refers to. :mod:`cratonclient.testing.references` connects the objects.
"""

from __future__ import annotations

import difflib
import typing as t

from cratonclient import exceptions, v1
from cratonclient.fields import Field, Ref
from cratonclient.kinds import Kind
from cratonclient.printable import shown

#: The kind of the description itself, which describes the first project of the fleet.
OUTERMOST = "projects"


class DescriptionError(exceptions.CommandError):
    """The description of a fleet is not valid, or the server refused an object of it.

    The message begins with the place in the description, such as
    ``clouds[0].regions[1].name``.
    """

    message = "The description of the fleet is not valid."


class Described:
    """An object in a description.

    :param kind: kind of the object.
    :param path: place in the description, such as ``clouds[0].regions[1]``.
    :param parent: the object that it is written in, ``None`` for the description itself.
    """

    def __init__(self, kind: Kind, path: str = "", parent: Described | None = None) -> None:
        self.kind = kind
        self.path = path
        self.parent = parent
        #: The values of fields and parts, by name.
        self.values: dict[str, t.Any] = {}
        #: The names of the objects that it refers to, by the name of the field.
        self.wanted: dict[str, t.Any] = {}
        #: The objects that it refers to, by the name of the field.
        self.references: dict[str, Described] = {}
        #: The object in the fleet, ``None`` before it is created.
        self.real: t.Any = None

    def __repr__(self) -> str:
        return f"<{self.noun} {self.path}>"

    @property
    def noun(self) -> str:
        """The kind of the object, for messages. The description is that of a fleet."""
        return self.kind.noun if self.parent else "fleet"

    @property
    def name(self) -> t.Any:
        """The name of the object."""
        return self.values.get(self.kind.resource_class.NAME_ATTR)

    @property
    def names(self) -> list[t.Any]:
        """The names of the objects around it, the outermost first, and its own name."""
        return [*self.parent.names, self.name] if self.parent else []

    def around(self) -> t.Iterator[Described]:
        """Yield the objects around it, the nearest first."""
        if self.parent:
            yield self.parent
            yield from self.parent.around()

    def fits(self, collection: str) -> bool:
        """Return True if a reference to a collection can refer to the object."""
        target = v1.kind(collection)
        return self.kind is target or self.kind.extends(target)

    def place(self, key: object) -> str:
        """Return the place of a value of the object, such as ``clouds[0].name``."""
        return f"{self.path}.{key}" if self.path else str(key)

    def error(self, key: object, text: str) -> DescriptionError:
        """Return the error for a value of the object."""
        return DescriptionError(f"{self.place(key)}: {text}")


def references_of(kind: Kind) -> dict[str, Ref[t.Any]]:
    """Return the references of a kind, by the keys that descriptions use.

    >>> list(references_of(v1.kind('cells')))
    ['cloud', 'region', 'project']
    """
    fields = kind.fields.items()
    return {name.removesuffix("_id"): ref for name, ref in fields if isinstance(ref, Ref)}


def read(described: t.Any) -> list[Described]:
    """Return the objects of a description, in order, not connected yet.

    :param described: description of a fleet.
    :returns: the objects. The first one is the project that the description describes.
    :raises DescriptionError: if the description is not valid.

    >>> read({'clouds': [{'name': 'prod'}]})
    [<fleet >, <cloud clouds[0]>]
    """
    return list(_objects(Described(v1.kind(OUTERMOST)), described))


def _objects(found: Described, described: t.Any) -> t.Iterator[Described]:
    """Read an object, and yield it and the objects in it."""
    if not isinstance(described, t.Mapping):
        noun, where = found.noun, found.path or "the description"
        raise DescriptionError(
            f"{where}: {shown(described)} is not a dictionary. Describe the {noun} by a "
            "dictionary with the names of its fields as keys."
        )
    collections = {kind.collection: kind for kind in v1.kinds()}
    references = references_of(found.kind)
    inside = []
    for key, value in described.items():
        if key in references:
            _check_field(found, key, references[key])
            found.wanted[references[key].name] = value
        elif key in found.kind.fields:
            _check_field(found, key, found.kind.fields[key])
            found.values[key] = value
        elif key in collections:
            inside.append((collections[key], value))
        else:
            raise found.error(key, _unknown(found, key, [*references, *collections]))
    _check_name(found)
    yield found
    for kind, items in inside:
        yield from _objects_in(found, kind, items)


def _objects_in(parent: Described, kind: Kind, items: t.Any) -> t.Iterator[Described]:
    """Read the objects of a kind in another object."""
    if not kind.can("create"):
        instead = " or ".join(k.collection for k in v1.kinds() if k.extends(kind))
        raise parent.error(
            kind.collection, f"{kind.plural} cannot be created. Write {instead or 'others'}."
        )
    # The description itself can contain everything.
    if parent.parent and not any(parent.fits(r.target) for r in references_of(kind).values()):
        raise parent.error(kind.collection, f"a {parent.noun} cannot contain {kind.plural}.")
    if isinstance(items, str | t.Mapping) or not isinstance(items, t.Iterable):
        raise parent.error(
            kind.collection, f"{shown(items)} is not a list. Write a list of dictionaries."
        )
    for number, item in enumerate(items):
        path = parent.place(f"{kind.collection}[{number}]")
        yield from _objects(Described(kind, path, parent), item)


def _check_field(found: Described, key: str, field: Field[t.Any]) -> None:
    """Refuse ids, and fields that no request can set."""
    bare = key.removesuffix("_id")
    if isinstance(field, Ref) and key == field.name != bare:
        raise found.error(key, f"a description has no ids. Write {bare!r} and a name.")
    if not (field.create or field.name in found.kind.parts):
        raise found.error(key, "the server sets this field. Leave it out.")


def _check_name(found: Described) -> None:
    """Refuse an object without a name, or with a name that is not a text."""
    key = found.kind.resource_class.NAME_ATTR
    if found.parent and key in found.kind.fields and not isinstance(found.name, str):
        what = f"{shown(found.name)} is not a name" if key in found.values else "missing"
        raise found.error(key, f"{what}. Give the {found.noun} a name, as text.")


def _unknown(found: Described, key: object, others: list[str]) -> str:
    """Return the text of the error for an unknown key."""
    near = difflib.get_close_matches(str(key), [*found.kind.fields, *others], 1)
    hint = f"Did you mean {near[0]!r}?" if near else "Leave it out."
    return f"a {found.noun} has no {shown(key)}. {hint}"
