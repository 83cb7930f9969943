# SPDX-License-Identifier: Apache-2.0
"""Declare the fields of a resource.

A resource is a class whose attributes are fields::

    class Cloud(crud.Resource):
        name = Field(str, 'name, unique in the project', required=True, update=True)
        note = Field(str, 'free text', null=True, update=True)

The managers, the commands, the validators and tables of the server, and the
documentation are derived from such classes. This module imports the standard library
only, so reading a declaration is cheap.

The keywords of a field come in three groups: how the API treats it (keywords of the
field itself), how the server stores it (:class:`Storage`), and how the commands offer
it (:class:`Cli`).
"""

from __future__ import annotations

import typing as t

T = t.TypeVar("T")
S = t.TypeVar("S")

#: Which answers of the API contain a field.
Shown = t.Literal["always", "details", "created", "never"]


class Storage(t.NamedTuple):
    """How the server stores a field.

    :param column: whether the field has a column in the table of its kind.
    :param cascade: for a reference: whether deleting the other object deletes this one
        as well. Otherwise the other object cannot be deleted while it is referred to.
    """

    column: bool = True
    cascade: bool = True


#: For fields that the server computes, or accepts and forgets.
NOT_STORED = Storage(column=False)


class Cli(t.NamedTuple):
    """How the commands offer a field.

    :param option: name of the option, if it differs from the name of the field.
    :param off: for a boolean: name of the option that switches it off.
    :param example: a value as a user types it, for the examples in the help.
    """

    option: str = ""
    off: str = ""
    example: str = ""


class Field(t.Generic[T]):
    """One field of a resource, and the attribute that reads it.

    :param type: type of the value: ``str``, ``int``, ``bool``, ``list`` (of strings
        unless ``items`` says otherwise) or ``dict``.
    :param help: description, as a phrase for a list of options.
    :param required: whether a request to create must contain it.
    :param create: whether a request to create may contain it.
    :param update: whether a request to update may contain it.
    :param null: whether the value may be missing, that is, ``None``.
    :param clear: whether a request to update may set it to ``null``.
    :param default: value of a new object when the request leaves the field out.
    :param max_length: maximum length of a string, in characters.
    :param format: ``'ip'`` for an IPv4 or IPv6 address.
    :param items: JSON Schema type of the elements of a list.
    :param secret: whether to mask the value in logs and debug output.
    :param shown: which answers contain it: ``always``; ``details``, that is, single
        objects and lists with details; ``created``, the answer to a request to create;
        or ``never``.
    :param read_as: type of the value in answers, if it differs from the type in
        requests.
    :param storage: how the server stores it.
    :param cli: how the commands offer it.

    >>> Field(str, 'name of the cloud', required=True).required
    True
    """

    name = ""

    @t.overload
    def __init__(
        self: Field[S | None], type: type[S], help: str, *, null: t.Literal[True], **kw: t.Any
    ) -> None: ...

    @t.overload
    def __init__(self: Field[S], type: type[S], help: str, **kw: t.Any) -> None: ...

    def __init__(  # type: ignore[misc]  # mypy cannot tie S to an untyped type
        self,
        type: t.Any,
        help: str,
        *,
        required: bool = False,
        create: bool = True,
        update: bool = False,
        null: bool = False,
        clear: bool = False,
        default: t.Any = None,
        max_length: int = 255,
        format: t.Literal["ip"] | None = None,
        items: str = "string",
        secret: bool = False,
        shown: Shown = "always",
        read_as: type | None = None,
        storage: Storage = Storage(),  # noqa: B008, it is immutable
        cli: Cli = Cli(),  # noqa: B008
    ) -> None:
        self.type = type
        self.help = help
        self.required = required
        self.create = create or required
        self.update = update
        self.null = null
        self.clear = clear
        self.default = default
        self.max_length = max_length
        self.format = format
        self.items = items
        self.secret = secret
        self.shown = shown
        self.read_as = read_as
        self.storage = storage
        self.cli = cli

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {self.type.__name__}>"

    @t.overload
    def __get__(self, resource: None, owner: type) -> t.Self: ...

    @t.overload
    def __get__(self, resource: object, owner: type) -> T: ...

    def __get__(self, resource: t.Any, owner: type) -> t.Any:
        """Return the field for the class, the value for an object.

        Values are plain attributes of an object, so Python calls this only when the
        object does not have the value yet.
        """
        if resource is None:
            return self
        return resource.__getattr__(self.name)


class Parameter(Field[T]):
    """A parameter of a list that filters by something else than the field of its name.

    :param type: as for :class:`Field`.
    :param help: as for :class:`Field`.
    :param compares: name of the field to compare with. For a part that is a list, such
        as ``labels``, the list must contain the value. Empty if the server gives the
        parameter a meaning of its own.
    """

    def __init__(self, type: t.Any, help: str, *, compares: str = "", **kw: t.Any) -> None:
        super().__init__(type, help, **kw)
        self.compares = compares


class Ref(Field[T]):
    """A field that holds the id of another resource.

    :param target: collection that the id belongs to, such as ``'clouds'``.
    :param help: as for :class:`Field`.
    :param type: ``int``, or ``str`` for projects.
    """

    @t.overload
    def __init__(
        self: Ref[int | None], target: str, help: str, *, null: t.Literal[True], **kw: t.Any
    ) -> None: ...

    @t.overload
    def __init__(
        self: Ref[str], target: str, help: str, *, type: type[str], **kw: t.Any
    ) -> None: ...

    @t.overload
    def __init__(self: Ref[int], target: str, help: str, **kw: t.Any) -> None: ...

    def __init__(self, target: str, help: str, *, type: t.Any = int, **kw: t.Any) -> None:
        super().__init__(type, help, **kw)
        self.target = target


class Sub(Field[T]):
    """A part of a resource that has a path and a manager of its own.

    The name of the attribute is the last segment of the path, and the key of the part
    in bodies.

    :param manager: class of the manager that the attribute is, such as
        :class:`cratonclient.v1.variables.VariableManager`.
    :param type: ``dict`` for JSON values by name, ``list`` for a set of strings.
    :param help: as for :class:`Field`.
    """

    def __init__(self, manager: type[T], type: t.Any, help: str, **kw: t.Any) -> None:
        kw.setdefault("shown", "details")
        super().__init__(type, help, storage=NOT_STORED, **kw)
        self.manager = manager
