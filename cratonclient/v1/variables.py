# SPDX-License-Identifier: Apache-2.0
"""Variables: JSON values that objects carry and their children inherit."""

from __future__ import annotations

import collections.abc
import copy
import typing as t

from cratonclient import crud


class Variable:
    """A variable: its name and its JSON value.

    A variable equals another one with the same name and value, and it equals
    its bare value, so that ``variables['rack'] == 'r1'`` holds.

    :param name: the name.
    :param value: any JSON value.
    """

    def __init__(self, name: str, value: t.Any) -> None:
        self.name = name
        self.value = value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Variable):
            return (self.name, self.value) == (other.name, other.value)
        return bool(self.value == other)

    __hash__ = None  # type: ignore[assignment]  # the value may change

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, {self.value!r})"


class Variables(crud.Resource, collections.abc.MutableMapping[str, Variable]):
    """The variables of an object, as a mapping of names to :class:`Variable`.

    Changes stay in the mapping; :meth:`VariableManager.update` sends them.
    ``to_dict()`` gives the bare values.

    :param manager: the manager that fetched them.
    :param info: the values by name, bare or below the key ``variables``.
    :param loaded: there is nothing more to load, so it does not matter.
    """

    def __init__(self, manager: t.Any, info: dict[str, t.Any], loaded: bool = False) -> None:
        part = getattr(manager, "part_name", None)
        inner = info.get(part if isinstance(part, str) else VariableManager.part_name)
        values = inner if isinstance(inner, dict) and len(info) == 1 else info
        self._variables = {name: Variable(name, value) for name, value in values.items()}
        super().__init__(manager, {}, loaded=True)

    # A name may be anything, so no variable becomes an attribute.
    def _add_details(self, info: t.Mapping[str, t.Any]) -> None:
        pass

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

    # The two bases disagree; a mapping's get() is what people expect here.
    get = collections.abc.Mapping.get  # type: ignore[assignment]

    def delete(self) -> bool:
        """Delete all these variables from their owner."""
        return t.cast("bool", self._managed().delete(*self))

    def to_dict(self) -> dict[str, t.Any]:
        """Give a copy of the bare values by name."""
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

    Source: wire document, section 9; seed document, "Variables".
    """

    key = part_name = "variables"
    base_path = "/variables"
    resource_class = Variables
    many = False

    def create(self, skip_merge: bool = False, **kwargs: t.Any) -> Variables:
        """Set variables, as :meth:`update` does: there is no other way to make them."""
        return self.update(kwargs)

    def update(
        self,
        item_id: t.Mapping[str, t.Any] | t.Any = None,
        skip_merge: bool = True,
        /,
        **kwargs: t.Any,
    ) -> Variables:
        """Set variables; those that are not given stay.

        :param item_id: a mapping of names to values, for names that cannot be
            keywords; both forms may be used at once.
        :param kwargs: names and values.
        :returns: all variables that the object itself has, afterwards.
        :raises cratonclient.exceptions.NotFound: when their owner is gone.
        """
        values = {**(item_id or {}), **kwargs}
        return self._made_from(self.session.put(self.build_url(), json=values))

    def list(self, skip_merge: bool = False, **kwargs: t.Any) -> t.Iterator[Variable]:  # type: ignore[override]
        """Generate the variables, one by one. They come in one answer, not in pages."""
        yield from self.get(skip_merge=skip_merge, **kwargs).values()

    def delete(self, *args: str, **kwargs: t.Any) -> bool:  # type: ignore[override]
        """Delete variables; those that are not there do not matter.

        :param args: their names.
        :returns: True.
        :raises cratonclient.exceptions.NotFound: when their owner is gone.
        """
        return super().delete(json=list(args), **kwargs)
