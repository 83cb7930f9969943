# SPDX-License-Identifier: Apache-2.0
"""The session: verbs, errors, time-outs, retries and pages."""

from __future__ import annotations

import collections.abc
import itertools
import logging
import time
import typing as t
from urllib import parse

import cratonclient
from cratonclient import exceptions, secrets
from cratonclient.http import adapter
from cratonclient.http.adapter import DEFAULT_TIMEOUT
from cratonclient.http.response import body_of
from cratonclient.printable import printable

if t.TYPE_CHECKING:
    import requests.adapters
    from keystoneauth1 import session as ksa_session

__all__ = ["DEFAULT_TIMEOUT", "SERVICE_TYPE", "TIMINGS", "Page", "Session", "configure"]

SERVICE_TYPE = "fleet_management"

#: Where, at the level of information, each request is named with its time.
TIMINGS = logging.getLogger("cratonclient.request")


class Page(t.NamedTuple):
    """One page of a list: the answer and the objects in it."""

    response: requests.Response
    items: list[t.Any]


def configure(session: ksa_session.Session, timeout: float | None = DEFAULT_TIMEOUT) -> None:
    """Give a keystoneauth session this library's time-out and retries.

    :param session: the session, changed in place. Redirects are not followed
        from then on, since a redirect could carry credentials elsewhere.
    :param timeout: seconds, ``None`` to wait for ever.
    """
    session.timeout = timeout
    session.redirect = False
    adapter.mount(session)


class Session:
    """What talks to a server: any keystoneauth session, with Craton's errors.

    :param session: a :class:`keystoneauth1.session.Session`, an adapter, a
        :class:`cratonclient.http.direct.DirectSession`, or anything with their
        ``request``. Its time-outs, retries and redirects
        stay as they are.
    :param username: without ``session``: the user of Craton's own
        authentication,
    :param token: the user's API key,
    :param project_id: and the UUID of the project that the user belongs to.

    >>> Session(username='demo', token='demo', project_id=PROJECT_ID)

    Source: seed document, "Version-less Objects"; wire document, section 2.
    """

    def __init__(
        self,
        session: t.Any = None,
        username: str | None = None,
        token: str | None = None,
        project_id: str | None = None,
    ) -> None:
        if session is None:
            # Only here: keystoneauth takes long to import.
            from keystoneauth1 import session as ksa_session

            from cratonclient.http import craton_auth

            plugin = craton_auth.CratonAuth(
                username=username, project_id=project_id, token=token
            )
            session = ksa_session.Session(auth=plugin)
            configure(session)
        self._session = session
        self._session.user_agent = f"python-cratonclient/{cratonclient.__version__}"
        secrets.install()

    def delete(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Make a DELETE request; see :meth:`request`."""
        return self.request("DELETE", url, **kwargs)

    def get(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Make a GET request; see :meth:`request`."""
        return self.request("GET", url, **kwargs)

    def head(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Make a HEAD request; see :meth:`request`."""
        return self.request("HEAD", url, **kwargs)

    def options(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Make an OPTIONS request; see :meth:`request`."""
        return self.request("OPTIONS", url, **kwargs)

    def post(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Make a POST request; see :meth:`request`."""
        return self.request("POST", url, **kwargs)

    def put(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Make a PUT request; see :meth:`request`."""
        return self.request("PUT", url, **kwargs)

    def patch(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Make a PATCH request; see :meth:`request`."""
        return self.request("PATCH", url, **kwargs)

    def request(self, method: str, url: str, **kwargs: t.Any) -> requests.Response:
        """Make a request.

        :param method: such as ``'GET'``.
        :param url: the whole URL, or a path below the endpoint that the
            catalogue gives.
        :param kwargs: handed to the session below.
        :returns: the answer, its status below 300.
        :raises cratonclient.exceptions.HTTPError: of the class of its status,
            when the answer is an error or a redirect.
        :raises cratonclient.exceptions.ConnectionFailed: without an answer.
        :raises cratonclient.exceptions.Timeout: without an answer in time.
        """
        kwargs.setdefault("endpoint_filter", {"service_type": SERVICE_TYPE})
        began = time.perf_counter()
        try:
            response: requests.Response = self._session.request(
                method=method, url=url, **kwargs
            )
        except exceptions.ClientException:
            _time(method, url, began, None)
            raise
        except _raised_below() as exc:
            error = exceptions.raise_from(exc)
            _time(method, url, began, getattr(error, "response", None))
            raise error from exc
        _time(method, url, began, response)
        if response.status_code >= 400:
            raise exceptions.error_from(response)
        if response.status_code >= 300:
            target = printable(response.headers.get("Location", "elsewhere"))
            raise exceptions.HTTPRedirection(
                f"The server redirects {url} to {target}; redirects are not followed. "
                "If the new place is right, give it as the URL of Craton.",
                response=response,
            )
        return response

    def mount(self, prefix: str, adapter: requests.adapters.BaseAdapter) -> None:
        """Send the requests below a URL through an adapter.

        :param prefix: beginning of the URLs, such as ``https://craton.example/``.
        :param adapter: adapter of requests.
        :raises TypeError: if the session below does not use requests.
        """
        below = self._requests_session()
        if below is None:
            raise TypeError(f"{self._session!r} takes no adapters of requests")
        below.mount(prefix, adapter)

    def close(self) -> None:
        """Close the connections. The session can be used again afterwards."""
        below = self._requests_session()
        if below is not None:
            below.close()

    def _requests_session(self) -> t.Any:
        """Return the session of requests below, None if there is none.

        Sessions and adapters of keystoneauth have what they are built on as ``session``.
        """
        below = self._session
        while below is not None and not (hasattr(below, "mount") and hasattr(below, "close")):
            below = getattr(below, "session", None)
        return below

    def endpoint(self) -> str:
        """Find the URL of Craton in the catalogue or the credentials.

        :raises cratonclient.exceptions.EndpointNotFound: when there is none.
        """
        try:
            found = self._session.get_endpoint(service_type=SERVICE_TYPE)
        except _raised_below() as exc:
            error = exceptions.raise_from(exc)
            if not isinstance(error, exceptions.EndpointNotFound):
                raise error from exc
            found = None
        if not isinstance(found, str) or not found:
            region = getattr(self._session, "region_name", None)
            where = f" in the region {region!r}" if isinstance(region, str) else ""
            raise exceptions.EndpointNotFound(
                f"The credentials come with no service of type {SERVICE_TYPE}{where}, and "
                "no URL of Craton was given. Pass url= to the client or set CRATON_URL."
            )
        return found

    def paginate(
        self,
        url: str,
        items_key: str,
        autopaginate: bool = True,
        nested: bool = False,
        short_is_last: bool = False,
        **kwargs: t.Any,
    ) -> t.Iterator[Page]:
        """Fetch the pages of a list, one by one, as they are asked for.

        :param url: the URL of the list.
        :param items_key: the key of its objects in the answer.
        :param autopaginate: whether to follow the links to the next pages.
        :param nested: whether the objects stand in lists by kind (devices).
        :param short_is_last: whether to end after a page with fewer objects
            than its link says that pages have, which saves the last request.
        :param kwargs: handed to the first request only; the links to the next
            pages hold all that is needed.
        :returns: pairs of the answer and its objects. The walk ends after a
            page without objects or without a link.
        :raises cratonclient.exceptions.UnexpectedResponse: when the answer is
            not a list, its links go in a circle or to another server.

        >>> for response, items in session.paginate(url, 'hosts'):
        ...     print(len(items))

        Source: wire document, section 8.
        """
        # Of pages, hashes are kept: a walk may be a long one.
        visited, seen = {hash(_canonical(url))}, set[int]()
        response = self.get(url, **kwargs)
        while True:
            body = body_of(response)
            items = _items(response, body, items_key, nested)
            page = hash(tuple(str(item.get("id")) for item in items))
            if page in seen and all("id" in item for item in items):
                raise _circle(url, response.url)
            seen.add(page)
            yield Page(response, items)
            link = _next_link(body)
            if not (autopaginate and items and link):
                return
            if short_is_last and len(items) < _size(link):
                return
            origin = url if parse.urlsplit(url).netloc else response.url
            link = _same_origin(origin, link)
            if hash(_canonical(link)) in visited:
                raise _circle(url, link)
            visited.add(hash(_canonical(link)))
            response = self.get(link)


def _raised_below() -> type[Exception]:
    """Give what keystoneauth raises; it is looked up once something was raised."""
    from keystoneauth1 import exceptions as ksa_exceptions

    return t.cast("type[Exception]", ksa_exceptions.ClientException)


def _time(method: str, url: str, began: float, response: requests.Response | None) -> None:
    """Log what a request took, in a line."""
    if TIMINGS.isEnabledFor(logging.INFO):
        said = "no answer"
        if response is not None:
            number = response.headers.get("x-openstack-request-id", "without a request id")
            url, said = response.url, f"{response.status_code} {number}"
        taken = (time.perf_counter() - began) * 1000
        TIMINGS.info("%s", secrets.mask(f"{method} {url} {said} {taken:.0f} ms"))


def _items(
    response: requests.Response, body: dict[str, t.Any], items_key: str, nested: bool
) -> list[t.Any]:
    """Take the objects out of a page."""
    items = body.get(items_key)
    if nested and isinstance(items, collections.abc.Mapping):
        lists = list(items.values())
        if all(isinstance(some, list) for some in lists):
            items = list(itertools.chain.from_iterable(lists))
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        return items
    raise exceptions.UnexpectedResponse(
        f"The answer from {response.url} has no list of objects named {items_key!r}. "
        "Is the URL the one of a Craton server?",
        response=response,
    )


def _circle(url: str, link: str) -> exceptions.UnexpectedResponse:
    return exceptions.UnexpectedResponse(
        f"The pages of {url} go in a circle: {printable(link)} comes "
        "again. Sort by a field that has a value in every row."
    )


def _next_link(body: dict[str, t.Any]) -> str | None:
    links = body.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next":
            href = link.get("href")
            return href if isinstance(href, str) else None
    return None


def _size(link: str) -> int:
    """Give how many objects a page has, as a link says; 0 if it does not."""
    found = parse.parse_qs(parse.urlsplit(link).query).get("limit", ["0"])[0]
    return int(found) if found.isascii() and found.isdigit() else 0


def _canonical(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Give what tells pages apart: servers write parameters in any order."""
    bare, _, query = url.partition("?")
    return bare, tuple(sorted(parse.parse_qsl(query, keep_blank_values=True)))


def _same_origin(url: str, link: str) -> str:
    """Move a link onto the origin of a URL, if it means that server at all.

    A server behind a proxy that ends TLS believes that it speaks plain HTTP,
    and says so in its links. Only the path and the query of a link are used, so
    nothing is ever sent to another server than the one that was asked.
    """
    here = there = parse.urlsplit(url)
    default = {"http": 80, "https": 443}
    try:
        there = parse.urlsplit(parse.urljoin(url, link))
        known = {here.port, default.get(here.scheme), default.get(there.scheme), None}
        same = here.hostname == there.hostname and there.port in known
    except ValueError:  # not a URL, or not a port number
        same = False
    if not same:
        raise exceptions.UnexpectedResponse(
            f"The list at {url} goes on at {printable(link)}, which is another "
            "server. Credentials are not sent there."
        )
    return parse.urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))
