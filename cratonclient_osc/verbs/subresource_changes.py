# SPDX-License-Identifier: Apache-2.0
"""Change the parts of an object that have paths of their own: labels and variables.

A change is prepared first, which reads and checks, and carried out afterwards,
so that of several changes none is made when one is impossible.
"""

from __future__ import annotations

import copy
import functools
import logging
import typing as t

from cratonclient import exceptions, paths
from cratonclient.fields import Sub
from cratonclient.kinds import kind_of
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs.assignments import Assignment

LOG = logging.getLogger(__name__)

#: What is left to do when all is checked.
Change = t.Callable[[], object]


class Labels:
    """The labels of an object.

    :param one: the object, as it was found.
    :param name: the attribute that holds their manager.
    """

    def __init__(self, one: t.Any, name: str) -> None:
        self._one = one
        self._manager = getattr(one, name)

    def add(self, labels: t.Iterable[str]) -> Change:
        """Prepare to add labels."""
        return functools.partial(self._manager.add, *labels)

    def remove(self, labels: t.Collection[str]) -> Change:
        """Prepare to take labels away.

        :raises cratonclient.exceptions.NotFound: when one of them is not there.
        """
        _require("label", labels, self._manager.get(), self._one)
        return functools.partial(self._manager.remove, *labels)


class Variables:
    """The variables of an object.

    What lies inside a variable is changed by sending the whole variable anew:
    when two change the same one at the same time, the last wins.

    :param one: the object, as it was found, with the inherited variables.
    :param name: the attribute that holds their manager.
    """

    def __init__(self, one: t.Any, name: str) -> None:
        self._one = one
        self._name = name
        self._manager = getattr(one, name)

    @functools.cached_property
    def own(self) -> dict[str, t.Any]:
        """Those that the object has itself."""
        return own_variables(self._one, self._name)

    def add(self, assignments: t.Sequence[Assignment]) -> Change:
        """Prepare to set variables, or what is in them.

        A variable that is inherited is copied before something in it is changed,
        so that all else in it stays.

        :raises cratonclient.paths.PathError: when a path leads nowhere.
        """
        known = self._one.to_dict().get(self._name, {})
        inside = {str(path[0]) for path, _ in assignments if len(path) > 1} & set(known)
        values = paths.changed(known, assignments)
        for name in sorted(inside - set(self.own) if inside else ()):
            LOG.warning(
                "The variable %r was inherited; it is now the object's own, as a copy.", name
            )
        return functools.partial(self._manager.update, values)

    def remove(self, given: t.Sequence[paths.Path]) -> Change:
        """Prepare to take variables away, or what is in them.

        :raises cratonclient.exceptions.NotFound: when one of them is not there.
        """
        own = copy.deepcopy(self.own)
        there = [path for path in given if paths.has(own, path)]
        inherited = self._one.to_dict().get(self._name, {})
        from_above = any(path[0] in inherited and path[0] not in own for path in given)
        hint = " It is inherited." if from_above else ""
        _require(
            "variable", map(paths.write, given), [*map(paths.write, there)], self._one, hint
        )
        whole = {t.cast("str", path[0]) for path in given if len(path) == 1}
        parts = [path for path in given if path[0] not in whole]
        paths.unset(own, parts)
        changed = {t.cast("str", path[0]): own[t.cast("str", path[0])] for path in parts}

        def change() -> None:
            if changed:
                self._manager.update(changed)
            if whole:
                self._manager.delete(*sorted(whole))

        return change


Part = Labels | Variables


def of(one: t.Any, name: str, field: Sub[t.Any]) -> Part:
    """Give what changes a part of an object."""
    return (Labels if field.type is list else Variables)(one, name)


def carry_out(changes: t.Mapping[str, Change], *done: str) -> None:
    """Make changes, one request after the other.

    :param changes: each by the name of what it changes.
    :param done: what was done before.
    :raises cratonclient_osc.output.exit_status.Partly: when one fails after another was made.
    """
    for what, change in changes.items():
        try:
            change()
        except exceptions.ClientException as exc:
            if not done:
                raise
            raise exit_status.Partly(
                f"{what}: {exit_status.line(exc)} Already done: {'; '.join(done)}."
            ) from exc
        done = (*done, what)


def own_variables(one: t.Any, name: str = "variables") -> dict[str, t.Any]:
    """Read the variables that an object has itself."""
    if type(one).inherits:
        one = one.manager.get(one.id, resolved_values=False)
    return t.cast("dict[str, t.Any]", one.to_dict().get(name, {}))


def _require(
    what: str, wanted: t.Iterable[str], there: t.Container[str], one: t.Any, hint: str = ""
) -> None:
    for name in wanted:
        if name not in there:
            kind = kind_of(type(one.manager)).noun
            called = getattr(one, type(one).NAME_ATTR)
            raise exceptions.NotFound(
                f"The {kind} {called!r} has no {what} {name!r}; nothing was changed.{hint}"
            )
