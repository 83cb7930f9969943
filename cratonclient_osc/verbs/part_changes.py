# SPDX-License-Identifier: Apache-2.0
"""Changes of the parts of an object that have paths of their own: labels and variables.

A command prepares all its changes before it applies the first one. Preparing reads and
checks; so if one change is impossible, none is made. Changes of an object that need several
requests are one change set instead, if the server has change sets.
"""

from __future__ import annotations

import functools
import logging
import typing as t

from cratonclient import exceptions, keywords, paths
from cratonclient.fields import Sub
from cratonclient.http import response
from cratonclient.kinds import Kind, kind_of
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs.assignments import Assignment

if t.TYPE_CHECKING:
    from cratonclient import change_sets
    from cratonclient.v1 import variables

LOG = logging.getLogger(__name__)


class Prepared(t.NamedTuple):
    """A change that can be sent alone, or be added to a change set.

    :param send: function that sends the requests of the change.
    :param add: function that adds the change to a change set.
    :param tag: entity tag of the state that the change builds on, if it builds on one.
    :param requests: number of requests that it sends alone.
    """

    send: t.Callable[[], object]
    add: t.Callable[[change_sets.ChangeSet], object]
    tag: str | None = None
    requests: int = 1


class Change:
    """A change of an object. If another client is quicker, it is prepared again.

    :param prepare: prepares the change. Its argument is True the first time.
    """

    def __init__(self, prepare: t.Callable[[bool], Prepared]) -> None:
        self._prepare = prepare
        self._next: Prepared | None = prepare(True)
        #: The number of requests that it sends alone.
        self.requests = self._next.requests

    def take(self) -> Prepared:
        """Return the prepared change; after the first time, prepare it again."""
        taken, self._next = self._next, None
        return self._prepare(False) if taken is None else taken

    def __call__(self) -> object:
        """Send the requests of the change."""
        if self._next is not None and self._next.tag is None:
            return self.take().send()  # nobody can be quicker
        from cratonclient import entity_tags

        return entity_tags.retrying(lambda: self.take().send())


def update_of(found: t.Any, values: dict[str, t.Any]) -> Change:
    """Return a change of the fields of an object.

    :param found: the object.
    :param values: new values by field.
    """
    manager, cls = found.manager, type(found)

    def add(changes: change_sets.ChangeSet) -> None:
        keywords.checked_body(cls, kind_of(type(manager)).noun, values, "update")
        changes.update(found, **values)

    return _plain(functools.partial(manager.update, found.id, **values), add)


def _plain(
    send: t.Callable[[], object], add: t.Callable[[change_sets.ChangeSet], object]
) -> Change:
    """Return a change that builds on no state."""
    return Change(lambda _first: Prepared(send, add))


class LabelChanges:
    """Prepares changes of the labels of an object.

    :param found: the object.
    :param name: the attribute of the object that is the manager of its labels.
    """

    def __init__(self, found: t.Any, name: str) -> None:
        self._found = found
        self._name = name
        self._noun = _singular(name)
        self._manager = getattr(found, name)

    def prepare_add(self, labels: t.Iterable[str]) -> Change:
        """Prepare to add labels."""
        return _plain(
            functools.partial(self._manager.add, *labels),
            lambda changes: changes.add_labels(self._found, *labels, part=self._name),
        )

    def prepare_remove(self, labels: t.Collection[str]) -> Change:
        """Prepare to remove labels.

        :raises cratonclient.exceptions.NotFound: if the object lacks one of the labels.
        """

        def prepare(_first: bool) -> Prepared:
            read = self._manager.read()
            _check_exist(self._noun, labels, read.values, self._found)
            return Prepared(
                functools.partial(self._manager.write, read, removed=labels),
                lambda changes: changes.remove_labels(self._found, *labels, part=self._name),
                read.entity_tag,
            )

        return Change(prepare)


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
            given = paths.changed({}, assignments)
            return _plain(
                functools.partial(self._manager.update, given),
                lambda changes: changes.set_variables(self._found, given, part=self._name),
            )

        def prepare(first: bool) -> Prepared:
            read = self._around(inside, first)
            return self._prepared(read, paths.changed(read.to_dict(), assignments))

        return Change(prepare)

    def prepare_remove(
        self, wanted: t.Sequence[paths.Path], ignore_missing: bool = False
    ) -> Change:
        """Prepare to remove variables, or values inside them.

        :param ignore_missing: ignore values that the object itself does not have.
        :raises cratonclient.exceptions.NotFound: if the object itself lacks one of them.
        """

        def prepare(first: bool) -> Prepared:
            read = self._own(first, tagged=any(len(path) > 1 for path in wanted))
            own = read.to_dict()
            existing = [path for path in wanted if paths.has(own, path)]
            if not ignore_missing:
                self._check_exist(wanted, existing, own)
            return self._prepared(read, *paths.removed(own, existing))

        return Change(prepare)

    def _prepared(
        self,
        read: variables.Variables,
        values: t.Mapping[str, t.Any],
        removed: t.Collection[str] = (),
    ) -> Prepared:
        """Return the change that sets and deletes variables, and builds on what was read."""

        def add(changes: change_sets.ChangeSet) -> None:
            if values:
                changes.set_variables(self._found, values, part=self._name)
            if removed:
                changes.delete_variables(self._found, *removed, part=self._name)

        send = functools.partial(self._manager.write, read, values, removed)
        return Prepared(send, add, read.entity_tag, bool(values) + bool(removed))

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


PartChanges = LabelChanges | VariableChanges


def changes_of(found: t.Any, name: str, field: Sub[t.Any]) -> PartChanges:
    """Return an object that prepares changes of one part of an object.

    :param found: the object.
    :param name: name of the part, such as ``'labels'``.
    :param field: the declaration of the part.
    """
    return (LabelChanges if field.type is list else VariableChanges)(found, name)


def is_atomic(client: t.Any, cls: t.Any) -> bool:
    """Return True if the server can change objects in a change set. This may ask the server.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param cls: class of the objects.
    """
    return cls.in_change_sets and "change_sets" in client.features


def apply(client: t.Any, found: t.Any, changes: t.Mapping[str, Change]) -> None:
    """Apply prepared changes of an object: all of them or none, if the server can do that.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param found: the object.
    :param changes: the changes, keyed by a description for error messages.
    :raises cratonclient_osc.output.exit_status.PartialFailure: if a change fails after
        another one was made, on a server without change sets.
    """
    requests = sum(one.requests for one in changes.values())
    if requests < 2 or not is_atomic(client, type(found)):
        apply_singly(changes)
        return
    from cratonclient import entity_tags

    entity_tags.retrying(lambda: _post(client, [one.take() for one in changes.values()]))


def _post(client: t.Any, prepared: t.Sequence[Prepared]) -> None:
    """Post changes of an object as one change set, which builds on what they build on."""
    known = [response.revision(one.tag) for one in prepared if one.tag is not None]
    since = min((one for one in known if one is not None), default=None)
    change_set = client.changes.new(unchanged_since=since)
    for one in prepared:
        one.add(change_set)
    post(change_set)


def post(change_set: change_sets.ChangeSet) -> None:
    """Post a change set about one object. Its error is that of a single request.

    :raises cratonclient.exceptions.HTTPError: with the messages of all refused changes.
    """
    try:
        change_set.post()
    except exceptions.HTTPError as exc:
        if not exc.refused:
            raise
        message = "; ".join(dict.fromkeys(one.message for one in exc.refused))
        raise type(exc)(message, response=exc.response) from exc


def add_creation(
    change_set: change_sets.ChangeSet,
    kind: Kind,
    values: t.Mapping[str, t.Any],
    parts: t.Mapping[str, t.Any],
) -> change_sets.Created:
    """Add the creation of an object, and of the parts that it cannot contain.

    :param change_set: the change set.
    :param kind: kind of the object.
    :param values: values of fields that a creation can contain.
    :param parts: values of the others.
    """
    created = change_set.create(kind.collection, **values)
    for name, value in parts.items():
        if kind.fields[name].type is list and value:
            change_set.add_labels(created, *value, part=name)
    return created


def apply_singly(changes: t.Mapping[str, t.Callable[[], object]], *done: str) -> None:
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
