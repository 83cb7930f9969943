# SPDX-License-Identifier: Apache-2.0
"""The words in which a resource is declared.

A resource is a class whose attributes are fields::

    class Cloud(crud.Resource):
        name = Field(str, 'unique in the project', required=True, update=True)
        note = Field(str, 'free text', null=True, update=True)

Managers, commands, the server's validators and tables, and the documentation
are all derived from such a class. Only the standard library is used here, so
reading a declaration costs nothing.
"""

from __future__ import annotations

import typing as t

from cratonclient import secrets

T = t.TypeVar("T")
S = t.TypeVar("S")

#: In which answers of the API a field is found (wire document, section 4.1).
Shown = t.Literal["always", "details", "created", "never"]


class Field(t.Generic[T]):
    """One field of a resource, and the attribute that reads it.

    :param type: what its value is: ``str``, ``int``, ``bool``, ``list`` (of
        strings unless ``items`` says otherwise) or ``dict``.
    :param help: what it means, as a phrase that a list of options can print.
    :param required: whether POST must carry it.
    :param create: whether POST may carry it.
    :param update: whether PUT may carry it.
    :param null: whether its value may be absent, hence ``None``.
    :param clear: whether PUT accepts ``null`` for it.
    :param default: what the server stores when POST leaves it out.
    :param max_length: the most characters of a string.
    :param format: ``'ip'`` for an address of either family.
    :param items: the JSON Schema type of the members of a list.
    :param secret: whether logs and debug output must mask it.
    :param shown: ``always``, only with ``details`` (and for single objects),
        only in the answer that ``created`` it, or ``never``.
    :param stored: whether the server keeps it in a column of its own.
    :param read_as: the type of its value where it is read, if that is another
        one than where it is written.
    :param option: the option of commands, where it is not named after the field,
    :param off: and for a boolean, the one that switches it off.
    :param example: a value, as it is typed, for the examples of the help.
    :param of: for a list parameter that bears another name, the field it
        compares.

    >>> Field(str, 'what it is called', required=True).required
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
        stored: bool = True,
        option: str = "",
        off: str = "",
        example: str = "",
        of: str = "",
        read_as: type | None = None,
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
        self.stored = stored
        self.option = option
        self.read_as = read_as
        self.off = off
        self.example = example
        self.of = of

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        if self.secret:
            secrets.SECRETS.add(name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {self.type.__name__}>"

    @t.overload
    def __get__(self, resource: None, owner: type) -> t.Self: ...

    @t.overload
    def __get__(self, resource: object, owner: type) -> T: ...

    def __get__(self, resource: t.Any, owner: type) -> t.Any:
        """Give the declaration on the class, the value on an object.

        This is reached only when the object does not hold the value yet, since
        values are plain attributes of it.
        """
        if resource is None:
            return self
        return resource.__getattr__(self.name)


class Ref(Field[T]):
    """A field that holds the id of another resource.

    :param target: the collection that the id belongs to, such as ``'clouds'``.
    :param help: as for :class:`Field`.
    :param type: ``int``, or ``str`` for projects.
    :param cascade: whether it lives in the other, hence goes when that goes;
        otherwise the other cannot be deleted while it is referred to.
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

    def __init__(
        self,
        target: str,
        help: str,
        *,
        type: t.Any = int,
        cascade: bool = True,
        **kw: t.Any,
    ) -> None:
        super().__init__(type, help, **kw)
        self.target = target
        self.cascade = cascade


class Sub(Field[T]):
    """A part of a resource that has a path, and a manager, of its own.

    :param manager: the class of the manager that the attribute is, such as
        :class:`cratonclient.v1.variables.VariableManager`.
    :param type: ``dict`` or ``list``: how POST and the details give it.
    :param help: as for :class:`Field`.
    """

    def __init__(self, manager: type[T], type: t.Any, help: str, **kw: t.Any) -> None:
        kw.setdefault("shown", "details")
        super().__init__(type, help, stored=False, **kw)
        self.manager = manager
