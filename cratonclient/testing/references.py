# SPDX-License-Identifier: Apache-2.0
"""Connect the objects of a description: find the objects that each of them refers to.

An object refers to the objects that it is written in, and to objects that it names. A name
means an object in the nearest place that has one of this name, as in a programming language.
"""

from __future__ import annotations

import difflib
import typing as t

from cratonclient.fields import Ref
from cratonclient.printable import shown
from cratonclient.testing.description import Described, references_of


def connect(objects: t.Sequence[Described]) -> None:
    """Set the references of all objects.

    :param objects: objects of a description, changed in place.
    :raises cratonclient.testing.DescriptionError: if a name is unknown or ambiguous, or an
        object lacks a reference that it must have.
    """
    for found in objects:
        for key, ref in references_of(found.kind).items():
            if found.wanted.get(ref.name) is not None:
                found.references[ref.name] = _named(objects, found, key, ref)
    for found in objects:
        for key, ref in references_of(found.kind).items():
            if found.parent and ref.create and ref.name not in found.wanted:
                _connect_to_place(found, key, ref)


def _connect_to_place(found: Described, key: str, ref: Ref[t.Any]) -> None:
    """Set a reference to the nearest object that fits.

    A host that names its region is also in the cloud of the region. An optional reference
    has no such effect: a container need not be in the cell of its host.
    """
    nearby = _reachable(found) if ref.required else found.around()
    nearest = next((other for other in nearby if other.fits(ref.target)), None)
    if nearest is not None:
        found.references[ref.name] = nearest
    elif ref.required:
        raise found.error(
            key,
            f"missing. Write the {found.noun} inside a {key}, or add the key {key!r} with "
            "a name.",
        )


def _reachable(found: Described) -> t.Iterator[Described]:
    """Yield the objects that an object is in or refers to, and so on, the nearest first."""
    queue = [found]
    for one in queue:
        for other in (one.parent, *one.references.values()):
            if other is not None and other not in queue:
                queue.append(other)
                yield other


def _named(
    objects: t.Sequence[Described], found: Described, key: str, ref: Ref[t.Any]
) -> Described:
    """Return the object that a reference names."""
    wanted = found.wanted[ref.name]
    names = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(names, list | tuple) or not names:
        raise found.error(key, f"{shown(wanted)} is not a name. Write the name of the {key}.")
    fitting = [one for one in objects if one is not found and one.fits(ref.target)]
    same = [one for one in fitting if one.names[-len(names) :] == [*names]]
    for place in found.around():
        inside = [one for one in same if place in one.around()]
        if len(inside) == 1:
            return inside[0]
        if inside:
            places = ", ".join(one.path for one in inside)
            raise found.error(
                key,
                f"{shown(wanted)} is ambiguous: {places}. Write a list of names, from the "
                f"outermost object on, such as {inside[0].names}.",
            )
    near = difflib.get_close_matches(str(names[-1]), [str(one.name) for one in fitting], 1)
    hint = f"Did you mean {near[0]!r}?" if near else "Add it to the description."
    raise found.error(key, f"no object in the description is called {shown(wanted)}. {hint}")
