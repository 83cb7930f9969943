# SPDX-License-Identifier: Apache-2.0
"""Create the objects of a description in a fleet."""

from __future__ import annotations

import contextlib
import typing as t

from cratonclient import exceptions
from cratonclient.printable import shown
from cratonclient.testing import defaults
from cratonclient.testing.description import OUTERMOST, Described, DescriptionError

if t.TYPE_CHECKING:
    from cratonclient.v1 import client

#: A function that returns a client with the root role in a project, by the id of the project.
Connect = t.Callable[[str], "client.Client"]


def fill(objects: t.Sequence[Described], project_id: str, connect: Connect) -> None:
    """Create the objects of a description.

    :param objects: connected objects; see :mod:`cratonclient.testing.references`. Their
        attribute ``real`` is set.
    :param project_id: id of the project that the first of them describes.
    :param connect: function that returns a client of a project.
    :raises cratonclient.testing.DescriptionError: if the server refuses an object.
    """
    filler = _Filler(connect)
    filler.change(objects[0], project_id)
    for number, found in enumerate(objects[1:], 1):
        found.values.update(defaults.missing_values(found, number))
    for found in objects[1:]:
        filler.create(found)


class _Filler:
    """The objects that were created.

    :param connect: as for :func:`fill`.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._clients: dict[str, client.Client] = {}
        self._begun: set[Described] = set()

    def _client(self, project_id: str) -> client.Client:
        """Return the client of a project."""
        if project_id not in self._clients:
            self._clients[project_id] = self._connect(project_id)
        return self._clients[project_id]

    def change(self, found: Described, project_id: str) -> None:
        """Change the project that exists already."""
        projects = self._client(project_id).projects
        fields = {n: v for n, v in found.values.items() if n not in found.kind.parts}
        found.real = projects.resource_class(projects, {"id": project_id})
        if fields:
            with _naming(found):
                found.real = projects.update(project_id, **fields)
        for name in found.values.keys() & found.kind.parts:
            _add_part(found, name)

    def create(self, found: Described) -> None:
        """Create an object, after the objects that it refers to."""
        if found.real is not None:
            return
        if found in self._begun:
            raise DescriptionError(f"{found.path}: the {found.noun} refers to itself.")
        self._begun.add(found)
        for other in found.references.values():
            self.create(other)
        project = next(one for one in found.around() if one.kind.collection == OUTERMOST)
        self.create(project)
        manager = getattr(self._client(project.real.id), found.kind.collection)
        later = [name for name in found.values if not found.kind.fields[name].create]
        values = {name: v for name, v in found.values.items() if name not in later}
        ids = {name: other.real.id for name, other in found.references.items()}
        with _naming(found):
            found.real = manager.create(**values, **ids)
        for name in later:
            _add_part(found, name)


def _add_part(found: Described, name: str) -> None:
    """Add the values of a part that the request for the object cannot contain."""
    values, part = found.values[name], found.kind.parts[name]
    if not isinstance(values, part.type):
        what = "a dictionary" if part.type is dict else "a list"
        raise found.error(name, f"{shown(values)} is not {what}.")
    manager = getattr(found.real, name)
    with _naming(found):
        manager.update(values) if part.type is dict else manager.add(*values)


@contextlib.contextmanager
def _naming(found: Described) -> t.Iterator[None]:
    """Name the place of an object in the errors of its requests."""
    try:
        yield
    except exceptions.ClientException as exc:
        where = f"{found.path or 'the description'}: the {found.noun} cannot be created"
        raise DescriptionError(f"{where}: {exc}", exception=exc) from exc
