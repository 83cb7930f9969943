# SPDX-License-Identifier: Apache-2.0
"""The base class of resources, :class:`Resource`, and of managers, :class:`CRUDClient`."""

from __future__ import annotations

import collections.abc
import copy
import re
import types
import typing as t
import unicodedata

from cratonclient import exceptions, formats, ids, secrets
from cratonclient.fields import Field, Parameter, Ref, Sub
from cratonclient.http.response import body_of, check_deletion
from cratonclient.lists import pagination, sorting
from cratonclient.printable import shown

if t.TYPE_CHECKING:
    from cratonclient import session as craton_session

Operation = t.Literal["list", "get", "create", "update", "delete"]
ALL_OPERATIONS: tuple[Operation, ...] = ("list", "get", "create", "update", "delete")
Parameters = t.Mapping[str, Parameter[t.Any]]
R = t.TypeVar("R", bound="Resource")

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

    def set_loaded(self, loaded: bool) -> None:
        """Mark the object as loaded or not loaded.

        :param loaded: all fields are loaded, so attributes cause no request.
        """
        self._loaded = loaded

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


class Deletion(t.NamedTuple):
    """The effects of deleting an object.

    :param deletes: numbers of other objects that are deleted with it, by collection.
    :param blocked_by: some of the objects that prevent the deletion, as dictionaries with
        the keys ``collection``, ``id``, ``name``, and ``field``: the field that refers to
        the object or to something in it.
    """

    deletes: dict[str, int]
    blocked_by: list[dict[str, t.Any]]


class CRUDClient(t.Generic[R]):
    """Base class of managers: create, get, update, delete and list objects of one kind.

    All methods accept the keyword ``<key>_id``, the id of the object, and the keyword
    ``base_path``, which replaces the path of the collection. Neither is sent to the
    server as a parameter.

    :param session: a :class:`cratonclient.session.Session`.
    :param url: URL of the API, including its version, such as
        ``'https://craton.example/v1'``.
    :param extra_request_kwargs: arguments to merge into requests, such as ``region_id``
        for the managers of an :class:`~cratonclient.v1.inventory.Inventory`.

    >>> class RackManager(CRUDClient[Rack]):
    ...     key = 'rack'
    ...     base_path = '/racks'
    ...     resource_class = Rack
    """

    #: Singular of the kind, such as ``network_device``.
    key = ""
    #: Path of the collection, relative to the URL of the API.
    base_path: str | None = None
    #: For the manager of a part: name of the part in paths and bodies.
    part_name = ""
    #: Class of the objects.
    resource_class: type[R]
    #: Responses have one list of objects for each kind, as the list of devices has.
    nested = False
    #: The collection has many objects with ids. False for variables, which are one set.
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
        """Return the key of the list in responses, such as ``network_devices``."""
        return f"{cls.key}s"

    def rename_part(self, name: str) -> None:
        """Set the name of the part that this manager manages.

        :param name: name of the attribute that declares the part, such as
            ``'variables'``.
        """
        self.part_name = name
        self.base_path = f"/{name.replace('_', '-')}"

    def build_url(self, path_arguments: dict[str, t.Any] | None = None) -> str:
        """Build the URL of the collection or of one object.

        :param path_arguments: dictionary with ``<key>_id`` or ``base_path``. Both are
            removed from it.
        :returns: the URL.
        :raises cratonclient.exceptions.NotFound: if the id is not valid in a path.
        :raises cratonclient.exceptions.CommandError: if ``base_path`` is not a string.

        >>> craton.hosts.build_url({'host_id': 1})
        'https://craton.example/v1/hosts/1'
        """
        arguments = {} if path_arguments is None else path_arguments
        path = arguments.pop("base_path", None) or self.base_path or ""
        if not isinstance(path, str):
            raise exceptions.CommandError("base_path must be a string.")
        url = self.url + path
        item_id = arguments.pop(f"{self.key}_id", None)
        if item_id is None:
            return url
        if isinstance(item_id, str) and ids.is_misspelled(item_id):
            raise self._not_an_id(item_id)
        return f"{url}/{ids.path_segment(item_id)}"

    def _not_an_id(self, item_id: object) -> exceptions.NotFound:
        noun = self.key.replace("_", " ")
        return exceptions.NotFound(
            f"{shown(item_id)} is not the id of a {noun}. An id must be spelled "
            "as it is printed."
        )

    def merge_request_arguments(
        self, request_kwargs: dict[str, t.Any], skip_merge: bool
    ) -> None:
        """Add the arguments of the manager to those of a request, in place.

        Arguments of the request have precedence.

        :param request_kwargs: arguments of the request.
        :param skip_merge: do nothing.
        """
        if not skip_merge:
            for name, value in self.extra_request_kwargs.items():
                request_kwargs.setdefault(name, value)

    def create(self, skip_merge: bool = False, **kwargs: t.Any) -> R:
        """Create an object.

        :param skip_merge: do not send the arguments of the manager.
        :param kwargs: fields of the object.
        :returns: the new object.
        :raises cratonclient.exceptions.BadRequest: if a field is not valid.
        :raises cratonclient.exceptions.Conflict: if the name is already in use.

        >>> craton.clouds.create(name='my-cloud-0').id
        1
        """
        self.merge_request_arguments(kwargs, skip_merge)
        url = self.build_url(kwargs)
        self._check_formats(kwargs)
        return self._object_from(self.session.post(url, json=kwargs))

    def get(
        self, item_id: int | str | None = None, skip_merge: bool = True, **kwargs: t.Any
    ) -> R:
        """Return an object by its id.

        :param item_id: id of the object.
        :param skip_merge: do not send the arguments of the manager.
        :param kwargs: query parameters, such as ``resolved_values``.
        :returns: the object with its variables.
        :raises cratonclient.exceptions.CommandError: if the id is None.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.

        >>> craton.hosts.get(1).name
        'my-host-0'
        """
        url = self._item_url(item_id, skip_merge, kwargs)
        options = {"params": self._query(kwargs)} if kwargs else {}
        return self._object_from(self.session.get(url, **options))

    def update(
        self, item_id: int | str | None = None, skip_merge: bool = True, **kwargs: t.Any
    ) -> R:
        """Update fields of an object. Other fields keep their values.

        :param item_id: id of the object.
        :param skip_merge: do not send the arguments of the manager.
        :param kwargs: fields to update, with their new values.
        :returns: the updated object, without its variables.
        :raises cratonclient.exceptions.CommandError: if the id is None.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.
        :raises cratonclient.exceptions.BadRequest: if a field is not valid.
        :raises cratonclient.exceptions.Conflict: if the name is already in use.

        >>> craton.hosts.update(1, note='in repair').note
        'in repair'
        """
        url = self._item_url(item_id, skip_merge, kwargs)
        self._check_formats(kwargs)
        return self._object_from(self.session.put(url, json=kwargs))

    def delete(
        self,
        item_id: int | str | None = None,
        skip_merge: bool = True,
        json: t.Any = None,
        **kwargs: t.Any,
    ) -> bool:
        """Delete an object and everything in it, such as the regions of a cloud.

        :param item_id: id of the object.
        :param skip_merge: do not send the arguments of the manager.
        :param json: request body, for subclasses that need one.
        :param kwargs: query parameters.
        :returns: True, also if the object does not exist.
        :raises cratonclient.exceptions.CommandError: if the id is None.
        :raises cratonclient.exceptions.Conflict: if other objects depend on it.

        >>> craton.hosts.delete(1)
        True
        """
        url = self._item_url(item_id, skip_merge, kwargs)
        check_deletion(self.session.delete(url, params=self._query(kwargs), json=json))
        return True

    def deletion(self, item_id: int | str) -> Deletion:
        """Return the effects of deleting an object, without deleting it.

        :param item_id: id of the object.
        :raises cratonclient.exceptions.NotFound: if the object does not exist, or the
            server is an original Craton server, which cannot tell.

        >>> craton.clouds.deletion(1).deletes
        {'regions': 2, 'hosts': 40}
        """
        url = self._item_url(item_id, True, {})
        response = self.session.get(f"{url}/deletion")
        body = body_of(response)
        deletes, blocked_by = body.get("deletes"), body.get("blocked_by")
        if not (isinstance(deletes, dict) and isinstance(blocked_by, list)):
            raise exceptions.UnexpectedResponse(
                f"The response from {response.url} does not show the effects of a deletion.",
                response=response,
            )
        return Deletion(deletes, blocked_by)

    def list(self, skip_merge: bool = False, **kwargs: t.Any) -> t.Iterator[R]:
        """Generate the objects of a kind. Each page is requested when it is consumed.

        The objects can be deleted while the list is read.

        :param skip_merge: do not send the arguments of the manager.
        :param kwargs: filters, such as ``region_id``, and: ``limit``, the number of
            objects in a page (10 to 100); ``marker``, the id of the object after which
            to begin; ``autopaginate=False``, to request one page only; ``max_items``, the
            number of objects after which a list counts as endless (1,000,000).
        :returns: a generator. It sends no request before its first value is consumed.
        :raises cratonclient.exceptions.BadRequest: if a parameter is unknown or not valid.

        >>> [host.name for host in craton.hosts.list(region_id=1)]
        ['my-host-0']
        """
        for item in pagination.objects(self._walk(skip_merge, kwargs)):
            yield self.resource_class(self, item, loaded=True)

    def pages(
        self, skip_merge: bool = False, *, ahead: bool = True, **kwargs: t.Any
    ) -> t.Iterator[collections.abc.Sequence[dict[str, t.Any]]]:
        """Generate the pages of a list, as the server sent them.

        For large fleets this is faster than :meth:`list`, because it creates no
        :class:`Resource` for each object.

        :param skip_merge: do not send the arguments of the manager.
        :param ahead: if a server cannot find the page after a deleted object, request it
            before this page is consumed. The objects of the page can then be deleted.
        :param kwargs: arguments of :meth:`list`, and ``short_is_last`` of
            :meth:`cratonclient.session.Session.paginate`.
        :returns: a generator of lists of objects, as dictionaries.
        :raises cratonclient.exceptions.BadRequest: if a parameter is unknown or not valid.

        >>> [len(page) for page in craton.hosts.pages(limit=100)]
        [100, 37, 0]
        """
        pages = self._walk(skip_merge, kwargs)
        for _response, items in pagination.ahead(pages) if ahead else pages:
            yield items

    def _walk(self, skip_merge: bool, kwargs: dict[str, t.Any]) -> t.Iterator[pagination.Page]:
        """Generate the pages of a list. Nothing is requested before the first page."""
        autopaginate = kwargs.pop("autopaginate", True)
        nested = kwargs.pop("nested", self.nested)
        # Pass these on only if given: sessions of other programs may not accept them.
        names = ("short_is_last", "max_items")
        options = {name: kwargs.pop(name) for name in names if name in kwargs}
        self.merge_request_arguments(kwargs, skip_merge)
        url = self.build_url(kwargs)

        def fetch(query: dict[str, t.Any], autopaginate: bool) -> t.Iterator[pagination.Page]:
            return self.session.paginate(
                url,
                autopaginate=autopaginate,
                items_key=self.items_key(),
                nested=nested,
                params=query,
                **options,
            )

        yield from sorting.walk(
            fetch,
            self._query(kwargs),
            self.resource_class.fields(),
            autopaginate=autopaginate,
            nested=nested,
        )

    def _item_url(
        self, item_id: int | str | None, skip_merge: bool, kwargs: dict[str, t.Any]
    ) -> str:
        """Return the URL of one object, and remove the id and ``base_path`` from ``kwargs``.

        :raises cratonclient.exceptions.CommandError: if the id is None.
        :raises cratonclient.exceptions.NotFound: if the id is not spelled as it is printed.
        """
        self.merge_request_arguments(kwargs, skip_merge)
        if item_id is not None:
            kwargs.setdefault(f"{self.key}_id", item_id)
        if self.many and kwargs.get(f"{self.key}_id") is None:
            raise exceptions.CommandError(
                f"{self.key}_id is required, and it must not be None."
            )
        given = kwargs.get(f"{self.key}_id")
        resource: t.Any = getattr(self, "resource_class", None)
        id_type = getattr(getattr(resource, "id", None), "type", int)
        if self.many and not ids.may_be_sent(given, id_type):
            raise self._not_an_id(given)
        return self.build_url(kwargs)

    def _check_formats(self, values: t.Mapping[str, t.Any]) -> None:
        """Refuse invalid addresses before they are sent.

        The original server stores them, and then fails to list them.

        :raises cratonclient.exceptions.BadRequest: naming each field and its value.
        """
        resource = getattr(self, "resource_class", None)
        fields = resource.fields() if resource is not None else {}
        found = formats.problems(fields, values) or formats.conflicts(fields, values, values)
        if found:
            raise exceptions.BadRequest("; ".join(found))

    def _object_from(self, response: t.Any) -> R:
        """Return the object in the body of a response."""
        body = body_of(response)
        if self.many and "id" not in body:
            raise exceptions.UnexpectedResponse(
                f"The response from {response.url} is not a {self.key.replace('_', ' ')}: it "
                "has no id. Check that the URL belongs to a Craton server.",
                response=response,
            )
        return self.resource_class(self, body, loaded=True)

    def _query(self, kwargs: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return query parameters with the names of the API.

        Python cannot pass ``resolved-values`` as a keyword, so programs write
        ``resolved_values``.

        :raises cratonclient.exceptions.BadRequest: if an id is not spelled as it is
            printed. Some servers would take it for the id of another object.
        """
        resource: t.Any = getattr(self, "resource_class", None)
        fields = resource.fields() if hasattr(resource, "fields") else {}
        for name, value in kwargs.items():
            field = fields.get("id" if name == "marker" else name)
            if field is None or not (name in ("id", "marker") or isinstance(field, Ref)):
                continue
            if isinstance(value, str) and not ids.may_be_sent(value, field.type):
                raise exceptions.BadRequest(
                    f"{name}: {shown(value)} is not an id. An id must be spelled "
                    "as it is printed."
                )
        return {
            "resolved-values" if name == "resolved_values" else name: value
            for name, value in kwargs.items()
        }
