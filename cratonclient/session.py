# SPDX-License-Identifier: Apache-2.0
"""The session: HTTP methods, error handling, timeouts, retries and pagination."""

from __future__ import annotations

import copy
import functools
import logging
import time
import typing as t

from cratonclient import exceptions, reasons, secrets
from cratonclient.diagnosis import proxies
from cratonclient.http import (
    adapter,
    arguments,
    basic_auth,
    failures,
    forks,
    retries,
    routes,
    seconds,
    wrapped,
)
from cratonclient.http.adapter import DEFAULT_TIMEOUT
from cratonclient.http.retries import DEFAULT_MAX_WAIT
from cratonclient.lists import pagination
from cratonclient.lists.pagination import Page
from cratonclient.printable import printable

if t.TYPE_CHECKING:
    import requests.adapters
    from keystoneauth1 import session as ksa_session

__all__ = ["DEFAULT_TIMEOUT", "SERVICE_TYPE", "TIMINGS", "Page", "Session", "configure"]

SERVICE_TYPE = "fleet_management"

#: The keywords that :meth:`Session.paginate` passes to the request for each page.
_FOR_EACH_PAGE = ("headers", "timeout", retries.CONNECT, retries.STATUS)

#: Logs the duration of each request, at level INFO.
TIMINGS = logging.getLogger("cratonclient.request")


def configure(
    session: ksa_session.Session,
    timeout: float | None = DEFAULT_TIMEOUT,
    max_wait: float = DEFAULT_MAX_WAIT,
    *,
    retries: int | None = None,
    pool_size: int = adapter.DEFAULT_POOL_SIZE,
) -> None:
    """Set the timeout and the retries of this library on a keystoneauth session.

    This also disables redirects, because a redirect could send the credentials to
    another server, and credentials from ``.netrc`` and from URLs. The session keeps its
    other settings, such as ``session.session.auth``, proxies, ``tls_ciphers``, and the
    transport adapters that the program has mounted.

    :param session: session of keystoneauth, modified in place.
    :param timeout: timeout in seconds, or ``None`` for no timeout. It limits the time
        until the connection is open, until the headers of the response are complete, and
        until its body is complete.
    :param max_wait: seconds that one request waits in total, if a busy server asks for it
        with ``Retry-After``.
    :param retries: retries of one request; 0 for none.
    :param pool_size: number of idle connections to one server that are kept open.
    :raises cratonclient.exceptions.CommandError: if an argument is not valid.
    :raises cratonclient.exceptions.TransportNotFound: if the session has a URL of Keystone
        that is not valid, or has a query or a fragment.

    >>> session = keystoneauth1.session.Session(auth=plugin)
    >>> configure(session, timeout=10)
    """
    from cratonclient.http import ksa

    seconds.check_timeout(timeout)
    ksa.check_plugin(session.auth)
    adapter.mount(session, max_wait=max_wait, retry=retries, pool_size=pool_size)
    session.timeout = timeout
    session.redirect = False
    basic_auth.disable(session.session)


class Login(t.NamedTuple):
    """The user of a session. Values that the credentials do not contain are ``None``.

    :param user: name of the user.
    :param user_id: id of the user in Keystone.
    :param project_id: UUID of the project.
    :param project: name of the project.
    :param roles: the Keystone roles.
    :param auth: ``craton``, ``keystone`` or ``none``.
    """

    user: str | None
    user_id: str | None
    project_id: str | None
    project: str | None
    roles: list[str] | None
    auth: str


class Session:
    """A wrapper of an HTTP session that raises the errors of this library.

    Pass either ``session`` or the three credentials of Craton's own authentication. The
    session that you pass is not changed: it keeps its user agent, its transport adapters,
    its timeouts and its retries. A session of keystoneauth follows no redirects and sends no
    credentials of ``.netrc`` here.

    :param session: a :class:`keystoneauth1.session.Session`, an adapter of
        keystoneauth, a :class:`cratonclient.http.direct.DirectSession`, or an object
        with the same ``request`` method.
    :param username: name of the user, if ``session`` is not given.
    :param token: API key of the user, if ``session`` is not given.
    :param project_id: UUID of the user's project, if ``session`` is not given.
    :param connect_retries: retries after a failed or lost connection, or a timeout; 0 for
        none. The default are those of ``session``.
    :param status_code_retries: retries if the server is busy, likewise.
    :raises cratonclient.exceptions.UnableToAuthenticate: if ``session`` and one of the
        credentials are missing.
    :raises cratonclient.exceptions.CommandError: if a number of retries is not valid.

    >>> Session(username='demo', token='demo', project_id=PROJECT_ID)
    """

    #: The reason of the changes that the session makes; see :meth:`with_reason`.
    reason: str | None = None

    def __init__(
        self,
        session: t.Any = None,
        username: str | None = None,
        token: str | None = None,
        project_id: str | None = None,
        *,
        connect_retries: int | None = None,
        status_code_retries: int | None = None,
    ) -> None:
        self._retries = retries.check(connect_retries, status_code_retries)
        if session is None:
            session = _session_of(username, token, project_id)
        self._session = session
        self._mounted: dict[str, requests.adapters.BaseAdapter] = {}
        self._start()

    def _start(self) -> None:
        """Prepare the session for requests of this process."""
        self._sender = _sender(self._session)
        for prefix, transport_adapter in self._mounted.items():
            self.mount(prefix, transport_adapter)
        forks.watch(self)
        secrets.install()

    def __getstate__(self) -> dict[str, t.Any]:
        """Return what a pickle contains. It includes the credentials."""
        return {name: value for name, value in vars(self).items() if name != "_sender"}

    def __setstate__(self, state: dict[str, t.Any]) -> None:
        self.__dict__.update(state, _mounted=dict(state["_mounted"]))
        self._start()

    def with_retries(
        self, connect_retries: int | None = None, status_code_retries: int | None = None
    ) -> t.Self:
        """Return this session with other numbers of retries. It shares its connections.

        :param connect_retries: retries after a failed or lost connection, or a timeout; 0
            for none, ``None`` for those of this session.
        :param status_code_retries: retries if the server is busy, likewise.
        :raises cratonclient.exceptions.CommandError: if a number of retries is not valid.

        >>> session.with_retries(status_code_retries=0)
        """
        other = copy.copy(self)
        numbers = retries.check(connect_retries, status_code_retries)
        other._retries = numbers.or_else(self._retries)
        return other

    def with_reason(self, reason: str) -> t.Self:
        """Return this session with a reason for its changes. It shares its connections.

        :param reason: why the program makes changes; see :class:`.v1.client.Client`.
        :raises cratonclient.exceptions.CommandError: if the reason is empty or too long.

        >>> session.with_reason('rack r7 is replaced')
        """
        other = copy.copy(self)
        other.reason = reasons.check(reason)
        return other

    def delete(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Send a DELETE request; see :meth:`request`."""
        return self.request("DELETE", url, **kwargs)

    def get(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Send a GET request; see :meth:`request`."""
        return self.request("GET", url, **kwargs)

    def head(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Send a HEAD request; see :meth:`request`."""
        return self.request("HEAD", url, **kwargs)

    def options(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Send an OPTIONS request; see :meth:`request`."""
        return self.request("OPTIONS", url, **kwargs)

    def post(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Send a POST request; see :meth:`request`."""
        return self.request("POST", url, **kwargs)

    def put(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Send a PUT request; see :meth:`request`."""
        return self.request("PUT", url, **kwargs)

    def patch(self, url: str, **kwargs: t.Any) -> requests.Response:
        """Send a PATCH request; see :meth:`request`."""
        return self.request("PATCH", url, **kwargs)

    def request(self, method: str, url: str, **kwargs: t.Any) -> requests.Response:
        """Send a request and return the response.

        :param method: HTTP method, such as ``'GET'``.
        :param url: absolute URL, or a path relative to the endpoint in the catalog.
        :param kwargs: passed to the wrapped session, such as ``params``, ``json`` or
            ``timeout``. ``connect_retries`` and ``status_code_retries`` are the numbers of
            retries of this request.
        :returns: the response, with a status below 300.
        :raises cratonclient.exceptions.HTTPError: if the status is an error or a
            redirect. Each status has a subclass, such as
            :class:`~cratonclient.exceptions.NotFound`.
        :raises cratonclient.exceptions.ConnectionFailed: if the connection fails.
        :raises cratonclient.exceptions.Timeout: if the server does not respond in time.
        :raises cratonclient.exceptions.TransportNotFound: if the URL is not valid.
        :raises cratonclient.exceptions.ConfigurationError: if the proxy or the CA bundle
            is not valid.
        :raises cratonclient.exceptions.CommandError: if another argument is not valid,
            such as a value that JSON cannot represent.

        >>> session.request('GET', 'https://craton.example/v1/hosts')
        <Response [200]>
        """
        url = arguments.check(method, url, kwargs)
        kwargs.setdefault("endpoint_filter", {"service_type": SERVICE_TYPE})
        reasons.add_header(kwargs, method, self, self.reason)
        numbers = retries.taken_from(kwargs).or_else(self._retries)
        is_write = failures.may_change(method, url, kwargs.get("json"))
        start = time.perf_counter()
        try:
            with routes.retrying(self._sender, url, numbers) as more:
                response: requests.Response = self._sender.request(
                    method=method, url=url, **kwargs, **more
                )
        except exceptions.ClientException as exc:
            _log_duration(method, url, start, None)
            if not is_write or (error := failures.unknown_outcome(exc, url)) is exc:
                raise
            raise error from exc
        except (*failures.ALL, _keystoneauth_error()) as exc:
            chosen = failures.proxies_of(self._session, url)
            error = failures.error_for(exc, url, chosen)
            _log_duration(method, url, start, getattr(error, "response", None))
            raise (failures.unknown_outcome(error, url) if is_write else error) from exc
        _log_duration(method, url, start, response)
        if response.status_code >= 400 or response.status_code < 200:
            raise exceptions.error_from(response)
        if response.status_code >= 300:
            target = printable(response.headers.get("Location", "elsewhere"))
            raise exceptions.HTTPRedirection(
                f"The server redirects {url} to {target!r}; redirects are not followed. "
                "If the new URL is correct, use it as the URL of Craton."
                f"{proxies.of_response(response)}",
                response=response,
            )
        return response

    def login(self) -> Login:
        """Return the user and the project of the credentials. With Keystone, request a token.

        :raises cratonclient.exceptions.UnableToAuthenticate: if Keystone refuses.

        >>> session.login().user
        'demo'
        """
        inner = self._session
        plugin: t.Any = getattr(inner, "auth", None) or getattr(inner.session, "auth", None)
        if hasattr(plugin, "get_access"):
            # An adapter of keystoneauth wraps a session, which wraps one of requests.
            session = inner.session if hasattr(inner.session, "get_auth_headers") else inner
            try:
                access = plugin.get_access(session)
            except _keystoneauth_error() as exc:
                raise exceptions.raise_from(exc) from exc
            return Login(
                access.username,
                access.user_id,
                access.project_id,
                access.project_name,
                list(access.role_names),
                "keystone",
            )
        headers = getattr(inner.session, "headers", {})
        user = getattr(plugin, "username", None) or headers.get("X-Auth-User")
        project_id = getattr(plugin, "project_id", None) or headers.get("X-Auth-Project")
        return Login(user, None, project_id, None, None, "craton" if user else "none")

    def mount(self, prefix: str, adapter: requests.adapters.BaseAdapter) -> None:
        """Send requests to URLs with a prefix through a transport adapter.

        The session that was passed to the constructor does not change.

        :param prefix: prefix of the URLs, such as ``'https://craton.example/'``.
        :param adapter: transport adapter of requests.
        :raises TypeError: if the wrapped session does not use requests.
        """
        if wrapped.innermost(self._sender) is None:
            raise TypeError(f"{self._session!r} does not use requests, so it has no adapters")
        self._sender = wrapped.separate(self._sender)
        wrapped.innermost(self._sender).mount(prefix, adapter)
        self._mounted[prefix] = adapter

    def close(self) -> None:
        """Close the connections. The session can be used again afterwards."""
        inner = wrapped.innermost(self._sender)
        if inner is not None:
            inner.close()

    def renew_connections(self) -> None:
        """Open new connections from now on, and leave the present ones to another process.

        The library calls this in the child process after a fork.
        """
        inner = wrapped.innermost(self._sender)
        if wrapped.is_requests(inner):
            forks.renew(inner)

    def endpoint(self) -> str:
        """Return the URL of Craton, from the catalog or from the credentials.

        :raises cratonclient.exceptions.EndpointNotFound: if neither provides a URL.

        >>> session.endpoint()
        'https://craton.example/v1'
        """
        try:
            found = self._session.get_endpoint(service_type=SERVICE_TYPE)
        except (*failures.ALL, _keystoneauth_error()) as exc:
            error = failures.error_for(exc, "")
            if not isinstance(error, exceptions.EndpointNotFound):
                raise error from exc
            found = None
        if not isinstance(found, str) or not found:
            region = getattr(self._session, "region_name", None)
            where = f" in the region {region!r}" if isinstance(region, str) and region else ""
            raise exceptions.EndpointNotFound(
                "No URL of Craton was given, and the credentials provide no endpoint of "
                f"type {SERVICE_TYPE}{where}. Pass url= to the client or set CRATON_URL."
            )
        return found

    def paginate(
        self,
        url: str,
        items_key: str,
        autopaginate: bool = True,
        nested: bool = False,
        short_is_last: bool = False,
        max_items: int = pagination.MAX_OBJECTS,
        **kwargs: t.Any,
    ) -> t.Iterator[Page]:
        """Generate the pages of a list. Each page is requested when it is consumed.

        Iteration ends after a page without objects or without a ``next`` link. The
        requests go to ``url``: of a link, only the parameters are used.

        :param url: URL of the list.
        :param items_key: key of the list in the response body, such as ``'hosts'``.
        :param autopaginate: follow the links to the next pages. Otherwise only the
            first page is requested.
        :param nested: the body has one list of objects for each kind, as the list of
            devices has, instead of a single list.
        :param short_is_last: stop after a page with fewer objects than the ``limit`` in
            its link. This saves the last request, which returns an empty page.
        :param max_items: maximum number of objects. A longer list is an error, because it
            may not end.
        :param kwargs: passed to the first request only, because the links to the next pages
            contain all parameters. ``headers``, ``timeout``, ``connect_retries`` and
            ``status_code_retries`` apply to each page.
        :returns: pairs of a response and its objects, as dictionaries.
        :raises cratonclient.exceptions.UnexpectedResponse: if a body is not a list, the
            links form a cycle or do not end, or a link leads to another list.
        :raises cratonclient.exceptions.CommandError: if ``max_items`` is not valid.

        >>> for response, items in session.paginate(url, 'hosts'):
        ...     print(len(items))
        """
        arguments.check_count("max_items", max_items)
        each = {name: kwargs.pop(name) for name in _FOR_EACH_PAGE if name in kwargs}
        return pagination.walk(
            functools.partial(self.get, **each),
            url,
            items_key,
            autopaginate=autopaginate,
            nested=nested,
            short_is_last=short_is_last,
            max_items=max_items,
            **kwargs,
        )


def _session_of(
    username: str | None, token: str | None, project_id: str | None
) -> ksa_session.Session:
    """Return a session of keystoneauth for Craton's own authentication.

    :raises cratonclient.exceptions.UnableToAuthenticate: if a credential is missing.
    """
    # Imported late, because keystoneauth is slow to import.
    from cratonclient.http import craton_auth, ksa

    plugin = craton_auth.CratonAuth(username=username, project_id=project_id, token=token)
    return ksa.build(plugin)


def _sender(session: t.Any) -> t.Any:
    """Return the object that sends the requests of a session.

    A session of keystoneauth gets an adapter, which has settings of its own.
    """
    if not wrapped.is_keystoneauth_session(session):
        return session
    from cratonclient.http import ksa

    return ksa.Adapter(session)


def _keystoneauth_error() -> type[Exception]:
    """Return the base class of the exceptions of keystoneauth.

    It is imported here, so that a session without keystoneauth does not import it.
    """
    from keystoneauth1 import exceptions as ksa_exceptions

    return t.cast("type[Exception]", ksa_exceptions.ClientException)


def _log_duration(
    method: str, url: str, start: float, response: requests.Response | None
) -> None:
    """Log the duration of a request in one line."""
    if TIMINGS.isEnabledFor(logging.INFO):
        outcome = "no response"
        if response is not None:
            request_id = response.headers.get("x-openstack-request-id", "without a request id")
            url, outcome = response.url, f"{response.status_code} {request_id}"
        duration = (time.perf_counter() - start) * 1000
        TIMINGS.info("%s", secrets.mask(f"{method} {url} {outcome} {duration:.0f} ms"))
