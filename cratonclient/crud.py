# SPDX-License-Identifier: Apache-2.0
"""What all resources share: :class:`Resource` and its manager, :class:`CRUDClient`."""

from __future__ import annotations

import collections.abc
import copy
import re
import types
import typing as t
import unicodedata

from cratonclient import exceptions, secrets
from cratonclient.fields import Field, Parameter, Sub
from cratonclient.http.response import body_of

if t.TYPE_CHECKING:
    from cratonclient import session as craton_session

Operation = t.Literal["list", "get", "create", "update", "delete"]
ALL_OPERATIONS: tuple[Operation, ...] = ("list", "get", "create", "update", "delete")
Parameters = t.Mapping[str, Parameter[t.Any]]
R = t.TypeVar("R", bound="Resource")

#: What stands last in every listing of fields, since it matters least.
_LAST = ("project_id", "created_at", "updated_at", "links")


class Resource:
    """An object of the fleet, and, as a class, the declaration of its kind.

    :param manager: the manager that fetched it.
    :param info: what the server said of it.
    :param loaded: whether that is everything. An object that is not loaded
        loads itself once, when an attribute is read that it does not have yet;
        a loaded one never makes a request for an attribute.

    Two objects are equal when they are of one class and the server said the
    same of both. Objects can be put into sets, copied and pickled; a copy
    keeps its manager, an unpickled object has none and cannot make requests.

    Source: seed document, "v1 API Documentation"; wire document, section 4.
    """

    id = Field(int, "number that identifies it", create=False)
    created_at = Field(str, "when it was created, in UTC", create=False)
    updated_at = Field(str, "when it was last changed, in UTC", create=False, null=True)

    #: What the API can do with it.
    operations: t.ClassVar[tuple[Operation, ...]] = ALL_OPERATIONS
    #: Fields that a list can be filtered by, and parameters that are not fields.
    filters: t.ClassVar[tuple[str, ...]] = ("id", "name")
    parameters: t.ClassVar[Parameters] = types.MappingProxyType({})
    #: Fields that a list shows unless it is asked for others.
    columns: t.ClassVar[tuple[str, ...]] = ("id", "name")
    #: Fields whose values no two objects may share.
    unique: t.ClassVar[tuple[str, ...]] = ()
    #: Fields that refer to what variables are inherited from, nearest first.
    inherits: t.ClassVar[tuple[str, ...]] = ()

    #: Whether :attr:`human_id` is made from the name.
    HUMAN_ID = False
    #: The field that people know it by.
    NAME_ATTR = "name"
    #: Attributes that are managers of parts of it, such as its variables.
    subresource_managers: t.ClassVar[t.Mapping[str, type[CRUDClient[t.Any]]]] = {}

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
        self._add_subresources()

    @classmethod
    def fields(cls) -> dict[str, Field[t.Any]]:
        """Give the declared fields by name, in the order in which to show them."""
        if "_fields" not in vars(cls):
            found: dict[str, Field[t.Any]] = {}
            for base in reversed(cls.__mro__):
                found.update((n, f) for n, f in vars(base).items() if isinstance(f, Field))
            cls._fields = dict(sorted(found.items(), key=lambda item: item[0] in _LAST))
        return dict(cls._fields)

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """Return the names of the fields that are declared secret."""
        if "_secret_fields" not in vars(cls):
            cls._secret_fields = frozenset(n for n, f in cls.fields().items() if f.secret)
        return cls._secret_fields

    @property
    def human_id(self) -> str | None:
        """Human-readable id which can be used for completion in a shell."""
        if not self.HUMAN_ID:
            return None
        name = getattr(self, self.NAME_ATTR, None)
        return _slug(name) if isinstance(name, str) else None

    def is_loaded(self) -> bool:
        """Tell whether everything about the object is known."""
        return self._loaded

    def set_loaded(self, loaded: bool) -> None:
        """Say whether everything about the object is known."""
        self._loaded = loaded

    def get(self) -> None:
        """Fetch everything about the object.

        :raises cratonclient.exceptions.NotFound: when it is gone.
        """
        self.set_loaded(True)  # first: a failure must not be repeated for ever
        if not hasattr(self.manager, "get"):
            return
        fetched = self.manager.get(self.id)
        if fetched:
            self._info = {**self._info, **fetched._info}
            self._add_details(fetched._info)
            self._add_subresources()

    def delete(self) -> bool:
        """Delete the object.

        :returns: True.
        :raises cratonclient.exceptions.HTTPError: when the server refuses.
        """
        return t.cast("bool", self._managed().delete(self.id))

    def _managed(self) -> t.Any:
        """Give the manager, if there is one."""
        if self.manager is None:
            raise exceptions.CommandError(
                f"{self!r} was unpickled and so has no manager. Use the one of a client."
            )
        return self.manager

    def to_dict(self) -> dict[str, t.Any]:
        """Give a copy of what the server said."""
        return copy.deepcopy(self._info)

    def _add_details(self, info: t.Mapping[str, t.Any]) -> None:
        """Make attributes of what the server said.

        The server is not trusted to leave methods and internals alone.
        """
        for name, value in info.items():
            known = getattr(type(self), name, None)
            if name.startswith("_") or name == "manager":
                continue
            if known is None or isinstance(known, Field):
                self.__dict__[name] = value

    def _add_subresources(self) -> None:
        """Put the managers of its parts in the place of what the server said."""
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
        # Only reached for what is not there. Copying and pickling look for
        # methods on objects whose __init__ has not run; they must not recurse.
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
        # Managers hold sessions, which belong to the client.
        new.__dict__.update(self.__dict__)
        new.__dict__.update(copy.deepcopy(self._without_managers(), memo))
        return new

    def __getstate__(self) -> dict[str, t.Any]:
        return self._without_managers()

    def __setstate__(self, state: dict[str, t.Any]) -> None:
        self.__dict__.update(state, manager=None, _loaded=True)

    def _without_managers(self) -> dict[str, t.Any]:
        managers = {"manager", *self.subresource_managers}
        return {n: v for n, v in self.__dict__.items() if n not in managers}


def _slug(text: str) -> str:
    """Reduce a name to letters, digits and hyphens."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^\w\s-]", "", ascii_only).strip().lower()
    return re.sub(r"[-\s]+", "-", words)


class CRUDClient(t.Generic[R]):
    """The manager of the resources of one kind: create, get, update, delete, list.

    :param session: a :class:`cratonclient.session.Session`.
    :param url: the URL of the API, up to and including its version.
    :param extra_request_kwargs: what every request that does not skip the
        merge sends too, such as ``region_id`` for all calls of an inventory.

    The keyword ``<key>_id`` of each method names the object and ``base_path``
    replaces the path of the collection; both are taken out of what is sent.
    """

    #: The singular, from which parameters and keys of answers are formed.
    key = ""
    #: The path of the collection, below the URL of the API.
    base_path: str | None = None
    #: For the manager of a part: the name of the part, in paths and in bodies.
    part_name = ""
    resource_class: type[R]
    #: Whether lists hold their objects in lists by kind.
    nested = False
    #: Whether there are many of them, told apart by their ids. (Of variables,
    #: an object has one set.)
    many = True

    def __init__(
        self, session: craton_session.Session, url: str, **extra_request_kwargs: t.Any
    ) -> None:
        self.session = session
        self.url = url.rstrip("/")
        self.extra_request_kwargs = extra_request_kwargs
        resource = getattr(self, "resource_class", None)
        if resource is not None:
            secrets.declare(resource.secret_fields())

    @classmethod
    def items_key(cls) -> str:
        """Return the name of the list in answers, such as ``network_devices``."""
        return f"{cls.key}s"

    def rename_part(self, name: str) -> None:
        """Let the manager of a part manage a part of another name.

        :param name: name of the attribute that declares the part.
        """
        self.part_name = name
        self.base_path = f"/{name.replace('_', '-')}"

    def build_url(self, path_arguments: dict[str, t.Any] | None = None) -> str:
        """Build the URL of the collection or of one object.

        :param path_arguments: ``<key>_id`` and ``base_path`` are taken out of
            it, the rest is left.
        :returns: such as ``https://craton.example/v1/hosts/1``.
        :raises cratonclient.exceptions.NotFound: for an id that cannot be one.
        """
        arguments = {} if path_arguments is None else path_arguments
        url = self.url + (arguments.pop("base_path", None) or self.base_path or "")
        item_id = arguments.pop(f"{self.key}_id", None)
        return url if item_id is None else f"{url}/{_path_segment(item_id)}"

    def merge_request_arguments(
        self, request_kwargs: dict[str, t.Any], skip_merge: bool
    ) -> None:
        """Add the manager's own arguments to those of a request, in place."""
        if not skip_merge:
            for name, value in self.extra_request_kwargs.items():
                request_kwargs.setdefault(name, value)

    def create(self, skip_merge: bool = False, **kwargs: t.Any) -> R:
        """Create an object.

        :param skip_merge: whether to leave the manager's own arguments out.
        :param kwargs: its fields.
        :returns: the object as the server made it.
        :raises cratonclient.exceptions.BadRequest: when a field is not valid.
        :raises cratonclient.exceptions.Conflict: when its name is taken.

        >>> craton.clouds.create(name='my-cloud-0').id
        1
        """
        self.merge_request_arguments(kwargs, skip_merge)
        url = self.build_url(kwargs)
        return self._made_from(self.session.post(url, json=kwargs))

    def get(
        self, item_id: int | str | None = None, skip_merge: bool = True, **kwargs: t.Any
    ) -> R:
        """Fetch an object by its id.

        :param item_id: the id.
        :param kwargs: parameters of the query, such as ``resolved_values``.
        :returns: the object with its variables.
        :raises cratonclient.exceptions.NotFound: when there is none.

        >>> craton.hosts.get(1).name
        'my-host-0'
        """
        url = self._item_url(item_id, skip_merge, kwargs)
        options = {"params": _query(kwargs)} if kwargs else {}
        return self._made_from(self.session.get(url, **options))

    def update(
        self, item_id: int | str | None = None, skip_merge: bool = True, **kwargs: t.Any
    ) -> R:
        """Change fields of an object; what is not given stays.

        :param item_id: the id.
        :param kwargs: the fields to change.
        :returns: the object after the change, without its variables.
        :raises cratonclient.exceptions.NotFound: when there is none.
        :raises cratonclient.exceptions.BadRequest: when a field is not valid.

        >>> craton.hosts.update(1, note='in repair').note
        'in repair'
        """
        url = self._item_url(item_id, skip_merge, kwargs)
        return self._made_from(self.session.put(url, json=kwargs))

    def delete(
        self,
        item_id: int | str | None = None,
        skip_merge: bool = True,
        json: t.Any = None,
        **kwargs: t.Any,
    ) -> bool:
        """Delete an object and what lives in it.

        :param item_id: the id.
        :param json: the body, for the few calls that need one.
        :param kwargs: parameters of the query.
        :returns: True, also when there was no such object.
        :raises cratonclient.exceptions.Conflict: when others depend on it.
        """
        url = self._item_url(item_id, skip_merge, kwargs)
        self.session.delete(url, params=kwargs, json=json)
        return True

    def list(self, skip_merge: bool = False, **kwargs: t.Any) -> t.Iterator[R]:
        """Generate the objects of a kind, page by page, as they are asked for.

        :param skip_merge: whether to leave the manager's own arguments out.
        :param kwargs: ``autopaginate=False`` for one page only, ``marker``
            the id after which to begin, ``limit`` the size of a page (10 to
            100), and filters.
        :returns: a generator; no request is made before its first value.
        :raises cratonclient.exceptions.BadRequest: for an unknown parameter.

        >>> [host.name for host in craton.hosts.list(region_id=1)]
        ['my-host-0']
        """
        for page in self.pages(skip_merge, **kwargs):
            for item in page:
                yield self.resource_class(self, item, loaded=True)

    def pages(
        self, skip_merge: bool = False, **kwargs: t.Any
    ) -> t.Iterator[collections.abc.Sequence[dict[str, t.Any]]]:
        """Generate the pages of a list as the server sent them.

        Programs that read a whole fleet and need no resources save the time
        that it takes to make them.

        :param kwargs: as :meth:`list` takes them, and ``short_is_last`` of
            :meth:`cratonclient.session.Session.paginate`.
        :returns: for each page its objects, as dictionaries.
        :raises cratonclient.exceptions.BadRequest: for an unknown parameter.

        >>> [len(page) for page in craton.hosts.pages(limit=100)]
        [100, 37, 0]
        """
        autopaginate = kwargs.pop("autopaginate", True)
        nested = kwargs.pop("nested", self.nested)
        short_is_last = kwargs.pop("short_is_last", False)
        self.merge_request_arguments(kwargs, skip_merge)
        url = self.build_url(kwargs)
        pages = self.session.paginate(
            url,
            autopaginate=autopaginate,
            items_key=self.items_key(),
            nested=nested,
            **({"short_is_last": True} if short_is_last else {}),
            params=_query(kwargs),
        )
        for _response, items in pages:
            yield items

    def _item_url(
        self, item_id: int | str | None, skip_merge: bool, kwargs: dict[str, t.Any]
    ) -> str:
        self.merge_request_arguments(kwargs, skip_merge)
        if item_id is not None:
            kwargs.setdefault(f"{self.key}_id", item_id)
        if self.many and kwargs.get(f"{self.key}_id") is None:
            raise exceptions.CommandError(
                f"Which {self.key.replace('_', ' ')}? An id must be given, and None is none."
            )
        return self.build_url(kwargs)

    def _made_from(self, response: t.Any) -> R:
        return self.resource_class(self, body_of(response), loaded=True)


def _query(kwargs: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Name parameters as the API does: the one with a hyphen has an alias."""
    return {n if n != "resolved_values" else "resolved-values": v for n, v in kwargs.items()}


def _path_segment(item_id: object) -> str:
    """Keep an id from naming another path, whatever is in it."""
    from urllib import parse

    text = str(item_id)
    if text in ("", ".", ".."):
        raise exceptions.NotFound(f"There can be nothing with the id {text!r}.")
    return parse.quote(text, safe="")
