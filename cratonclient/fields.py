# SPDX-License-Identifier: Apache-2.0
"""Field types, to declare the fields of a resource.

A resource is a class whose attributes are fields::

    class Cloud(crud.Resource):
        name = Field(str, 'name, unique in the project', required=True, update=True)
        note = Field(str, 'free text', null=True, update=True)

The managers, the commands, the validators and tables of the server, and the
documentation are derived from such classes. This module imports only the standard
library, so that it is fast to import.

A field has three groups of settings: its properties in the API (keywords of the field
itself), its storage on the server (:class:`Storage`), and its options in the commands
(:class:`Cli`).
"""

from __future__ import annotations

import contextlib
import typing as t

from cratonclient.formats import FORMATS, Format

T = t.TypeVar("T")
S = t.TypeVar("S")

#: The responses that contain a field; see :class:`Field`.
Shown = t.Literal["always", "details", "created", "never"]


class Storage(t.NamedTuple):
    """The storage of a field on the server.

    :param column: the field has a column in the table of its kind.
    :param cascade: for a foreign key: deleting the referenced object also deletes this
        object. If False, the referenced object cannot be deleted.
    :param foreign_key: for a reference: the database checks it. If False, an object keeps its
        reference when the referenced object is deleted.
    """

    column: bool = True
    cascade: bool = True
    foreign_key: bool = True


#: The storage of fields without a column: fields that the server computes, ignores, or
#: stores in a table of their own, such as variables.
NOT_STORED = Storage(column=False)


class Cli(t.NamedTuple):
    """The option of a field in the commands.

    :param option: name of the option. The default is the name of the field.
    :param off: for a boolean: name of the option that sets it to False.
    :param example: example value, used in the help of commands.
    """

    option: str = ""
    off: str = ""
    example: str = ""


class Pattern(t.NamedTuple):
    """A regular expression that a text must match.

    :param regex: expression in the syntax that Python and JSON Schema share.
    :param rule: what a text must be, for messages and the documentation.
    """

    regex: str
    rule: str


class Field(t.Generic[T]):
    """A field of a resource. On an object, the attribute is the value of the field.

    :param type: type of the value: ``str``, ``int``, ``bool``, ``list`` or ``dict``.
    :param help: description of the field, a phrase without a final full stop.
    :param required: a create request must contain the field.
    :param create: a create request may contain the field.
    :param update: an update request may contain the field.
    :param null: the value may be ``None``.
    :param clear: an update request may set the field to ``null``.
    :param feature: name of the feature that a server needs to update the field, such as
        ``'moving'``; empty if every server can. See
        :attr:`cratonclient.v1.client.Client.features`.
    :param default: value of the field if a create request does not contain it.
    :param max_length: maximum length of a string, in characters.
    :param pattern: regular expression that a string in a request must match.
    :param choices: the texts that a request may contain; empty if any text is valid.
    :param format: format of a text, or of the texts in a list: ``'ip'``, ``'cidr'``,
        ``'netmask'`` or ``'time'``, see :mod:`cratonclient.formats`. The client and the
        server refuse other texts, and compare values, not spellings.
    :param within: for an address or a netmask: name of the field with the address range
        that contains the address, or that the netmask belongs to.
    :param items: JSON Schema type of the elements of a list.
    :param secret: mask the value in logs and debug output.
    :param shown: responses that contain the field: ``always``; ``details``, for single
        objects and lists with details; ``created``, for the response to a create
        request; or ``never``.
    :param read_as: type of the value in responses, if it differs from the type in
        requests. The attribute of an object has the type of requests.
    :param storage: storage on the server.
    :param cli: option in the commands.

    >>> Field(str, 'name of the cloud', required=True).required
    True
    """

    name = ""

    @t.overload
    def __init__(
        self: Field[S | None], type: type[S], help: str, *, null: t.Literal[True], **kw: t.Any
    ) -> None: ...

    @t.overload
    def __init__(
        self: Field[S | None],
        type: type[S],
        help: str,
        *,
        shown: t.Literal["details", "created", "never"],
        **kw: t.Any,
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
        feature: str = "",
        default: t.Any = None,
        max_length: int = 255,
        pattern: Pattern | None = None,
        choices: tuple[str, ...] = (),
        format: Format | None = None,
        within: str = "",
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
        self.feature = feature
        self.default = default
        self.max_length = max_length
        self.pattern = pattern
        self.choices = choices
        if format is not None and format not in FORMATS:
            raise ValueError(f"{format!r} is not one of {FORMATS}")
        self.format = format
        self.within = within
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
        """Return the field if read from the class, or the value if read from an object.

        A response may not contain the field: then the value is ``None``.
        """
        if resource is None:
            return self
        try:
            value = resource._info[self.name]
        except KeyError:
            value = resource._load(self.name)
        return value if self.read_as is None else self._as_declared(value)

    if t.TYPE_CHECKING:  # at run time, Resource.__setattr__ refuses to set an attribute

        def __set__(self, resource: object, value: t.Never) -> None: ...

    def _as_declared(self, value: t.Any) -> t.Any:
        """Return a value with the type of requests, if the server sent the other type."""
        if isinstance(value, str) and self.type is int:
            with contextlib.suppress(ValueError):
                return int(value)
        return value


class Parameter(Field[T]):
    """A query parameter of a list whose name is not the name of a field.

    :param type: as for :class:`Field`.
    :param help: as for :class:`Field`.
    :param compares: name of the field to compare with. If the field is a list, such as
        ``labels``, the list must contain the value. Empty if the server implements the
        parameter separately.
    """

    def __init__(self, type: t.Any, help: str, *, compares: str = "", **kw: t.Any) -> None:
        super().__init__(type, help, **kw)
        self.compares = compares


class Ref(Field[T]):
    """A reference: a field with the id of another object.

    :param target: collection of the referenced object, such as ``'clouds'``.
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
    """A part of a resource with its own path and manager, such as variables.

    The name of the attribute is the last segment of the path and the key in bodies. On an
    object, the attribute is the manager.

    :param manager: manager class, such as
        :class:`cratonclient.v1.variables.VariableManager`.
    :param type: ``dict`` for JSON values by name, ``list`` for a set of strings.
    :param help: as for :class:`Field`.
    """

    def __init__(self, manager: type[T], type: t.Any, help: str, **kw: t.Any) -> None:
        kw.setdefault("shown", "details")
        super().__init__(type, help, storage=NOT_STORED, **kw)
        self.manager = manager

    @t.overload
    def __get__(self, resource: None, owner: type) -> t.Self: ...

    @t.overload
    def __get__(self, resource: object, owner: type) -> T: ...

    def __get__(self, resource: t.Any, owner: type) -> t.Any:
        """Return the part if read from the class, or its manager if read from an object."""
        return self if resource is None else resource._part(self.name)
