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

if t.TYPE_CHECKING:
    from cratonclient.v1 import variables

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

        def prepare(_first: bool) -> Change:
            read = self._manager.read()
            _check_exist(self._noun, labels, read.values, self._found)
            return functools.partial(self._manager.write, read, removed=labels)

        return _repeatable(prepare)


class VariableChanges:
    """Prepares changes of the variables of an object.

    The API can only replace whole variables. To change a value inside one, this class
    sends the whole variable with the new value in it, and the entity tag of the state that it
    has read. If another client was quicker, it reads again and tries again.

    :param found: the object, fetched with its inherited variables.
    :param name: the attribute of the object that is the manager of its variables.
    """

    def __init__(self, found: t.Any, name: str) -> None:
        self._found = found
        self._name = name
        self._manager = getattr(found, name)
        self._known = found.to_dict().get(name) or {}

    def prepare_add(self, assignments: t.Sequence[Assignment]) -> Change:
        """Prepare to set variables, or values inside them.

        An assignment inside an inherited variable first copies the whole variable to the
        object, so the rest of its value stays the same.

        :raises cratonclient.paths.PathError: if a path leads through a value that is not
            an object or a list.
        """
        inside = {str(path[0]) for path, _ in assignments if len(path) > 1}
        if not inside:
            return functools.partial(self._manager.update, paths.changed({}, assignments))

        def prepare(first: bool) -> Change:
            read = self._around(inside, first)
            values = paths.changed(read.to_dict(), assignments)
            return functools.partial(self._manager.write, read, values)

        return _repeatable(prepare)

    def prepare_remove(
        self, wanted: t.Sequence[paths.Path], ignore_missing: bool = False
    ) -> Change:
        """Prepare to remove variables, or values inside them.

        :param ignore_missing: ignore values that the object itself does not have.
        :raises cratonclient.exceptions.NotFound: if the object itself lacks one of them.
        """

        def prepare(first: bool) -> Change:
            read = self._own(first, tagged=any(len(path) > 1 for path in wanted))
            own = read.to_dict()
            existing = [path for path in wanted if paths.has(own, path)]
            if not ignore_missing:
                self._check_exist(wanted, existing, own)
            return functools.partial(self._manager.write, read, *paths.removed(own, existing))

        return _repeatable(prepare)

    def _check_exist(
        self,
        wanted: t.Iterable[paths.Path],
        existing: t.Iterable[paths.Path],
        own: t.Container[t.Any],
    ) -> None:
        """Raise an error for the first variable that the object lacks."""
        inherited = any(path[0] in self._known and path[0] not in own for path in wanted)
        hint = " It is inherited: unset it on the object that sets it." if inherited else ""
        names = map(paths.write, wanted), [*map(paths.write, existing)]
        _check_exist(_singular(self._name), *names, self._found, hint)

    def _around(self, inside: t.Collection[str], first: bool) -> variables.Variables:
        """Return the variables in which values change, with the entity tag of the object.

        :param inside: names of the variables.
        :param first: the object was not read again since it was found.
        """
        if first and self._found.entity_tag and not {*inside} & {*self._known}:
            return self._as_found()
        own = self._own(first, tagged=True)
        missing = {name for name in inside if name not in own}
        if first:
            missing &= {*self._known}
        if not (missing and type(self._found).inherits):
            return own
        read = self._as_found() if own.entity_tag is None else self._manager.read(resolved=True)
        for name in sorted(missing & {*read}):
            LOG.warning(
                "The variable %r was inherited; the object now has its own copy of it.", name
            )
        return read

    def _own(self, first: bool, tagged: bool) -> variables.Variables:
        """Return the own variables, with as few requests as possible.

        :param tagged: they need the entity tag of the object.
        """
        is_known = first and not type(self._found).inherits
        if is_known and (self._found.entity_tag or not tagged):
            return self._as_found()
        return t.cast("variables.Variables", self._manager.read(resolved=False))

    def _as_found(self) -> variables.Variables:
        """Return the variables as they were found, with the entity tag of the object."""
        return t.cast(
            "variables.Variables", self._manager.known(self._known, self._found.entity_tag)
        )


def _repeatable(prepare: t.Callable[[bool], Change]) -> Change:
    """Prepare a change. Prepare it again if another client is quicker when it is applied.

    :param prepare: prepares the change. Its argument is True the first time.
    """
    prepared = [prepare(True)]

    def apply() -> object:
        from cratonclient import entity_tags

        return entity_tags.retrying(lambda: prepared.pop()() if prepared else prepare(False)())

    return apply


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
