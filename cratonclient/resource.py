# SPDX-License-Identifier: Apache-2.0
"""The base class of the objects of a fleet, :class:`Resource`.

Programs import it as ``cratonclient.crud.Resource``.
"""

from __future__ import annotations

import copy
import re
import types
import typing as t
import unicodedata

from cratonclient import exceptions
from cratonclient.fields import Field, Parameter, Sub

Operation = t.Literal["list", "get", "create", "update", "delete"]
ALL_OPERATIONS: tuple[Operation, ...] = ("list", "get", "create", "update", "delete")
Parameters = t.Mapping[str, Parameter[t.Any]]

#: Fields at the end of the display order.
_LAST_FIELDS = ("project_id", "created_at", "updated_at", "links")


class Resource:
    """An object of the fleet. Its class declares the fields of its kind.

    The fields in the response of the server are attributes. An object that is not fully
    loaded requests the missing fields once, when an unknown attribute is read. A loaded
    object sends no request for an attribute.

    Two objects are equal if they have the same class and the same fields. Objects can be
    members of sets, and can be copied and pickled. A copy keeps its manager. An unpickled
    object has no manager and cannot send requests.

    :param manager: manager that fetched the object, a :class:`CRUDClient`.
    :param info: fields of the object, as the server sent them.
    :param loaded: ``info`` is complete.

    >>> host = craton.hosts.get(1)
    >>> host.name, host.to_dict()['ip_address']
    ('my-host-0', '10.0.0.1')
    """

    id = Field(int, "numeric id of the object", create=False)
    created_at = Field(str, "time of creation, in UTC", create=False)
    updated_at = Field(str, "time of the last change, in UTC", create=False, null=True)

    #: Operations of the API for this kind.
    operations: t.ClassVar[tuple[Operation, ...]] = ALL_OPERATIONS
    #: Fields that lists can be filtered by.
    filters: t.ClassVar[tuple[str, ...]] = ("id", "name")
    #: Parameters of lists that are not fields, by name.
    parameters: t.ClassVar[Parameters] = types.MappingProxyType({})
    #: Fields that a list shows by default.
    columns: t.ClassVar[tuple[str, ...]] = ("id", "name")
    #: Fields whose combination of values is unique.
    unique: t.ClassVar[tuple[str, ...]] = ()
    #: References to the objects that variables are inherited from, nearest first.
    inherits: t.ClassVar[tuple[str, ...]] = ()

    #: Derive :attr:`human_id` from the name.
    HUMAN_ID = False
    #: Field with the name that people use for the object.
    NAME_ATTR = "name"
    #: Manager classes of the parts of the object, such as variables, by attribute name.
    subresource_managers: t.ClassVar[t.Mapping[str, type[t.Any]]] = {}

    _fields: t.ClassVar[dict[str, Field[t.Any]]]
    _secret_fields: t.ClassVar[frozenset[str]]

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        if "subresource_managers" not in vars(cls):
            cls.subresource_managers = {
                name: field.manager
                for name, field in cls.fields().items()
                if isinstance(field, Sub)
            }

    def __init__(self, manager: t.Any, info: dict[str, t.Any], loaded: bool = False) -> None:
        self.manager = manager
        self._info = info
        self._loaded = loaded
        self._add_details(info)
        self._add_parts()

    @classmethod
    def fields(cls) -> dict[str, Field[t.Any]]:
        """Return the declared fields by name, in display order.

        >>> list(Cloud.fields())[:3]
        ['id', 'name', 'note']
        """
        if "_fields" not in vars(cls):
            found: dict[str, Field[t.Any]] = {}
            for base in reversed(cls.__mro__):
                found.update((n, f) for n, f in vars(base).items() if isinstance(f, Field))
            cls._fields = dict(sorted(found.items(), key=lambda item: item[0] in _LAST_FIELDS))
        return dict(cls._fields)

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """Return the names of the fields that are declared secret."""
        if "_secret_fields" not in vars(cls):
            cls._secret_fields = frozenset(n for n, f in cls.fields().items() if f.secret)
        return cls._secret_fields

    @property
    def human_id(self) -> str | None:
        """Human-readable id for completion in a shell, or None.

        It is the name in lowercase, with hyphens instead of spaces. Only classes that set
        ``HUMAN_ID`` have it.
        """
        if not self.HUMAN_ID:
            return None
        name = getattr(self, self.NAME_ATTR, None)
        return _slug(name) if isinstance(name, str) else None

    def is_loaded(self) -> bool:
        """Return True if all fields of the object are loaded."""
        return self._loaded

    def set_loaded(self, val: bool) -> None:
        """Mark the object as loaded or not loaded.

        :param val: all fields are loaded, so attributes cause no request.
        """
        self._loaded = val

    def get(self) -> None:
        """Fetch all fields of the object and update it in place.

        :raises cratonclient.exceptions.NotFound: if the object no longer exists.
        """
        # Set before the request: after a failure, the next attribute must not repeat it.
        self.set_loaded(True)
        if not hasattr(self.manager, "get"):
            return
        fetched = self.manager.get(self.id)
        if fetched:
            self._info = {**self._info, **fetched._info}
            self._add_details(fetched._info)
            self._add_parts()

    def delete(self) -> bool:
        """Delete the object on the server.

        :returns: True.
        :raises cratonclient.exceptions.CommandError: if the object was unpickled.
        :raises cratonclient.exceptions.HTTPError: if the server refuses.
        """
        return t.cast("bool", self._manager_or_error().delete(self.id))

    def _manager_or_error(self) -> t.Any:
        """Return the manager.

        :raises cratonclient.exceptions.CommandError: if the object has no manager.
        """
        if self.manager is None:
            raise exceptions.CommandError(
                f"{self!r} was unpickled, so it has no manager. Use a manager of a client."
            )
        return self.manager

    def to_dict(self) -> dict[str, t.Any]:
        """Return a copy of the fields of the object, as the server sent them."""
        return copy.deepcopy(self._info)

    def _add_details(self, info: t.Mapping[str, t.Any]) -> None:
        """Set the fields of a response as attributes.

        A field of the server must not replace a method or a private attribute.
        """
        for name, value in info.items():
            known = getattr(type(self), name, None)
            if name.startswith("_") or name == "manager":
                continue
            if known is None or isinstance(known, Field):
                self.__dict__[name] = value

    def _add_parts(self) -> None:
        """Set the managers of the parts as attributes, in place of the plain values."""
        item_id = self._info.get("id")
        if self.manager is None or item_id is None:
            return
        for attribute, cls in self.subresource_managers.items():
            url = self.manager.build_url({f"{self.manager.key}_id": item_id})
            part = cls(self.manager.session, url, **self.manager.extra_request_kwargs)
            if part.part_name not in ("", attribute):
                part.rename_part(attribute)
            self.__dict__[attribute] = part

    def __getattr__(self, name: str) -> t.Any:
        # Python calls this for missing attributes only. Copying and pickling look up
        # methods before __init__ has run; this must not cause infinite recursion.
        if name.startswith("_") or self.__dict__.get("_loaded", True):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.get()
        return getattr(self, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Resource):
            return NotImplemented
        return type(self) is type(other) and self._info == other._info

    def __hash__(self) -> int:
        return hash((type(self), str(self._info.get("id"))))

    def __repr__(self) -> str:
        known = self.fields()
        shown = ", ".join(
            f"{name}={'***' if name in known and known[name].secret else repr(value)}"
            for name, value in sorted(self._info.items())
        )
        return f"<{type(self).__name__} {shown}>"

    def __copy__(self) -> t.Self:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__, _info=dict(self._info))
        return new

    def __deepcopy__(self, memo: dict[int, t.Any]) -> t.Self:
        new = type(self).__new__(type(self))
        # Do not copy managers: they hold the session of the client.
        new.__dict__.update(self.__dict__)
        new.__dict__.update(copy.deepcopy(self._without_managers(), memo))
        return new

    def __getstate__(self) -> dict[str, t.Any]:
        """Return what a pickle contains: no managers, and ``None`` for secret fields."""
        state = self._without_managers()
        hidden = dict.fromkeys(self.secret_fields() & self._info.keys())
        return {**state, **hidden, "_info": {**self._info, **hidden}}

    def __setstate__(self, state: dict[str, t.Any]) -> None:
        self.__dict__.update(state, manager=None, _loaded=True)

    def _without_managers(self) -> dict[str, t.Any]:
        managers = {"manager", *self.subresource_managers}
        return {n: v for n, v in self.__dict__.items() if n not in managers}


def _slug(text: str) -> str:
    """Return a name in lowercase ASCII, with hyphens instead of spaces."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^\w\s-]", "", ascii_only).strip().lower()
    return re.sub(r"[-\s]+", "-", words)
