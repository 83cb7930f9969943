# SPDX-License-Identifier: Apache-2.0
"""Variables: named JSON values of an object. The objects in it inherit them."""

from __future__ import annotations

import collections.abc
import copy
import json
import typing as t

from cratonclient import crud, exceptions, paths
from cratonclient.http.response import body_of, check_deletion, entity_tag
from cratonclient.json_values import JSON, Wrapped, checked, differing
from cratonclient.printable import shown
from cratonclient.resource import IfMatch

T = t.TypeVar("T")
Values = t.Mapping[str, JSON]
#: Sends changes of variables that were read, as :meth:`VariableManager.write` does.
Write = t.Callable[..., "Variables"]


class Variable(Wrapped):
    """A variable: a name and a JSON value. It cannot be changed.

    A variable is equal to a variable with the same name and value, and to a plain value
    that equals its value. Requests accept it in place of its value.

    :param name: name of the variable.
    :param value: any JSON value.

    >>> host.variables.get()['rack'] == 'r1'
    True
    """

    _name: str
    _value: t.Any

    def __init__(self, name: str, value: JSON) -> None:
        vars(self).update(_name=name, _value=value)

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def value(self) -> t.Any:
        """The JSON value."""
        return self._value

    if not t.TYPE_CHECKING:

        def __setattr__(self, name: str, value: t.Any) -> None:
            raise AttributeError(f"{name!r} of a variable cannot be set. {_HOW_TO_CHANGE}")

    def to_json(self) -> t.Any:
        """Return a copy of the value."""
        return copy.deepcopy(self.value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Variable):
            return (self.name, self.value) == (other.name, other.value)
        return bool(self.value == other)

    __hash__ = None  # type: ignore[assignment]  # the value is mutable

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, {self.value!r})"


class Variables(crud.Resource, Wrapped, collections.abc.Mapping[str, Variable]):
    """The variables of an object as they were read: a mapping of names to :class:`Variable`.

    The mapping cannot be changed, because the change would be lost. Use the methods of
    :class:`VariableManager`. :meth:`to_dict` returns a dictionary that you can change.
    Requests accept the mapping in place of a dictionary.

    :param manager: manager that fetched the variables.
    :param info: values by name, or a dictionary with the single key ``variables`` that
        contains them.
    :param loaded: ignored, because variables are always complete.

    >>> variables = host.variables.get()
    >>> variables['rack'].value, variables.to_dict()
    ('r1', {'rack': 'r1'})
    >>> craton.hosts.create(name='web-2', variables=variables, ...)
    """

    def __init__(self, manager: t.Any, info: dict[str, t.Any], loaded: bool = False) -> None:
        part = getattr(manager, "part_name", None)
        body = info.get(part if isinstance(part, str) else VariableManager.part_name)
        values = body if isinstance(body, dict) and len(info) == 1 else info
        self._variables = {name: Variable(name, value) for name, value in values.items()}
        super().__init__(manager, {}, loaded=True)

    @property
    def _variables_dict(self) -> dict[str, Variable]:
        """The variables by name, under the name that programs of 2017 use."""
        return self._variables

    def __getitem__(self, name: str) -> Variable:
        return self._variables[name]

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    # Both base classes define get(). Users of a mapping expect Mapping.get().
    get = collections.abc.Mapping.get  # type: ignore[assignment]

    def update(self, *_args: t.Any, **_fields: t.Any) -> t.NoReturn:
        """Refuse to change the mapping.

        :raises TypeError: always. The message names the methods that change variables.
        """
        raise TypeError(f"Variables that were read cannot be changed. {_HOW_TO_CHANGE}")

    if not t.TYPE_CHECKING:  # so that type checkers refuse them, too
        __setitem__ = __delitem__ = __ior__ = update
        setdefault = pop = popitem = clear = refresh = update

    def delete(self, *, if_match: IfMatch = None) -> bool:
        """Delete all variables in the mapping from their object, on the server.

        :param if_match: True to refuse this if somebody has changed the object since the
            variables were read; or an entity tag.
        :returns: True.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.
        """
        options = self._if_match(if_match)
        return t.cast("bool", self._manager_or_error().delete(*self, **options))

    def to_dict(self) -> dict[str, t.Any]:
        """Return a copy of the plain values, keyed by name."""
        return {name: item.to_json() for name, item in self._variables.items()}

    def to_json(self) -> dict[str, t.Any]:
        """Return a copy of the plain values, keyed by name."""
        return self.to_dict()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Variables):
            return self._variables == other._variables
        if isinstance(other, collections.abc.Mapping):
            return self._variables == dict(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), frozenset(self._variables)))

    def __repr__(self) -> str:
        return f"<Variables {self.to_dict()!r}>"

    def __copy__(self) -> t.Self:
        new = super().__copy__()
        new._variables = dict(self._variables)
        return new


class VariableManager(crud.CRUDClient[Variables]):
    """The variables of one object.

    Servers can only replace whole variables. :meth:`set`, :meth:`unset`, :meth:`merge` and
    :meth:`replace` read variables, change them, and send those that differ, with the entity tag
    of what they read. If another program was quicker, they read again and try again. So
    programs that change different values inside the same variable lose nothing. On an original
    server of 2017, which has no entity tags, the last one wins.

    All methods that change variables accept ``if_match``, as
    :meth:`cratonclient.crud.CRUDClient.update` does. ``True`` means the object that the
    manager was read from, and variables that were read have an entity tag, too. With it, they
    do not try again, but raise :class:`~cratonclient.exceptions.PreconditionFailed`.

    >>> host.variables.update(rack='r1')['rack'].value
    'r1'
    >>> host.variables.get().to_dict()
    {'rack': 'r1', 'inherited': 'from the region'}
    >>> host.variables.delete('rack')
    True
    """

    key = part_name = "variables"
    base_path = "/variables"
    resource_class = Variables
    many = False

    def create(
        self, skip_merge: bool = False, *, if_match: t.Any = None, **kwargs: JSON
    ) -> Variables:
        """Set variables. This is the same as :meth:`update` with keywords.

        :param skip_merge: ignored.
        :param if_match: the state that the change builds on.
        :param kwargs: values by name.
        :returns: all variables of the object itself.
        """
        return self.update(kwargs, if_match=if_match)

    def update(  # type: ignore[override]
        self,
        item_id: Values | None = None,
        skip_merge: bool = True,
        /,
        *,
        if_match: t.Any = None,
        **kwargs: JSON,
    ) -> Variables:
        """Set variables. Other variables keep their values.

        :param item_id: mapping of names to values. Use it for names that are not valid
            Python keywords, and for a variable named ``if_match``. It can be combined with
            ``kwargs``.
        :param skip_merge: ignored.
        :param if_match: refuse the change if the object was changed since it had this entity
            tag. It can be the object or the variables that were read, or True for the object
            of this manager.
        :param kwargs: values by name.
        :returns: all variables of the object itself, without inherited ones.
        :raises cratonclient.exceptions.CommandError: if JSON cannot represent a value.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.
        :raises cratonclient.exceptions.FeatureMissing: if ``if_match`` is given, and the server
            has no entity tags.

        >>> host.variables.update(other.variables.get(), rack='r1')
        <Variables {'os': {'version': 12}, 'rack': 'r1'}>
        """
        values = {**_mapping({} if item_id is None else item_id), **kwargs}
        with self._expecting(if_match) as condition:
            found = self._put(values, condition)
        self._adopt(if_match, found.entity_tag)
        return found

    def read(self, *, resolved: bool) -> Variables:
        """Return the variables with or without inherited ones, and with their entity tag.

        :param resolved: with inherited variables.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.

        >>> host.variables.read(resolved=False).entity_tag
        '"7"'
        """
        if self.owner_class is None:
            raise exceptions.CommandError(
                f"{self!r} does not belong to an object. Read it from one, such as "
                f"craton.hosts.get(1).{self.part_name}."
            )
        if not self.owner_class.inherits:
            return self.get()
        # The path of the variables returns either, depending on the kind. The object has both.
        response = self.session.get(self.url, params={"resolved-values": resolved})
        return self._object_from(response)

    def known(self, values: t.Mapping[str, t.Any], tag: str | None = None) -> Variables:
        """Return variables that are known already, without a request.

        :param values: values by name.
        :param tag: entity tag of the object that has them.
        """
        found = Variables(self, {self.part_name: dict(values)}, loaded=True)
        found._tag = tag
        return found

    def write(
        self, read: Variables, changed: Values, removed: t.Collection[str] = ()
    ) -> Variables:
        """Set and delete variables, if nobody has changed the object since they were read.

        An original server does not check it.

        :param read: the variables that the change builds on.
        :param changed: variables to set, with their new values.
        :param removed: names of variables to delete afterwards.
        :returns: all variables of the object itself, before the deletion.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.

        >>> own = host.variables.read(resolved=False)
        >>> host.variables.write(own, {'count': own['count'].value + 1})
        <Variables {'count': 8}>
        """
        from cratonclient import entity_tags

        condition, found = entity_tags.headers(read.entity_tag), read
        if changed:
            # The deletion that follows does not depend on the values.
            condition, found = {}, self._put(changed, condition)
        if removed:
            self._delete(removed, condition)
        return found

    def own(self) -> dict[str, t.Any]:
        """Return the variables of the object itself, without inherited ones.

        :raises cratonclient.exceptions.NotFound: if the object does not exist.

        >>> host.variables.own()
        {'rack': 'r1'}
        """
        return self.read(resolved=False).to_dict()

    def resolved(self) -> dict[str, t.Any]:
        """Return the variables of the object, with inherited ones.

        :raises cratonclient.exceptions.NotFound: if the object does not exist.

        >>> host.variables.resolved()
        {'ntp': 'ntp.example.org', 'rack': 'r1'}
        """
        return self.read(resolved=True).to_dict()

    def set(self, path: str, value: JSON, *, if_match: IfMatch = None) -> Variables:
        """Set a variable, or a value inside it. Create missing objects and lists around it.

        Inside an inherited variable, the object gets its own copy of the whole variable,
        with the new value in it.

        :param path: variable, or path of a value inside it, such as ``os.version`` or
            ``nics[0].mac``. The grammar is that of :mod:`cratonclient.paths`.
        :param value: the new value.
        :param if_match: the state that the change builds on, as for :meth:`update`.
        :returns: all variables of the object itself.
        :raises cratonclient.paths.PathError: if the path is not valid, or leads through a
            value that is not an object or a list.
        :raises cratonclient.exceptions.CommandError: if JSON cannot represent the value.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.

        >>> host.variables.set('os.version', 13)
        <Variables {'os': {'version': 13}, 'rack': 'r1'}>
        """
        parsed, value = paths.parse(path), checked(value)
        if len(parsed) == 1:
            return self.update(paths.changed({}, [(parsed, value)]), if_match=if_match)

        def work(write: Write) -> Variables:
            known = self.read(resolved=True)
            return write(known, paths.changed(known.to_dict(), [(parsed, value)]))

        return self._edit(if_match, work)

    def unset(self, *given: str, if_match: IfMatch = None) -> bool:
        """Remove variables, or values inside them. If one does not exist, remove none.

        :param given: variables or paths, as for :meth:`set`.
        :param if_match: the state that the change builds on, as for :meth:`update`.
        :returns: True.
        :raises cratonclient.paths.PathError: if a path is not valid.
        :raises cratonclient.exceptions.NotFound: if the object itself has no value at one of
            the paths, or if the object does not exist.

        >>> host.variables.unset('os.version', 'rack')
        True
        """
        wanted = [paths.parse(path) for path in given]

        def work(write: Write) -> bool:
            read = self.read(resolved=False)
            own = read.to_dict()
            for path in wanted:
                if not paths.has(own, path):
                    raise self._missing(path, own)
            write(read, *paths.removed(own, wanted))
            return True

        return self._edit(if_match, work)

    def merge(self, values: Values, *, if_match: IfMatch = None) -> Variables:
        """Merge values into the variables, with one request that changes them.

        A JSON object is merged into the object that has its place, at any depth. Any other
        value, such as a list, replaces the value that has its place. An inherited variable
        is merged, too: the object gets its own copy of it.

        :param values: values by name. The names are no paths.
        :param if_match: the state that the change builds on, as for :meth:`update`.
        :returns: all variables of the object itself.
        :raises cratonclient.exceptions.CommandError: if JSON cannot represent a value.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.

        >>> host.variables.merge({'os': {'version': 13}, 'rack': 'r2'})
        <Variables {'os': {'name': 'debian', 'version': 13}, 'rack': 'r2'}>
        """
        given = _plain(values)
        if not any(isinstance(value, dict) for value in given.values()):
            return self.update(given, if_match=if_match)

        def work(write: Write) -> Variables:
            read = self.read(resolved=True)
            known = read.to_dict()
            return write(read, {n: _merged(known.get(n), v) for n, v in given.items()})

        return self._edit(if_match, work)

    def replace(self, values: Values, *, if_match: IfMatch = None) -> Variables:
        """Make these values the variables of the object itself, and delete all others.

        Only differences are sent. Deletions come last, so a failure loses no value that was
        to remain.

        :param values: values by name. The names are no paths.
        :param if_match: the state that the change builds on, as for :meth:`update`.
        :returns: the variables.
        :raises cratonclient.exceptions.CommandError: if JSON cannot represent a value.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.

        >>> host.variables.replace({'rack': 'r1'})
        <Variables {'rack': 'r1'}>
        """
        wanted = _plain(values)

        def work(write: Write) -> Variables:
            read = self.read(resolved=False)
            own = read.to_dict()
            write(read, differing(own, wanted), sorted(own.keys() - wanted.keys()))
            return self.known(wanted)

        return self._edit(if_match, work)

    def _edit(self, if_match: IfMatch, work: t.Callable[[Write], T]) -> T:
        """Call a function that reads and writes; again if another program was quicker.

        :param if_match: another state than what is read. The function is then called once.
        :param work: the function. Its argument is a function like :meth:`write`.
        """
        from cratonclient import entity_tags

        if if_match is None or if_match is False:
            return entity_tags.retrying(lambda: work(self.write))
        with self._expecting(if_match) as given:

            def write(
                read: Variables, changed: Values, removed: t.Collection[str] = ()
            ) -> Variables:
                condition, found, tag = given, read, None
                if changed:
                    found = self._put(changed, condition)
                    tag = found.entity_tag
                    condition = entity_tags.headers(tag) or condition
                if removed:
                    tag = self._delete(removed, condition) or tag
                self._adopt(if_match, tag)
                return found

            return work(write)

    def _put(self, values: Values, condition: dict[str, t.Any]) -> Variables:
        """Set variables, and return all of the object itself."""
        return self._object_from(self.session.put(self.build_url(), json=values, **condition))

    def _delete(self, names: t.Iterable[str], condition: dict[str, t.Any]) -> str | None:
        """Delete variables, and return the entity tag of the object."""
        url = self.build_url()
        response = self.session.delete(url, params={}, json=[*names], **condition)
        check_deletion(response)
        return entity_tag(response)

    def _present(self, url: str) -> Variables:
        return self.get() if self.owner_class is None else self.read(resolved=False)

    def _missing(self, path: paths.Path, own: Values) -> exceptions.NotFound:
        """Return the error for a path that leads nowhere."""
        inherited = path[0] not in own and path[0] in self.resolved()
        hint = " It is inherited: unset it on the object that sets it." if inherited else ""
        return exceptions.NotFound(
            f"The object itself has no variable {paths.write(path)!r}; nothing was changed."
            f"{hint}"
        )

    def _object_from(self, response: t.Any) -> Variables:
        """Return the variables in the body of a response."""
        values = body_of(response).get(self.part_name)
        if not isinstance(values, dict):
            raise exceptions.UnexpectedResponse(
                f"The response from {response.url} has no {self.part_name}. Check that the "
                "URL belongs to a Craton server.",
                response=response,
            )
        return self.known(values, entity_tag(response))

    def list(self, skip_merge: bool = False, **kwargs: t.Any) -> t.Iterator[Variable]:  # type: ignore[override]
        """Generate the variables. One request returns all of them.

        :param skip_merge: do not send the arguments of the manager.
        :param kwargs: query parameters, such as ``resolved_values``.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.
        """
        yield from self.get(skip_merge=skip_merge, **kwargs).values()

    def delete(  # type: ignore[override]
        self, *args: str | Variable, if_match: IfMatch = None, **kwargs: t.Any
    ) -> bool:
        """Delete variables. Variables that do not exist are ignored.

        :param args: names of the variables.
        :param if_match: the state that the change builds on, as for :meth:`update`.
        :param kwargs: as for :meth:`cratonclient.crud.CRUDClient.delete`.
        :returns: True.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.
        """
        names = [each.name if isinstance(each, Variable) else each for each in args]
        return super().delete(json=names, if_match=if_match, **kwargs)

    if not t.TYPE_CHECKING:  # so that type checkers refuse them, too

        def __getitem__(self, name: object) -> t.NoReturn:
            """Refuse an item, because a name could also be a path.

            :raises TypeError: always. The message names the methods to use instead.
            """
            raise TypeError(
                f"A {type(self).__name__} has no items. Call get() to read the "
                f"{self.part_name}. {_HOW_TO_CHANGE}"
            )

        def __setitem__(self, name: object, value: object) -> t.NoReturn:
            """Refuse an item; see :meth:`__getitem__`."""
            self[name]

        def __delitem__(self, name: object) -> t.NoReturn:
            """Refuse an item; see :meth:`__getitem__`."""
            self[name]


#: The end of messages that refuse a change.
_HOW_TO_CHANGE = (
    "Call set(path, value), update({'a': 1}), unset(path) or delete('a') of the manager to "
    "change the object, such as host.variables.set('os.version', 13)."
)


def _mapping(values: object) -> Values:
    """Return values by name.

    :raises cratonclient.exceptions.CommandError: if the value is not a mapping.
    """
    if isinstance(values, collections.abc.Mapping):
        return values
    raise exceptions.CommandError(f"{shown(values)} is not a mapping of names to values.")


def _plain(values: object) -> dict[str, t.Any]:
    """Return a copy of values by name, as a server would return them.

    :raises cratonclient.exceptions.CommandError: if JSON cannot represent them.
    """
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(checked(dict(_mapping(values))))))


def _merged(old: t.Any, new: t.Any) -> t.Any:
    """Return a value with another one merged into it."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{name: _merged(old.get(name), value) for name, value in new.items()}}
