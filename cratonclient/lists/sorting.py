# SPDX-License-Identifier: Apache-2.0
"""Read sorted lists completely, also from a server that loses its place in them.

A server of 2017 finds the next page by the values of the last object. It skips objects with
the same values, unless the id is a sort key, and it repeats or skips objects if one of the
values is null. So the id is always the last sort key here, and lists that are longer than a
page are sorted in the client if a sort key may be null. The next link shows if a server needs
that; it takes no request.
"""

from __future__ import annotations

import itertools
import re
import typing as t
import unicodedata

from cratonclient import exceptions
from cratonclient.fields import Field
from cratonclient.lists import pagination
from cratonclient.lists.pagination import Page

#: The maximum number of objects that are sorted in the client.
MAX_OBJECTS = 100_000
#: The maximum number of objects on a page of the API.
_PAGE_SIZE = 100

Fields = t.Mapping[str, Field[t.Any]]
Query = dict[str, t.Any]
#: Requests the pages of a list, with query parameters; the second argument is
#: ``autopaginate``.
Fetch = t.Callable[[Query, bool], t.Iterator[Page]]


class Order(t.NamedTuple):
    """The order of a list.

    :param keys: names of the fields to sort by. The last one is the id.
    :param descending: sort from high to low.
    :param fields: fields of the kind.
    :param folds: texts that differ only in case or accents are equal, as in the database of
        an original server.
    """

    keys: tuple[str, ...]
    descending: bool
    fields: Fields
    folds: bool = False

    @property
    def nullable(self) -> tuple[str, ...]:
        """The sort keys that may be null."""
        return tuple(key for key in self.keys if key in self.fields and self.fields[key].null)

    def sorted(self, items: t.Iterable[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        """Sort objects. Null comes last, or first when descending."""
        return sorted(items, key=self._values, reverse=self.descending)

    def is_after(self, item: t.Mapping[str, t.Any], other: t.Mapping[str, t.Any]) -> bool:
        """Return True if an object comes after another one."""
        one, two = self._values(item), self._values(other)
        return one < two if self.descending else one > two

    def _values(self, item: t.Mapping[str, t.Any]) -> list[tuple[bool, t.Any]]:
        return [(item.get(key) is None, self._value(key, item.get(key))) for key in self.keys]

    def _value(self, key: str, value: t.Any) -> t.Any:
        """Return a value for comparisons. Some integers are strings in responses."""
        field = self.fields.get(key)
        if value is None or isinstance(value, int):
            return value or 0
        text = _folded(str(value)) if self.folds else str(value)
        if field is None or field.type is not int:
            return text
        return int(text) if text.isascii() and text.isdigit() else 0


def _folded(text: str) -> str:
    """Return a text without differences in case, accents and blanks at its end.

    >>> _folded('Zürich ')
    'zurich'
    """
    decomposed = unicodedata.normalize("NFKD", text.rstrip(" "))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def walk(
    fetch: Fetch, query: Query, fields: Fields, *, autopaginate: bool, nested: bool
) -> t.Iterator[Page]:
    """Generate the pages of a list, so that no object is missing or occurs twice.

    :param fetch: function that requests the pages.
    :param query: query parameters.
    :param fields: fields of the kind.
    :param autopaginate: generate all pages, not only the first one.
    :param nested: each page has one list of objects for each kind, one after the other;
        their common order is lost, and restored here.
    """
    order = order_of(query, fields)
    if order is None or not (nested or query.get("sort_keys")):
        yield from fetch(query, autopaginate)
        return
    if query.get("sort_keys"):
        query = {**query, "sort_keys": ",".join(order.keys)}
    # The order of the objects within a page is known only if all sort keys are.
    mixed = nested and set(order.keys) <= set(fields)
    pages = fetch(query, autopaginate)
    first = next(pages, None)
    if first is None:
        return
    if order.nullable and not pagination.keeps_place(first):
        if query.get("marker") is not None or not pagination.is_whole(first):
            yield from _sorted_here(fetch, query, order, autopaginate)
            return
        # The server may repeat this page as the next one, so do not request that.
        yield Page(first.response, order.sorted(first.items))
        return
    # In another order than the server's, the last object is not the marker of the next page.
    order = order._replace(folds=mixed and pagination.loses_place(first))
    for page in itertools.chain([first], pages):
        yield page.with_items(order.sorted(page.items)) if mixed else page


def order_of(query: Query, fields: Fields) -> Order | None:
    """Return the order of a list, or ``None`` if the server must refuse the sort keys.

    :param query: query parameters.
    :param fields: fields of the kind.
    """
    text = query.get("sort_keys") or "created_at"
    if not isinstance(text, str) or not re.fullmatch(r"\w+(?:[, ]\w+)*", text, re.ASCII):
        return None
    keys = dict.fromkeys([*re.split("[, ]", text), "id"])
    return Order(tuple(keys), query.get("sort_dir") == "desc", fields)


def _sorted_here(
    fetch: Fetch, query: Query, order: Order, autopaginate: bool
) -> t.Iterator[Page]:
    """Generate the pages of a list that the server does not sort.

    :raises cratonclient.exceptions.CommandError: if the list is too long, or does not
        contain the marker.
    """
    items: list[dict[str, t.Any]] = []
    unsorted = {n: v for n, v in query.items() if n not in ("sort_keys", "sort_dir", "marker")}
    for page in fetch({**unsorted, "limit": _PAGE_SIZE}, True):
        items += page.items
        response = page.response
        if len(items) > MAX_OBJECTS:
            raise exceptions.CommandError(
                f"This server loses objects if a list is sorted by {order.nullable[0]!r}, "
                "which may be null, and the list is too long to sort here: it has more than "
                f"{MAX_OBJECTS} objects. Use filters, or sort by a field that is never null."
            )
    items = order.sorted(items)
    marker = query.get("marker")
    if marker is not None:
        items = items[_position(items, str(marker)) + 1 :]
    size = int(query.get("limit") or _PAGE_SIZE)
    for start in range(0, len(items), size):
        yield Page(response, items[start : start + size])
        if not autopaginate:
            return


def _position(items: list[dict[str, t.Any]], marker: str) -> int:
    """Return the position of the marker.

    :raises cratonclient.exceptions.CommandError: if no object has that id.
    """
    for position, item in enumerate(items):
        if str(item.get("id")) == marker:
            return position
    raise exceptions.CommandError(
        f"The list does not contain the marker {marker!r}, so there is nothing after it. Use "
        "the id of an object in the list."
    )
