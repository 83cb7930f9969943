# SPDX-License-Identifier: Apache-2.0
"""Changes of the parts of an object that have paths of their own: labels and variables.

A command prepares all its changes before it applies the first one. Preparing reads and
checks; so if one change is impossible, none is made.
"""

from __future__ import annotations

import functools
import logging
import typing as t

from cratonclient import exceptions, paths
from cratonclient.fields import Sub
from cratonclient.kinds import kind_of
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs.assignments import Assignment

LOG = logging.getLogger(__name__)

#: A prepared change. Calling it sends the requests.
Change = t.Callable[[], object]


class LabelChanges:
    """Prepares changes of the labels of an object.

    :param found: the object.
    :param name: the attribute of the object that is the manager of its labels.
    """

    def __init__(self, found: t.Any, name: str) -> None:
        self._found = found
        self._noun = _singular(name)
        self._manager = getattr(found, name)

    def prepare_add(self, labels: t.Iterable[str]) -> Change:
        """Prepare to add labels."""
        return functools.partial(self._manager.add, *labels)

    def prepare_remove(self, labels: t.Collection[str]) -> Change:
        """Prepare to remove labels.

        :raises cratonclient.exceptions.NotFound: if the object lacks one of the labels.
        """
        _check_exist(self._noun, labels, self._manager.get(), self._found)
        return functools.partial(self._manager.remove, *labels)


class VariableChanges:
    """Prepares changes of the variables of an object.

    The API can only replace whole variables. To change a value inside one, this class
    sends the whole variable with the new value in it. If two clients change the same
    variable at the same time, the last one wins.

    :param found: the object, fetched with its inherited variables.
    :param name: the attribute of the object that is the manager of its variables.
    """

    def __init__(self, found: t.Any, name: str) -> None:
        self._found = found
        self._name = name
        self._manager = getattr(found, name)

    @functools.cached_property
    def own(self) -> dict[str, t.Any]:
        """The variables of the object without the inherited ones."""
        return own_variables(self._found, self._name)

    def prepare_add(self, assignments: t.Sequence[Assignment]) -> Change:
        """Prepare to set variables, or values inside them.

        An assignment inside an inherited variable first copies the whole variable to the
        object, so the rest of its value stays the same.

        :raises cratonclient.paths.PathError: if a path leads through a value that is not
            an object or a list.
        """
        known = self._found.to_dict().get(self._name, {})
        inside = {str(path[0]) for path, _ in assignments if len(path) > 1} & set(known)
        values = paths.changed(known, assignments)
        if inside:  # reading the own variables may take a request
            for name in sorted(inside - set(self.own)):
                LOG.warning(
                    "The variable %r was inherited; the object now has its own copy of it.",
                    name,
                )
        return functools.partial(self._manager.update, values)

    def prepare_remove(self, wanted: t.Sequence[paths.Path]) -> Change:
        """Prepare to remove variables, or values inside them.

        :raises cratonclient.exceptions.NotFound: if the object itself lacks one of them.
        """
        own = self.own
        existing = [path for path in wanted if paths.has(own, path)]
        known = self._found.to_dict().get(self._name, {})
        inherited = any(path[0] in known and path[0] not in own for path in wanted)
        hint = " It is inherited: unset it on the object that sets it." if inherited else ""
        _check_exist(
            _singular(self._name),
            map(paths.write, wanted),
            [*map(paths.write, existing)],
            self._found,
            hint,
        )
        changed, removed = paths.removed(self.own, wanted)

        def change() -> None:
            if changed:
                self._manager.update(changed)
            if removed:
                self._manager.delete(*removed)

        return change


PartChanges = LabelChanges | VariableChanges


def changes_of(found: t.Any, name: str, field: Sub[t.Any]) -> PartChanges:
    """Return an object that prepares changes of one part of an object.

    :param found: the object.
    :param name: name of the part, such as ``'labels'``.
    :param field: the declaration of the part.
    """
    return (LabelChanges if field.type is list else VariableChanges)(found, name)


def apply(changes: t.Mapping[str, Change], *done: str) -> None:
    """Apply prepared changes one after the other. Stop at the first error.

    :param changes: the changes, keyed by a description for error messages.
    :param done: descriptions of changes that were already made.
    :raises cratonclient_osc.output.exit_status.PartialFailure: if a change fails after
        another one was made.
    """
    for description, change in changes.items():
        try:
            change()
        except exceptions.ClientException as exc:
            if not done:
                raise
            raise exit_status.PartialFailure(
                f"{description}: {exit_status.message_of(exc)} Already done: {'; '.join(done)}."
            ) from exc
        done = (*done, description)


def value_of(found: t.Any, name: str) -> t.Any:
    """Return the value of a part, with one request.

    :param found: the object.
    :param name: name of the part, such as ``'labels'``.
    """
    value = getattr(found, name).get()
    return value.to_dict() if hasattr(value, "to_dict") else value


def _singular(name: str) -> str:
    """Return the noun for one element of a part: ``variable`` for ``variables``."""
    return name.removesuffix("s").replace("_", " ")


def own_variables(found: t.Any, name: str = "variables") -> dict[str, t.Any]:
    """Return the variables of an object without the inherited ones.

    This takes a request if objects of the kind inherit variables.
    """
    own = getattr(found, name).own() if type(found).inherits else found.to_dict().get(name, {})
    return t.cast("dict[str, t.Any]", own)


def _check_exist(
    what: str,
    wanted: t.Iterable[str],
    existing: t.Container[str],
    found: t.Any,
    hint: str = "",
) -> None:
    """Raise an error for the first label or variable that an object lacks."""
    for name in wanted:
        if name not in existing:
            noun = kind_of(type(found.manager)).noun
            object_name = getattr(found, type(found).NAME_ATTR)
            raise exceptions.NotFound(
                f"The {noun} {object_name!r} has no {what} {name!r}; nothing was changed.{hint}"
            )
