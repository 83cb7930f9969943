# SPDX-License-Identifier: Apache-2.0
"""The base class of the objects of a fleet, :class:`Resource`.

Programs import it as ``cratonclient.crud.Resource``.
"""

from __future__ import annotations

import contextlib
import copy
import re
import types
import typing as t
import unicodedata

from cratonclient import exceptions, suggestions
from cratonclient.fields import Field, Parameter, Sub

if t.TYPE_CHECKING:
    import datetime

Operation = t.Literal["list", "get", "create", "update", "delete"]
ALL_OPERATIONS: tuple[Operation, ...] = ("list", "get", "create", "update", "delete")
Parameters = t.Mapping[str, Parameter[t.Any]]

#: Fields at the end of the display order.
_LAST_FIELDS = ("project_id", "created_at", "updated_at", "links")


_set = object.__setattr__


class Resource:
    """An object of the fleet. Its class declares the fields of its kind.

    The fields are attributes. A field that the response of the server did not contain is
    ``None``. An object that is not fully loaded requests the missing fields once, when one
    of them is read. A loaded object sends no request for a field.

    An attribute cannot be set, because that would not change the object on the server. Use
    :meth:`update`.

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

    #: Change sets can change the objects. Users and their keys have rules of their own.
    in_change_sets: t.ClassVar[bool] = True

    #: Derive :attr:`human_id` from the name.
    HUMAN_ID = False
    #: Field with the name that people use for the object.
    NAME_ATTR = "name"
    #: Manager classes of the parts of the object, such as variables, by attribute name.
    subresource_managers: t.ClassVar[t.Mapping[str, type[t.Any]]] = {}

    manager: t.Any
    _info: dict[str, t.Any]
    _loaded: bool
    #: The last request for the missing fields failed.
    _failed = False
    _tag: str | None = None
    _fields: t.ClassVar[dict[str, Field[t.Any]]]
    _secret_fields: t.ClassVar[frozenset[str]]
    _dataclass: t.ClassVar[type]

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        if "subresource_managers" not in vars(cls):
            cls.subresource_managers = {
                name: field.manager
                for name, field in cls.fields().items()
                if isinstance(field, Sub)
            }

    def __init__(self, manager: t.Any, info: dict[str, t.Any], loaded: bool = False) -> None:
        # Lists create many objects, so do without the checks of __setattr__.
        _set(self, "manager", manager)
        _set(self, "_info", info)
        _set(self, "_loaded", loaded)

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

    @property
    def created(self) -> datetime.datetime | None:
        """Time of creation, with its time zone, UTC.

        >>> host.created
        datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.timezone.utc)
        """
        return _time(self.created_at)

    @property
    def updated(self) -> datetime.datetime | None:
        """Time of the last change, with its time zone, UTC. ``None`` if nothing changed."""
        return _time(self.updated_at)

    @property
    def entity_tag(self) -> str | None:
        """The entity tag of the state that was read, such as ``'"7"'``.

        It covers the fields, the own variables and the labels of the object. It is ``None`` for
        an object of a list without ``entity_tags=True``, and for an object of an original
        server of 2017. It is no field of the object: :meth:`to_dict` does not contain it.
        """
        return self._tag

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
        self._loaded = self._failed = True
        if hasattr(self.manager, "get") and (fetched := self.manager.get(self.id)):
            self._info = {**self._info, **fetched._info}
            self._tag = getattr(fetched, "_tag", None)
        self._failed = False

    def refresh(self) -> t.Self:
        """Fetch all fields of the object and update it in place.

        :returns: the object itself.
        :raises cratonclient.exceptions.CommandError: if the object was unpickled.
        :raises cratonclient.exceptions.NotFound: if the object no longer exists.

        >>> host.refresh().note
        'in repair'
        """
        self._manager_or_error()
        self.get()
        return self

    def is_current(self) -> bool:
        """Return True if the object on the server is still in the state that was read.

        Inherited variables do not count. This sends a request. The response has no body, so it
        is cheap to poll.

        :raises cratonclient.exceptions.CommandError: if the object has no entity tag.
        :raises cratonclient.exceptions.FeatureMissing: if the server has no entity tags.
        :raises cratonclient.exceptions.NotFound: if the object no longer exists.

        >>> host.is_current()
        True
        """
        return t.cast("bool", self._manager_or_error()._is_current(self))

    def update(self, *, if_match: IfMatch = None, **fields: t.Any) -> t.Self:
        """Update fields of the object, on the server and here.

        An object that moves inherits other variables, so they are fetched again.

        :param if_match: True to refuse the update if somebody has changed the object since it
            was read; or an entity tag.
        :param fields: as for :meth:`cratonclient.crud.CRUDClient.update`.
        :returns: the object itself.
        :raises cratonclient.exceptions.CommandError: if the object was unpickled.
        :raises cratonclient.exceptions.BadRequest: if a field is unknown or not valid.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.
        :raises cratonclient.exceptions.HTTPError: if the server refuses.

        >>> host.update(note='in repair').note
        'in repair'
        """
        options = self._if_match(if_match)
        updated = self._manager_or_error().update(self.id, **options, **fields)
        before, self._info = self._info, {**self._info, **updated._info}
        self._tag = updated._tag or self._tag
        moved = any(before.get(name) != self._info.get(name) for name in self.inherits)
        if moved and "variables" in before:
            self.get()
        return self

    def delete(self, *, if_match: IfMatch = None) -> bool:
        """Delete the object on the server.

        :param if_match: as for :meth:`update`.
        :returns: True.
        :raises cratonclient.exceptions.CommandError: if the object was unpickled.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.
        :raises cratonclient.exceptions.HTTPError: if the server refuses.
        """
        options = self._if_match(if_match)
        return t.cast("bool", self._manager_or_error().delete(self.id, **options))

    def _if_match(self, given: IfMatch) -> dict[str, t.Any]:
        """Return the argument of a method of the manager, which may not have it in 2017."""
        return {} if given is None else {"if_match": self if given is True else given}

    def _manager_or_error(self) -> t.Any:
        """Return the manager.

        :raises cratonclient.exceptions.CommandError: if the object has no manager.
        """
        if self.manager is None:
            raise exceptions.CommandError(
                f"{self!r} has no manager, because it was unpickled or made without one. "
                "Use a manager of a client."
            )
        return self.manager

    def to_dict(self) -> dict[str, t.Any]:
        """Return a copy of the fields of the object, as the server sent them."""
        return copy.deepcopy(self._info)

    def to_dataclass(self) -> t.Any:
        """Return the fields as an immutable dataclass, with the types of the attributes.

        The times are ``created`` and ``updated``. Parts that the response contained, such as
        variables, are plain values; other parts are ``None``. Functions that take dataclasses
        accept it, such as :func:`dataclasses.asdict`.

        >>> dataclasses.asdict(host.to_dataclass())['created']
        datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.timezone.utc)
        """
        cls, parts = _dataclass_of(type(self)), self.subresource_managers
        values = {
            name: self._info.get(name) if name in parts else getattr(self, name)
            for name in cls.__dataclass_fields__
        }
        return cls(**copy.deepcopy(values))

    def _load(self, name: str) -> t.Any:
        """Return a field that is missing so far; ``None`` if the server does not send it."""
        if self._failed:
            raise AttributeError(name)  # __getattr__ follows
        if not self._loaded:
            self.get()
        return self._info.get(name)

    def _missing(self, name: str) -> str:
        """Return the message about a declared attribute that could not be loaded."""
        way = "Call get() to try again." if "id" in self._info else "The object has no id."
        return f"{name!r} of the {type(self).__name__} could not be loaded. {way}"

    def _part(self, name: str) -> t.Any:
        """Return the manager of a part; without a manager of the object, its plain value."""
        cls, item_id = self.subresource_managers.get(name), self._info.get("id")
        if cls is None or self.manager is None or item_id is None:
            return self._info.get(name)
        url = self.manager.build_url({f"{self.manager.key}_id": item_id})
        part = cls(self.manager.session, url, **self.manager.extra_request_kwargs)
        part.owner, part.owner_class = self, type(self)
        if part.part_name not in ("", name):
            part.rename_part(name)
        _set(self, name, part)
        return part

    if not t.TYPE_CHECKING:  # type checkers know the declared attributes, and no others

        def __getattr__(self, name: str) -> t.Any:
            """Return a field of the server that is not declared, or a related object.

            Python calls this for missing attributes only. Copying and pickling look up
            methods before ``__init__`` has run; this must not cause infinite recursion.
            """
            if not name.startswith("_"):
                if self._failed and hasattr(type(self), name):
                    raise AttributeError(self._missing(name))
                if name in self.subresource_managers:
                    return self._part(name)
                if name in self._info:
                    return self._info[name]
                related = getattr(self.manager, "__dict__", {}).get("related")
                if related is not None:
                    with contextlib.suppress(LookupError):
                        return related(self, name)
                if not self._loaded:
                    self.get()
                    return getattr(self, name)
            hint = suggestions.did_you_mean(name, self.fields())
            if self.manager is None and f"{name}_id" in self.fields():
                hint = " It has no manager, so it cannot request related objects."
            if name == "save":  # as in other libraries
                hint = " Call update() with the fields to change."
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
                f"{f'.{hint}' if hint else ''}"
            )

        def __setattr__(self, name: str, value: t.Any) -> None:
            if self._may_be_set(name):
                _set(self, name, value)
                return
            fields = self.fields()
            known = fields.get(name) or fields.get(f"{name}_id")
            if known is not None:
                hint = _way_to_change(known)
            elif not (hint := suggestions.did_you_mean(name, fields).strip()):
                hint = "The class must declare attributes of your own."
            raise AttributeError(f"{name!r} of a {type(self).__name__} cannot be set. {hint}")

        def __dir__(self) -> t.Iterable[str]:
            """Return the names of all attributes, with those that the class does not have."""
            reachable = getattr(self.manager, "__dict__", {}).get("reachable")
            related = reachable(type(self)) if reachable is not None else ()
            return {*super().__dir__(), *self._info, *related}

    def _may_be_set(self, name: str) -> bool:
        """Return True for an attribute that is no value of the object on the server.

        Classes of 2017 declare no fields, and set attributes of their own.
        """
        if name.startswith("_") or name == "manager":
            return True
        if hasattr(type(self), name):
            return not isinstance(getattr(type(self), name), Field)
        declares = len(self.fields()) > len(Resource.fields())
        return not declares and name not in vars(self).get("_info", ())

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
        new.__dict__.update(self._without_parts(), _info=dict(self._info))
        return new

    def __deepcopy__(self, memo: dict[int, t.Any]) -> t.Self:
        new = type(self).__new__(type(self))
        # Do not copy managers: they hold the session of the client.
        new.__dict__.update(self._without_parts())
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
        return {n: v for n, v in self._without_parts().items() if n != "manager"}

    def _without_parts(self) -> dict[str, t.Any]:
        """Return the attributes without the managers of parts, which know the object."""
        return {n: v for n, v in self.__dict__.items() if n not in self.subresource_managers}


#: The state that a request builds on: an entity tag, the object with the tag, or True for the
#: object of the method itself.
IfMatch = str | bool | Resource | None


def _way_to_change(field: Field[t.Any]) -> str:
    """Return the sentence that says how the value of a field is changed."""
    if isinstance(field, Sub):
        return "Call its methods to change it on the server."
    if field.update:
        return f"Call update({field.name}=...) to change it on the server."
    return "It cannot be changed on the server, either."


def _time(text: object) -> datetime.datetime | None:
    """Return the time in a time stamp of the API, which is in UTC; ``None`` if it has none."""
    import datetime

    try:
        found = datetime.datetime.fromisoformat(t.cast("str", text))
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _dataclass_of(cls: type[Resource]) -> t.Any:
    """Return the dataclass with the fields of a kind."""
    if "_dataclass" not in vars(cls):
        import dataclasses  # imports inspect, which takes some milliseconds

        renamed = {"created_at": "created", "updated_at": "updated"}
        names = [renamed.get(name, name) for name in cls.fields()]
        cls._dataclass = dataclasses.make_dataclass(cls.__name__, names, frozen=True)
    return cls._dataclass


def _slug(text: str) -> str:
    """Return a name in lowercase ASCII, with hyphens instead of spaces."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^\w\s-]", "", ascii_only).strip().lower()
    return re.sub(r"[-\s]+", "-", words)
