# SPDX-License-Identifier: Apache-2.0
"""Filter lists by a name or an id as other filters do, also on a server of 2017.

For clouds and regions, that server has a short cut for the filters ``name`` and ``id``. It
ignores all other filters, and answers 404 if there is no such object, and 500 if several
objects have the name.
"""

from __future__ import annotations

import itertools
import typing as t

from cratonclient import exceptions
from cratonclient.fields import Field, Ref
from cratonclient.lists.pagination import Page

Query = dict[str, t.Any]

#: The message of a server of 2017 about an object. The one about an unknown path is another.
_NO_OBJECT = "Not Found"


def walk(
    fetch: t.Callable[[Query], t.Iterator[Page]],
    query: Query,
    fields: t.Mapping[str, Field[t.Any]],
    name_field: str,
) -> t.Iterator[Page]:
    """Generate the pages of a list, with all filters applied.

    :param fetch: function that requests the pages for query parameters.
    :param query: query parameters.
    :param fields: fields of the kind.
    :param name_field: field that the parameter ``name`` filters by.
    :raises cratonclient.exceptions.NotFound: if the server has no such list.
    """
    if not {"id", "name"} & query.keys():
        yield from fetch(query)
        return
    where = {n: v for n, v in query.items() if n == "id" or isinstance(fields.get(n), Ref)}
    try:
        pages = _started(fetch(query))
    except exceptions.NotFound as error:
        if error.message != _NO_OBJECT:
            raise
        return
    except exceptions.InternalServerError:
        if "name" not in query:
            raise
        where[name_field] = query["name"]
        pages = fetch({n: v for n, v in query.items() if n != "name"})
    for page in pages:
        yield page.with_items([item for item in page.items if _matches(item, where)])


def _started(pages: t.Iterator[Page]) -> t.Iterator[Page]:
    """Fetch the first page, so that its errors are raised here, and return all pages."""
    first = list(itertools.islice(pages, 1))
    return itertools.chain(first, pages)


def _matches(item: t.Mapping[str, t.Any], where: t.Mapping[str, t.Any]) -> bool:
    """Return True if an object has some values. A missing field counts as a match."""
    return all(str(item.get(name, value)) == str(value) for name, value in where.items())
