# SPDX-License-Identifier: Apache-2.0
"""The base class of managers, :class:`CRUDClient`: requests for the objects of one kind."""

from __future__ import annotations

import collections.abc
import contextlib
import typing as t

from cratonclient import exceptions, features, finding, ids, keywords, secrets
from cratonclient.http.response import (
    ROW_TAG,
    ROW_TAGS,
    body_of,
    check_deletion,
    checked_tag,
    entity_tag,
)
from cratonclient.lists import pagination, shortcuts, sorting
from cratonclient.printable import printable, shown
from cratonclient.resource import ALL_OPERATIONS, IfMatch, Operation, Parameters, Resource

if t.TYPE_CHECKING:
    from cratonclient import session as craton_session

__all__ = [
    "ALL_OPERATIONS",
    "CRUDClient",
    "Deletion",
    "Operation",
    "Outcome",
    "Parameters",
    "Resource",
]

R = t.TypeVar("R", bound=Resource)

#: The maximum number of objects on a page of the API.
MAX_PAGE_SIZE = 100


#: The methods of this library that do what methods of other libraries do.
_OTHER_LIBRARIES = {
    "all": "list()",
    "filter": "list(), with the filters as keywords",
    "save": "update()",
    "search": "list(vars=...)",
}


class Deletion(t.NamedTuple):
    """The effects of deleting an object.

    :param deletes: numbers of other objects that are deleted with it, by collection.
    :param blocked_by: some of the objects that prevent the deletion, as dictionaries with
        the keys ``collection``, ``id``, ``name``, and ``field``: the field that refers to
        the object or to something in it.
    """

    deletes: dict[str, int]
    blocked_by: list[dict[str, t.Any]]


class Outcome(t.NamedTuple):
    """The outcome of a test, such as that of a webhook.

    :param status: HTTP status of the response, ``None`` without one.
    :param error: why the test failed, ``None`` after a success.
    :param seconds: time until the response.
    """

    status: int | None
    error: str | None
    seconds: float


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
    #: For the manager of a part: class of the object that has the part, if it is known.
    owner_class: type[Resource] | None = None
    #: For the manager of a part: the object that has the part, if it is known.
    owner: Resource | None = None
    #: Class of the objects.
    resource_class: type[R]
    #: Feature of servers that have the collection; empty if original servers have it, too.
    feature = ""
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
        #: Returns a related object of an object, such as its region; a client sets it.
        self.related: t.Callable[[Resource, str], t.Any] | None = None
        #: Returns the names of the related objects of a class; a client sets it.
        self.reachable: t.Callable[[type[Resource]], t.Iterable[str]] | None = None
        #: The object that contains new objects, such as the region of ``region.hosts``.
        self.within: Resource | None = None
        resource = getattr(self, "resource_class", None)
        if resource is not None:
            secrets.declare(resource.secret_fields())

    def __repr__(self) -> str:
        url = secrets.mask(printable(self.url))
        return f"<{type(self).__name__} {url}{self.base_path or ''}>"

    if not t.TYPE_CHECKING:

        def __getattr__(self, name: str) -> t.Any:
            """Name the method of this library for a method of others."""
            hint = _OTHER_LIBRARIES.get(name)
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
                f"{f'. Call {hint}.' if hint else ''}"
            )

    @property
    def api_url(self) -> str:
        """The URL of the API, including its version."""
        if not self.part_name:
            return self.url
        above = self.owner.manager if self.owner is not None else None
        return self.url.rsplit("/", 2)[0] if above is None else t.cast("str", above.url)

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
        return exceptions.NotFound(
            f"{shown(item_id)} is not the id of a {self.noun}. An id must be spelled "
            "as it is printed. Use find(name=...) to get an object by its name."
        )

    def merge_request_arguments(
        self, request_kwargs: dict[str, t.Any], skip_merge: bool
    ) -> None:
        """Add the arguments of the manager to those of a request, in place.

        Arguments of the request have precedence.

        :param request_kwargs: arguments of the request.
        :param skip_merge: do nothing.
        :raises cratonclient.exceptions.CommandError: if this is not a boolean, but a value
            that should have been passed as a keyword, or for an object of another server.
        """
        if not isinstance(skip_merge, (int, type(None))):
            raise exceptions.CommandError(
                f"{shown(skip_merge)}: Pass fields and filters as keywords, such as name=... ."
            )
        self._check_server(request_kwargs.values())
        if skip_merge:
            return
        for name, value in self.extra_request_kwargs.items():
            given = {name, name.removesuffix("_id")} & request_kwargs.keys()
            if not given:  # region= is region_id=
                request_kwargs[name] = value
            elif self.within is not None:
                self._check_within(value, {one: request_kwargs[one] for one in given})

    def _check_server(self, values: t.Iterable[t.Any]) -> None:
        """Refuse an object of another server, which has other objects with the same ids.

        :raises cratonclient.exceptions.CommandError: if there is one.
        """
        for value in values:
            manager = value.manager if isinstance(value, Resource) else None
            url = getattr(manager, "url", None)
            if not (isinstance(url, str) and getattr(manager, "many", True)):
                continue  # not an object, but the variables of one
            if url != self.url:
                raise exceptions.CommandError(
                    f"{type(value).__name__} {shown(value.id)} was read from "
                    f"{secrets.mask_url(url)}, not from {secrets.mask_url(self.url)}. Pass its "
                    "id if it is the same object there."
                )

    def _check_within(self, item_id: t.Any, given: t.Mapping[str, t.Any]) -> None:
        """Refuse another object than the one whose objects this manager manages.

        :raises cratonclient.exceptions.BadRequest: if it is another one.
        """
        for name, value in given.items():
            if str(value.id if isinstance(value, Resource) else value) != str(item_id):
                raise exceptions.BadRequest(
                    f"{name}: This manager manages the {self.noun}s of "
                    f"{type(self.within).__name__} {item_id} only. Leave {name} out, or use "
                    f"the manager of the client."
                )

    def create(self, skip_merge: bool = False, **kwargs: t.Any) -> R:
        """Create an object.

        :param skip_merge: do not send the arguments of the manager.
        :param kwargs: fields of the object; :doc:`/user/kinds` lists them.
        :returns: the new object.
        :raises cratonclient.exceptions.BadRequest: if a field is not valid.
        :raises cratonclient.exceptions.Conflict: if the name is already in use.

        >>> craton.clouds.create(name='my-cloud-0').id
        1
        """
        self._check_operation("create")
        options = keywords.request_options(kwargs)
        self.merge_request_arguments(kwargs, skip_merge)
        url = self.build_url(kwargs)
        body = self._body(kwargs, "create")
        if self.within is not None and not skip_merge:
            keywords.add_references(self.resource_class, body, self.within)
        return self._object_from(self.session.post(url, json=body, **options))

    def get(
        self,
        item_id: int | str | Resource | None = None,
        skip_merge: bool = True,
        **kwargs: t.Any,
    ) -> R:
        """Return an object by its id.

        :param item_id: id of the object, or the object.
        :param skip_merge: do not send the arguments of the manager.
        :param kwargs: query parameters, such as ``resolved_values``.
        :returns: the object with its variables.
        :raises cratonclient.exceptions.CommandError: if the id is None.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.

        >>> craton.hosts.get(1).name
        'my-host-0'
        """
        self._check_operation("get")
        options = keywords.request_options(kwargs)
        url = self._item_url(item_id, skip_merge, kwargs)
        if kwargs:
            cls = getattr(self, "resource_class", None)
            options["params"] = keywords.item_query(cls, self.noun, kwargs)
        return self._object_from(self.session.get(url, **options))

    def update(
        self,
        item_id: int | str | Resource | None = None,
        skip_merge: bool = True,
        *,
        if_match: IfMatch = None,
        **kwargs: t.Any,
    ) -> R:
        """Update fields of an object. Other fields keep their values.

        :param item_id: id of the object, or the object.
        :param skip_merge: do not send the arguments of the manager.
        :param if_match: refuse the update if the object was changed since it had this entity
            tag. It can be the object with the tag, or True if ``item_id`` is an object.
        :param kwargs: fields to update, with their new values; see :doc:`/user/kinds`.
        :returns: the updated object, without its variables.
        :raises cratonclient.exceptions.CommandError: if the id is None.
        :raises cratonclient.exceptions.NotFound: if the object does not exist.
        :raises cratonclient.exceptions.BadRequest: if a field is not valid.
        :raises cratonclient.exceptions.Conflict: if the name is already in use.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.
        :raises cratonclient.exceptions.FeatureMissing: if the server cannot update a field,
            as an original server cannot move objects, or if ``if_match`` is given and it has no
            entity tags.

        >>> craton.hosts.update(1, note='in repair').note
        'in repair'
        """
        self._check_operation("update")
        options = keywords.request_options(kwargs)
        url = self._item_url(item_id, skip_merge, kwargs)
        body = self._body(kwargs, "update")
        self._check_features(body)
        with self._expecting(if_match, item_id, url) as condition:
            return self._object_from(self.session.put(url, json=body, **options, **condition))

    def delete(
        self,
        item_id: int | str | Resource | None = None,
        skip_merge: bool = True,
        json: t.Any = None,
        *,
        if_match: IfMatch = None,
        **kwargs: t.Any,
    ) -> bool:
        """Delete an object and everything in it, such as the regions of a cloud.

        :param item_id: id of the object, or the object.
        :param skip_merge: do not send the arguments of the manager.
        :param json: request body, for subclasses that need one.
        :param if_match: as for :meth:`update`. It does not cover the objects in the object.
        :param kwargs: query parameters.
        :returns: True, also if the object does not exist.
        :raises cratonclient.exceptions.CommandError: if the id is None.
        :raises cratonclient.exceptions.Conflict: if other objects depend on it.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.

        >>> craton.hosts.delete(1)
        True
        """
        self._check_operation("delete")
        options = keywords.request_options(kwargs)
        url = self._item_url(item_id, skip_merge, kwargs)
        cls = getattr(self, "resource_class", None)
        query = keywords.item_query(cls, self.noun, kwargs, known=())
        with self._expecting(if_match, item_id, url) as condition:
            response = self.session.delete(url, params=query, json=json, **options, **condition)
            check_deletion(response)
        self._adopt(if_match, entity_tag(response))
        return True

    def deletion(self, item_id: int | str | Resource) -> Deletion:
        """Return the effects of deleting an object, without deleting it.

        :param item_id: id of the object, or the object.
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
        :param kwargs: filters, such as ``region_id`` (see :doc:`/user/kinds`), and:
            ``limit``, the number of objects in a page (10 to 100); ``marker``, the id of the
            object after which to begin; ``autopaginate=False``, to request one page only;
            ``max_items``, the number of objects after which a list counts as endless
            (1,000,000); ``workers``, the number of threads that read the list, which is
            faster if the server has several processes; ``entity_tags=True``, to request the
            entity tags of the objects, which a server without such tags ignores. The filter
            ``vars`` takes a mapping as :func:`cratonclient.conditions.text_of` does; ``where``
            takes comparisons, such as ``['vars.os.kernel<5.10', 'name~^web']``, as
            :func:`cratonclient.comparisons.all_of` does.
        :returns: a generator. It sends no request before its first value is consumed.
        :raises cratonclient.exceptions.BadRequest: if a parameter is unknown or not valid.

        >>> [host.name for host in craton.hosts.list(region_id=1)]
        ['my-host-0']
        """
        is_tagged = kwargs.get("entity_tags", False)
        for item in pagination.objects(self._walk(skip_merge, kwargs)):
            tag = item.pop(ROW_TAG, None) if is_tagged else None
            found = self._listed(item)
            if tag is not None:
                found._tag = checked_tag(tag)
            yield found

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

    def find(self, **fields: t.Any) -> R | None:
        """Return the object with some values, or ``None`` if there is no such object.

        Fields that lists can be filtered by are sent to the server. For others, the client
        reads the list and compares them.

        :param fields: values of fields, and options of :meth:`list`, such as ``details``.
        :raises cratonclient.exceptions.Ambiguous: if several objects have the values.
        :raises cratonclient.exceptions.BadRequest: if a name is unknown.
        :raises cratonclient.exceptions.CommandError: without any value.

        >>> craton.hosts.find(name='web-1', region=region).id
        1
        """
        self._check_operation("list")
        return t.cast("R | None", finding.find(self, fields))

    def get_or_create(
        self, defaults: t.Mapping[str, t.Any] | None = None, **fields: t.Any
    ) -> tuple[R, bool]:
        """Return the object with some values. Create it if it does not exist.

        :param defaults: more values for the new object.
        :param fields: as for :meth:`find`; also values of the new object.
        :returns: the object, and whether it was created.
        :raises cratonclient.exceptions.HTTPError: if the server refuses.

        >>> craton.regions.get_or_create(name='east', cloud=cloud)
        (<Region cloud_id=1, …>, True)
        """
        return finding.get_or_create(self, defaults, fields)

    def update_or_create(
        self, defaults: t.Mapping[str, t.Any] | None = None, **fields: t.Any
    ) -> tuple[R, bool]:
        """Update the object with some values. Create it if it does not exist.

        Only values that differ are sent. Variables are set and labels are added; others
        stay.

        :param defaults: the other values of the object.
        :param fields: as for :meth:`find`; also values of a new object.
        :returns: the object, and whether it was created.
        :raises cratonclient.exceptions.HTTPError: if the server refuses.

        >>> craton.regions.update_or_create({'note': 'new'}, name='east', cloud=cloud)
        (<Region cloud_id=1, …>, False)
        """
        return finding.update_or_create(self, defaults, fields)

    def count(self, **filters: t.Any) -> int:
        """Return the number of objects in a list. This reads the whole list.

        :param filters: as for :meth:`list`.
        :raises cratonclient.exceptions.BadRequest: if a filter is unknown or not valid.

        >>> craton.hosts.count(region=region)
        40
        """
        return sum(map(len, self.pages(ahead=False, short_is_last=True, **filters)))

    def _walk(self, skip_merge: bool, kwargs: dict[str, t.Any]) -> t.Iterator[pagination.Page]:
        """Generate the pages of a list. Nothing is requested before the first page."""
        self.check_collection()
        autopaginate = kwargs.pop("autopaginate", True)
        nested, workers = kwargs.pop("nested", self.nested), kwargs.pop("workers", 1)
        # Pass these on only if given: sessions of other programs may not accept them.
        names = ("short_is_last", "max_items")
        options = {name: kwargs.pop(name) for name in names if name in kwargs}
        options.update(keywords.request_options(kwargs))
        if kwargs.pop("entity_tags", False):
            options["headers"] = {ROW_TAGS: "true"}
        self.merge_request_arguments(kwargs, skip_merge)
        url = self.build_url(kwargs)
        fields = self.resource_class.fields()

        def fetch(query: dict[str, t.Any], autopaginate: bool) -> t.Iterator[pagination.Page]:
            pages = self.session.paginate(
                url,
                autopaginate=autopaginate,
                items_key=self.items_key(),
                nested=nested,
                params=query,
                **options,
            )
            return map(pagination.as_page, pages)

        def walk(query: dict[str, t.Any]) -> t.Iterator[pagination.Page]:
            return sorting.walk(fetch, query, fields, autopaginate=autopaginate, nested=nested)

        query = keywords.query(self.resource_class, self.noun, kwargs)
        query = self._known_to_server(query)
        if autopaginate:
            query.setdefault("limit", MAX_PAGE_SIZE)
        if autopaginate and workers != 1:
            from cratonclient.lists import parallel

            yield from parallel.walk(walk, query, fields, workers)
            return
        yield from shortcuts.walk(walk, query, fields, self.resource_class.NAME_ATTR)

    def _known_to_server(self, query: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the query of a list, without comparisons if the server has none.

        :raises cratonclient.exceptions.FeatureMissing: if it needs comparisons.
        """
        if "where" not in query or "comparisons" in features.of(self.session, self.url):
            return query
        found = keywords.without_comparisons(query)
        if found is None:
            features.require(self.session, self.url, "comparisons")
        return query if found is None else found

    def check_collection(self) -> None:
        """Refuse a method that needs a list of objects, for a part such as variables.

        :raises cratonclient.exceptions.CommandError: if this is the manager of a part.
        """
        self._check_operation("list")
        if self.part_name:
            raise exceptions.CommandError(
                f"The {self.part_name} of an object are no list of objects. Call get()."
            )

    def _listed(self, item: dict[str, t.Any]) -> R:
        """Return an object of a list."""
        return self.resource_class(self, item, loaded=True)

    @property
    def noun(self) -> str:
        """The singular of the kind in text, such as ``network device``."""
        return self.key.replace("_", " ")

    def _check_operation(self, operation: Operation) -> None:
        """Refuse an operation that the API does not have for this kind, as a server does.

        :raises cratonclient.exceptions.MethodNotAllowed: naming the operations that it has.
        :raises cratonclient.exceptions.NotFound: likewise, if single objects have no path.
        """
        resource = getattr(self, "resource_class", None)
        if not keywords.is_kind(resource) or operation in resource.operations:
            return
        has_path = operation == "create" or "get" in resource.operations
        error = exceptions.MethodNotAllowed if has_path else exceptions.NotFound
        known = ", ".join(f"{name}()" for name in resource.operations)
        raise error(f"The API has no {operation}() for {self.noun}s, only {known}.")

    def _item_url(
        self, item_id: int | str | Resource | None, skip_merge: bool, kwargs: dict[str, t.Any]
    ) -> str:
        """Return the URL of one object, and remove the id and ``base_path`` from ``kwargs``.

        :raises cratonclient.exceptions.CommandError: if the id is None.
        :raises cratonclient.exceptions.NotFound: if the id is not spelled as it is printed.
        """
        self.merge_request_arguments(kwargs, skip_merge)
        self._check_server([item_id])
        name, resource = f"{self.key}_id", getattr(self, "resource_class", None)
        given = keywords.item_id(resource, self.noun, kwargs.get(name))
        if item_id is not None:
            positional = keywords.item_id(resource, self.noun, item_id)
            if given is not None and str(given) != str(positional):
                raise exceptions.CommandError(
                    f"The {self.noun} is given twice: {shown(positional)}, and {name}="
                    f"{shown(given)}. Pass one of them."
                )
            given = kwargs[name] = positional
        if self.many and given is None:
            hint = "" if resource is None else " Use find() to get an object by its fields."
            raise exceptions.CommandError(f"{name} is required, and it must not be None.{hint}")
        if not self.many and given is not None:
            raise exceptions.CommandError(
                f"{shown(given)}: get() returns all {self.part_name}. Write get()[...] for one."
            )
        if name in kwargs:
            kwargs[name] = given
        id_type = getattr(getattr(resource, "id", None), "type", int)
        if self.many and not ids.may_be_sent(given, id_type):
            raise self._not_an_id(given)
        return self.build_url(kwargs)

    def _body(
        self, kwargs: t.Mapping[str, t.Any], operation: keywords.Writing
    ) -> dict[str, t.Any]:
        """Return the body of a request that writes an object.

        :raises cratonclient.exceptions.BadRequest: if a field is not valid.
        """
        resource: t.Any = getattr(self, "resource_class", None)
        return keywords.checked_body(resource, self.noun, kwargs, operation)

    def _check_features(self, body: t.Iterable[str]) -> None:
        """Ask whether the server can update fields that not every server updates.

        :param body: names of the fields.
        :raises cratonclient.exceptions.FeatureMissing: if it cannot.
        """
        resource: t.Any = getattr(self, "resource_class", None)
        fields = resource.fields() if keywords.is_kind(resource) else {}
        needed = {fields[name].feature for name in body if name in fields} - {""}
        if needed:
            for name in sorted(needed):
                features.require(self.session, self.url, name)

    def _object_from(self, response: t.Any) -> R:
        """Return the object in the body of a response."""
        body = body_of(response)
        if self.many and "id" not in body:
            raise exceptions.UnexpectedResponse(
                f"The response from {response.url} is not a {self.noun}: it has no id. "
                " Check that the URL belongs to a Craton server.",
                response=response,
            )
        found = self.resource_class(self, body, loaded=True)
        found._tag = entity_tag(response)
        return found

    def _expecting(
        self, if_match: IfMatch, item: t.Any = None, url: str = ""
    ) -> contextlib.AbstractContextManager[dict[str, t.Any]]:
        """Return a block with the arguments of a request that changes an object.

        :param if_match: the state that the request builds on.
        :param item: the object, if it was given.
        :param url: URL of the object.
        """

        if if_match is None or if_match is False:
            return contextlib.nullcontext({})
        from cratonclient import entity_tags

        if self.part_name:  # the tag is that of the object
            item, url = self.owner, self.url
        return entity_tags.expecting(self, if_match, item, url, lambda: self._present(url))

    def _present(self, url: str) -> t.Any:
        """Return the present state of an object, of which a request expected another one."""
        return self._object_from(self.session.get(url))

    def _adopt(self, if_match: IfMatch, tag: str | None) -> None:
        """Set the tag of the object of a part, if it was in the state that was expected."""
        owner = self.owner
        if owner is not None and tag is not None and (if_match is True or if_match is owner):
            owner._tag = tag

    def _is_current(self, item: Resource) -> bool:
        """Return True if an object on the server is in the state that was read."""
        from cratonclient import entity_tags

        features.require(self.session, self.api_url, "entity_tags")
        url = self.url if self.part_name else self._item_url(item, True, {})
        owner = self.owner_class if self.part_name else self.resource_class
        params = {"resolved-values": False} if owner is not None and owner.inherits else {}
        tag = entity_tags.own_part(entity_tags.tag_of(item))
        try:
            sent = self.session.head(url, params=params, headers={"If-None-Match": tag})
        except exceptions.HTTPRedirection as exc:
            if exc.status_code != 304:
                raise
            return True
        # The tag of some objects also has a digest of what the server notes about them.
        present = entity_tag(sent)
        return present is not None and entity_tags.own_part(present) == tag
