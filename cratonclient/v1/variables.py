# SPDX-License-Identifier: Apache-2.0
"""Variables: named JSON values of an object. The objects in it inherit them."""

from __future__ import annotations

import collections.abc
import copy
import typing as t

from cratonclient import crud, exceptions
from cratonclient.http.response import body_of
from cratonclient.printable import shown


class Variable:
    """A variable: a name and a JSON value.

    A variable is equal to a variable with the same name and value, and to a plain value
    that equals its value.

    :param name: name of the variable.
    :param value: any JSON value.

    >>> host.variables.get()['rack'] == 'r1'
    True
    """

    def __init__(self, name: str, value: t.Any) -> None:
        self.name = name
        self.value = value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Variable):
            return (self.name, self.value) == (other.name, other.value)
        return bool(self.value == other)

    __hash__ = None  # type: ignore[assignment]  # the value is mutable

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, {self.value!r})"


class Variables(crud.Resource, collections.abc.MutableMapping[str, Variable]):
    """The variables of an object, as a mapping of names to :class:`Variable`.

    Changing the mapping sends no request. To save changes, call
    :meth:`VariableManager.update`.

    :param manager: manager that fetched the variables.
    :param info: values by name, or a dictionary with the single key ``variables`` that
        contains them.
    :param loaded: ignored, because variables are always complete.

    >>> variables = host.variables.get()
    >>> variables['rack'].value, variables.to_dict()
    ('r1', {'rack': 'r1'})
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

    def __setitem__(self, name: str, value: t.Any) -> None:
        bare = value.value if isinstance(value, Variable) else value
        self._variables[name] = Variable(name, bare)

    def __delitem__(self, name: str) -> None:
        del self._variables[name]

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    # Both base classes define these. Users of a mapping expect those of a mapping.
    get = collections.abc.Mapping.get  # type: ignore[assignment]
    update = collections.abc.MutableMapping.update  # type: ignore[assignment]

    def delete(self) -> bool:
        """Delete all variables in the mapping from their object, on the server.

        :returns: True.
        """
        return t.cast("bool", self._manager_or_error().delete(*self))

    def to_dict(self) -> dict[str, t.Any]:
        """Return a copy of the plain values, keyed by name."""
        return {name: copy.deepcopy(item.value) for name, item in self.items()}

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

    def create(self, skip_merge: bool = False, **kwargs: t.Any) -> Variables:
        """Set variables. This is the same as :meth:`update` with keywords.

        :param skip_merge: ignored.
        :param kwargs: values by name.
        :returns: all variables of the object itself.
        """
        return self.update(kwargs)

    def update(
        self,
        item_id: t.Mapping[str, t.Any] | t.Any = None,
        skip_merge: bool = True,
        /,
        **kwargs: t.Any,
    ) -> Variables:
        """Set variables. Other variables keep their values.

        :param item_id: mapping of names to values. Use it for names that are not valid
            Python keywords. It can be combined with ``kwargs``.
        :param skip_merge: ignored.
        :param kwargs: values by name.
        :returns: all variables of the object itself, without inherited ones.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.
        """
        given = {} if item_id is None else item_id
        if not isinstance(given, collections.abc.Mapping):
            raise exceptions.CommandError(
                f"{shown(given)} is not a mapping of names to values."
            )
        values = {**given, **kwargs}
        return self._object_from(self.session.put(self.build_url(), json=values))

    def _object_from(self, response: t.Any) -> Variables:
        """Return the variables in the body of a response."""
        body = body_of(response)
        if not isinstance(body.get(self.part_name), dict):
            raise exceptions.UnexpectedResponse(
                f"The response from {response.url} has no {self.part_name}. Check that the "
                "URL belongs to a Craton server.",
                response=response,
            )
        return Variables(self, body, loaded=True)

    def list(self, skip_merge: bool = False, **kwargs: t.Any) -> t.Iterator[Variable]:  # type: ignore[override]
        """Generate the variables. One request returns all of them.

        :param skip_merge: do not send the arguments of the manager.
        :param kwargs: query parameters, such as ``resolved_values``.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.
        """
        yield from self.get(skip_merge=skip_merge, **kwargs).values()

    def delete(self, *args: str, **kwargs: t.Any) -> bool:  # type: ignore[override]
        """Delete variables. Variables that do not exist are ignored.

        :param args: names of the variables.
        :param kwargs: as for :meth:`cratonclient.crud.CRUDClient.delete`.
        :returns: True.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.
        """
        return super().delete(json=list(args), **kwargs)
