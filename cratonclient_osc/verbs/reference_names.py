# SPDX-License-Identifier: Apache-2.0
"""Names of the objects that a page of a list refers to, without a request for each row."""

from __future__ import annotations

import collections.abc
import typing as t

from cratonclient import exceptions, v1

#: The maximum number of objects on a page of the API.
_PAGE_SIZE = 100


class ReferenceNames:
    """Names of the objects of one kind. Each name is fetched at most once.

    The API has no request for several ids. So this class reads the list of the objects, but
    no more pages of it than the number of names that are missing: beyond that, requests for
    single objects are cheaper.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param collection: collection of the objects, such as ``'regions'``.
    """

    def __init__(self, client: t.Any, collection: str) -> None:
        manager = getattr(client, collection)
        self._name_attr = manager.resource_class.NAME_ATTR
        self._managers = [
            getattr(client, kind.collection)
            for kind in v1.kinds()
            if kind.can("get")
            and (kind.collection == collection or kind.extends(v1.kind(collection)))
        ]
        self._pages: t.Iterator[collections.abc.Sequence[dict[str, t.Any]]] = manager.pages(
            ahead=False, short_is_last=True, limit=_PAGE_SIZE
        )
        self._names: dict[t.Any, str | None] = {None: None}

    def of(self, ids: t.Iterable[t.Any]) -> t.Mapping[t.Any, str | None]:
        """Return names by id; ``None`` for an object that the user may not read.

        :param ids: ids of the objects; ``None`` has no name.
        """
        missing = {*ids} - self._names.keys()
        for _ in range(len(missing)):
            if not missing:
                break
            missing -= self._read_page()
        for item_id in missing:
            self._names[item_id] = self._fetch(item_id)
        return self._names

    def _read_page(self) -> set[t.Any]:
        """Read the next page of the list, and return the ids on it."""
        try:
            page = next(self._pages, ())
        except (exceptions.Forbidden, exceptions.NotFound):
            return set()  # the user may read single objects at most
        self._names |= {info["id"]: info.get(self._name_attr) for info in page}
        return {info["id"] for info in page}

    def _fetch(self, item_id: t.Any) -> str | None:
        """Return the name of one object."""
        for manager in self._managers:
            try:
                return t.cast("str", getattr(manager.get(item_id), self._name_attr))
            except (exceptions.Forbidden, exceptions.NotFound):
                continue
        return None
