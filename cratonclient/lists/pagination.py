# SPDX-License-Identifier: Apache-2.0
"""Read a list page by page: follow the links of a server, and stop if they do not end.

The URL that the program configured decides where requests go. Of a link, only the
parameters are used: a server behind a proxy does not know its own URL.
"""

from __future__ import annotations

import collections.abc
import typing as t
from urllib import parse

from cratonclient import exceptions
from cratonclient.http.response import body_of
from cratonclient.printable import printable

if t.TYPE_CHECKING:
    import requests

#: The maximum number of objects in a list, of pages in succession that have fewer objects
#: than their limit, and of characters in a link. A list beyond them does not end.
MAX_OBJECTS, MAX_SHORT_PAGES, MAX_LINK_LENGTH = 1_000_000, 100, 65_536

#: The parameter of a link with the values that the rows are sorted by. With it, the next
#: page can be found even if the last object of this page was deleted.
MARKER_VALUES = "marker_values"

#: The number of objects of a page that replace a deleted marker, the last ones first.
_OTHER_MARKERS = 3

Get = t.Callable[..., "requests.Response"]
T = t.TypeVar("T")


class _Fields(t.NamedTuple):
    response: requests.Response
    items: list[t.Any]


class Page(_Fields):
    """One page of a list: the response and the objects in it.

    :param response: response of the server.
    :param items: objects of the page, as dictionaries.
    """

    #: The id of the object that must exist when the next page is requested, or ``None``.
    marker: str | None = None

    def with_items(self, items: list[t.Any]) -> Page:
        """Return the page with other objects, such as the sorted ones."""
        page = Page(self.response, items)
        page.marker = self.marker
        return page


def as_page(page: tuple[t.Any, list[t.Any]]) -> Page:
    """Return a page of another session, which may be a plain tuple, as a :class:`Page`."""
    return page if isinstance(page, Page) else Page(*page)


def walk(
    get: Get,
    url: str,
    items_key: str,
    *,
    autopaginate: bool,
    nested: bool,
    short_is_last: bool,
    max_items: int,
    **kwargs: t.Any,
) -> t.Iterator[Page]:
    """Generate the pages of a list; see :meth:`cratonclient.session.Session.paginate`.

    :param get: function that sends a GET request and returns the response.
    """
    bounds = _Bounds(url, max_items)
    response, handed_out = get(url, **kwargs), frozenset[t.Any]()
    # A path is relative to the catalog; then only the response has the whole URL.
    base = url if parse.urlsplit(url).netloc else response.url
    while True:
        body = body_of(response)
        received = _items(response, body, items_key, nested)
        link = _next_link(body) if autopaginate and received else None
        bounds.check_page(response.url, received, _limit(link or ""))
        page = Page(response, _without(received, handed_out))
        page.marker = _marker(link) if link else None
        yield page
        if link is None or (short_is_last and len(received) < _limit(link)):
            return
        link = _resolve(base, link)
        bounds.check_link(link)
        response, handed_out = _follow(get, link, page)


def ahead(pages: t.Iterator[Page]) -> t.Iterator[Page]:
    """Generate pages. Fetch the page after a page before its objects can be deleted.

    The next page is fetched early only if its link depends on an object of this page.

    :param pages: pages of :func:`walk`.
    """
    page = next(pages, None)
    while page is not None:
        following = _fetch(pages) if _position(page) < len(page.items) else None
        yield page
        page = following() if following else next(pages, None)


def objects(pages: t.Iterator[Page]) -> t.Iterator[t.Any]:
    """Generate the objects of pages. Objects that were generated can be deleted.

    The next page is fetched before the object that its link depends on is generated.

    :param pages: pages of :func:`walk`.
    """
    page = next(pages, None)
    while page is not None:
        items, position = page.items, _position(page)
        yield from items[:position]
        following = _fetch(pages) if position < len(items) else None
        yield from items[position:]
        page = following() if following else next(pages, None)


def keeps_place(page: Page) -> bool:
    """Return True if the server finds the next page whatever the values of the sort keys.

    :param page: page of :func:`walk`.
    """
    link = _next_link(body_of(page.response))
    return link is not None and _parameter(link, MARKER_VALUES) is not None


def loses_place(page: Page) -> bool:
    """Return True if the server finds the next page only by the values of the sort keys.

    An original server does. Of another one, the last page does not show whether it does.

    :param page: page of :func:`walk`.
    """
    link = _next_link(body_of(page.response))
    return link is not None and _parameter(link, MARKER_VALUES) is None


def is_whole(page: Page) -> bool:
    """Return True if a page is the only one of its list.

    :param page: first page of :func:`walk`.
    """
    link = _next_link(body_of(page.response))
    return link is None or len(page.items) < _limit(link)


def _fetch(pages: t.Iterator[Page]) -> t.Callable[[], Page | None]:
    """Fetch a page now, and return a function that returns it or raises the error."""
    try:
        page = next(pages, None)
    except exceptions.ClientException as exc:
        error = exc

        def fail() -> Page | None:
            raise error

        return fail
    return lambda: page


def _position(page: Page) -> int:
    """Return the position of the object that the link to the next page depends on.

    :returns: the number of objects in the page, if the link depends on none.
    """
    items = page.items
    if page.marker is None:
        return len(items)
    found = (n for n, item in enumerate(items) if str(item.get("id")) == page.marker)
    return next(found, len(items))


def _follow(get: Get, link: str, page: Page) -> tuple[requests.Response, frozenset[t.Any]]:
    """Request the next page, even if the object that the link depends on was deleted.

    In that case the page is requested again, or another object of it is the marker.

    :returns: the response, and the ids in it that belong to the page before.
    """
    try:
        return get(link), frozenset()
    except exceptions.BadRequest as exc:
        if page.marker is None or "does not exist" not in (exc.server_message or ""):
            raise
        handed_out = frozenset(item["id"] for item in page.items if "id" in item)
        for other in _other_links(link, page):
            try:
                return get(other), handed_out
            except exceptions.BadRequest:
                continue
        raise


def _without(items: list[t.Any], handed_out: frozenset[t.Any]) -> list[t.Any]:
    """Return the objects of a page, except those that the page before had."""
    if not handed_out:
        return items
    return [item for item in items if item.get("id") not in handed_out]


def _other_links(link: str, page: Page) -> t.Iterator[str]:
    """Generate the URLs of pages that contain the rows after a deleted marker."""
    yield page.response.url
    parts = parse.urlsplit(link)
    given = parse.parse_qsl(parts.query, keep_blank_values=True)
    others = [str(i["id"]) for i in page.items if "id" in i and str(i["id"]) != page.marker]
    for marker in others[: -_OTHER_MARKERS - 1 : -1]:
        query = [(name, marker if name == "marker" else value) for name, value in given]
        yield parse.urlunsplit(parts._replace(query=parse.urlencode(query)))


class _Bounds:
    """The bounds of a list: it ends, and no page occurs twice.

    :param url: URL of the list.
    :param max_items: maximum number of objects.
    """

    def __init__(self, url: str, max_items: int) -> None:
        self._url, self._max_items = url, max_items
        self._count = self._short_pages = 0
        # Keep hashes only, so that memory use stays small for long lists.
        self._urls, self._pages = {hash(_canonical(url))}, set[int]()

    def check_page(self, url: str, items: list[t.Any], limit: int) -> None:
        """Count the objects of a page.

        :raises cratonclient.exceptions.UnexpectedResponse: if there are too many, or the
            page is the same as an earlier one.
        """
        page = hash(tuple(str(item.get("id")) for item in items))
        if page in self._pages and all("id" in item for item in items):
            raise _cycle(self._url, url)
        self._pages.add(page)
        self._count += len(items)
        self._short_pages = self._short_pages + 1 if len(items) < (limit or 10) else 0
        if self._count > self._max_items:
            raise _endless(self._url, f"it has more than {self._max_items} objects")
        if self._short_pages > MAX_SHORT_PAGES:
            raise _endless(self._url, f"{self._short_pages} pages in succession are not full")

    def check_link(self, link: str) -> None:
        """Refuse a link that is too long or that was followed before.

        :raises cratonclient.exceptions.UnexpectedResponse: if it is.
        """
        if len(link) > MAX_LINK_LENGTH:
            raise _endless(self._url, f"a link has more than {MAX_LINK_LENGTH} characters")
        if hash(_canonical(link)) in self._urls:
            raise _cycle(self._url, link)
        self._urls.add(hash(_canonical(link)))


class NestedItem(dict[str, t.Any]):
    """An object of a list for several kinds.

    :param collection: name of the list that contained it, such as ``'network-devices'``.
    """

    collection = ""


def _nested(item: t.Any, collection: str) -> t.Any:
    if not isinstance(item, dict):
        return item
    found = NestedItem(item)
    found.collection = collection
    return found


def _items(
    response: requests.Response, body: dict[str, t.Any], items_key: str, nested: bool
) -> list[t.Any]:
    """Return the objects of a page.

    :raises cratonclient.exceptions.UnexpectedResponse: if the body has no list of them.
    """
    items = body.get(items_key)
    if nested and isinstance(items, collections.abc.Mapping):
        lists = list(items.values())
        if all(isinstance(part, list) for part in lists):
            items = [_nested(item, name) for name, part in items.items() for item in part]
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        return items
    raise exceptions.UnexpectedResponse(
        f"The response from {response.url} has no list of objects named {items_key!r}. "
        "Check that the URL belongs to a Craton server.",
        response=response,
    )


def _cycle(url: str, link: str) -> exceptions.UnexpectedResponse:
    return exceptions.UnexpectedResponse(
        f"The pages of {url} form a cycle: {printable(link)} appears again. "
        "Sort by a field that has a value in every row."
    )


def _endless(url: str, why: str) -> exceptions.UnexpectedResponse:
    return exceptions.UnexpectedResponse(
        f"The list at {url} does not end: {why}. Check that the URL belongs to a Craton "
        "server, or use filters to get a shorter list."
    )


def _next_link(body: dict[str, t.Any]) -> str | None:
    """Return the link to the next page, or ``None`` on the last page.

    :raises cratonclient.exceptions.UnexpectedResponse: if there is a next page, but no link.
    """
    links = body.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next":
            href = link.get("href")
            if href is None or isinstance(href, str):
                return href
            raise exceptions.UnexpectedResponse(
                "The list continues, but the link to its next page is not a text. Check that "
                "the URL belongs to a Craton server."
            )
    return None


def _parameter(link: str, name: str) -> str | None:
    """Return the first value of a parameter in a link, or ``None``."""
    query = link.partition("?")[2].partition("#")[0]
    return parse.parse_qs(query).get(name, [None])[0]


def _limit(link: str) -> int:
    """Return the ``limit`` in a link, or 0 if the link has none."""
    found = _parameter(link, "limit") or ""
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else 0


def _marker(link: str) -> str | None:
    """Return the id of the object that a link depends on, or ``None``."""
    return None if _parameter(link, MARKER_VALUES) else _parameter(link, "marker")


def _canonical(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a URL with sorted parameters, to compare it with other URLs.

    Servers write the parameters of links in any order.
    """
    bare, _, query = url.partition("?")
    return bare, tuple(sorted(parse.parse_qsl(query, keep_blank_values=True)))


def _resolve(url: str, link: str) -> str:
    """Return the URL of the next page: the URL of the list, with the parameters of a link.

    The scheme, the host and the path of the link are not used, so credentials never go to
    another server. They may differ from those of the URL: a proxy may terminate TLS or
    remove the first segments of the path.

    :param url: URL of the list.
    :param link: absolute or relative URL.
    :raises cratonclient.exceptions.UnexpectedResponse: if the link is not an HTTP URL, or
        leads to another list.
    """
    base = target = parse.urlsplit(url)
    try:
        target = parse.urlsplit(link)
        known = target.scheme.lower() in ("", "http", "https")
    except ValueError:  # not a valid URL
        known = False
    if not known or (target.path and _last_segment(target.path) != _last_segment(base.path)):
        raise exceptions.UnexpectedResponse(
            f"The list at {url} continues at {printable(link)}, which is not the same list. "
            "The client does not follow this link."
        )
    return parse.urlunsplit((base.scheme, base.netloc, base.path, target.query, ""))


def _last_segment(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
