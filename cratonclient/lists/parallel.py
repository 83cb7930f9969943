# SPDX-License-Identifier: Apache-2.0
"""Read a long list in several threads, in the order of the list.

Some objects divide the list into parts, which threads read at the same time. Within a part,
the order is that of the server, and the parts are in order, so the objects are the same ones
in the same order as without threads. No object is lost or repeated while others write: a part
begins and ends at values that never change, and not at objects, which can be deleted.

This needs a server that finds its place in a list by values, and a list that is sorted by
time of creation or by id. Other lists are read one page after the other.
"""

from __future__ import annotations

import collections
import functools
import itertools
import json
import typing as t
from concurrent import futures

from cratonclient.fields import Field
from cratonclient.http import arguments
from cratonclient.lists import pagination
from cratonclient.lists.pagination import Page
from cratonclient.lists.sorting import Fields, Order, Query, order_of

#: Sort keys whose values never change.
_FIXED = frozenset({"created_at", "id"})
#: The number of parts for each thread: with more parts, the threads end at the same time.
_PARTS = 8
#: The minimum number of objects on a page of the API.
_SMALLEST = 10
#: A list with fewer ids for each part is read in fewer parts.
_IDS_IN_PART = 500

Fetch = t.Callable[[Query], t.Iterator[Page]]
Row = dict[str, t.Any]


def walk(fetch: Fetch, query: Query, fields: Fields, workers: int) -> t.Iterator[Page]:
    """Generate the pages of a list.

    :param fetch: function that requests the pages for query parameters.
    :param query: query parameters.
    :param fields: fields of the kind.
    :param workers: number of threads. A server limits how many requests it processes.
    :raises cratonclient.exceptions.CommandError: if ``workers`` is not a positive number.
    """
    arguments.check_count("workers", workers)
    order = order_of(query, fields)
    if order is None or not _is_divisible(order, query, fields["id"]):
        yield from fetch(query)
        return
    with futures.ThreadPoolExecutor(workers) as pool:
        bounds = _bounds(fetch, query, order, pool, workers * _PARTS)
        parts = zip([None, *bounds], [*bounds, None], strict=True)
        read = [functools.partial(_read, fetch, query, order, *part) for part in parts]
        yield from _in_order(pool, read, 2 * workers)


def _is_divisible(order: Order, query: Query, id_field: Field[t.Any]) -> bool:
    """Return True if the place of an object in a list never changes, and ids are numbers."""
    return set(order.keys) <= _FIXED and id_field.type is int and "marker" not in query


def _bounds(
    fetch: Fetch, query: Query, order: Order, pool: futures.Executor, parts: int
) -> list[Row]:
    """Return the objects that divide a list, in the order of the list.

    :param parts: the number of parts, if the list is long enough.
    """
    others = {n: v for n, v in query.items() if n not in ("sort_keys", "sort_dir", "details")}
    by_id = {**others, "sort_keys": "id", "limit": _SMALLEST}
    first = next(fetch(by_id), None)
    if first is None or len(first.items) < _SMALLEST or not pagination.keeps_place(first):
        return []
    lowest = first.items[0]["id"]
    highest = next(fetch({**by_id, "sort_dir": "desc"})).items[0]["id"]
    step = max((highest - lowest) // parts, _IDS_IN_PART)

    def after(item_id: int) -> list[Row]:
        page = next(fetch({**by_id, "marker": item_id, "marker_values": "[]"}), None)
        return [] if page is None else page.items[:1]

    found = itertools.chain(*pool.map(after, range(lowest + step, highest, step)))
    return order.sorted({row["id"]: row for row in found}.values())


def _read(
    fetch: Fetch, query: Query, order: Order, start: Row | None, end: Row | None
) -> list[Page]:
    """Return the pages of the part of a list after ``start``, up to ``end``."""
    if start is not None:
        values = json.dumps([start[key] for key in order.keys if key != "id"])
        query = {**query, "marker": start["id"], "marker_values": values}
    pages = []
    for page in fetch(query):
        inside = [row for row in page.items if end is None or not order.is_after(row, end)]
        pages.append(page.with_items(inside))
        if len(inside) < len(page.items):
            break
    return pages


def _in_order(
    pool: futures.Executor, calls: t.Iterable[t.Callable[[], list[Page]]], ahead: int
) -> t.Iterator[Page]:
    """Generate the pages that functions return, in the order of the functions.

    :param ahead: number of functions that are called before their pages are needed.
    """
    remaining = iter(calls)
    waiting = collections.deque(map(pool.submit, itertools.islice(remaining, ahead)))
    try:
        while waiting:
            pages = waiting.popleft().result()
            waiting.extend(map(pool.submit, itertools.islice(remaining, 1)))
            yield from pages
    finally:
        for future in waiting:
            future.cancel()
