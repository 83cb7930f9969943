# SPDX-License-Identifier: Apache-2.0
"""The server inside the process of a client, without a socket and without credentials.

This is the transport for ``sqlite:`` URLs, see :mod:`cratonclient.http.transport`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import sys
import tempfile
import typing as t
from urllib import parse

import requests
import requests.adapters
import sqlalchemy as sa
from requests.structures import CaseInsensitiveDict

from cratonclient import exceptions
from cratonclient.http import transport
from cratonserver import composition, fork_gate, identity, wsgi_keys
from cratonserver.config.settings import Limits, Log, Metrics, Settings
from cratonserver.db.store import Store, StoreError

LOG = logging.getLogger(__name__)

_LOOPBACK = "127.0.0.1"

#: Without logs of requests and metrics: the process belongs to the client. Without a
#: deadline: nobody else waits.
SETTINGS = Settings(
    log=Log(access_log=False, limit_log=False),
    # Tests of programs that use a fleet in memory log in wrongly as often as they like.
    # The owner of a file may reach what they like.
    limits=Limits(
        request_deadline=0, failed_logins=0, webhook_http=True, webhook_networks=("*",)
    ),
    metrics=Metrics(metrics_from=()),
)


def open_transport(url: str) -> transport.Transport:
    """Open the fleet in a SQLite file. A file that does not exist is not created here.

    :param url: URL of the file, such as ``sqlite:///fleet.db``, which is relative to the
        working directory, or ``sqlite:////var/lib/fleet.db``.
    :returns: a transport whose requests have the identity of the owner of the fleet. The
        first request that creates an object also creates the file.
    :raises cratonclient.exceptions.ConnectionFailed: if the database cannot be opened.
    """
    # A URL may end with /v1, as those of servers may.
    url = url.rstrip("/").removesuffix("/v1") if url.endswith(("/v1", "/v1/")) else url
    with _translating_errors():
        adapter = _adapter_at(transport.absolute(url))
        adapter.open()
    return transport.Transport(adapter.base_url, adapter)


def _adapter_at(url: str, who: identity.Identity = identity.OWNER) -> Adapter:
    """Return the adapter of the fleet at a URL, without opening it."""
    store = composition.store_at(url)
    return Adapter(composition.application_of(store, SETTINGS), store, url, who)


@contextlib.contextmanager
def _translating_errors() -> t.Iterator[None]:
    """Translate errors of the database into :class:`.exceptions.ConnectionFailed`."""
    try:
        yield
    except (StoreError, sa.exc.SQLAlchemyError) as exc:
        raise exceptions.ConnectionFailed(str(exc), exception=exc) from exc


class Adapter(requests.adapters.BaseAdapter):
    """An adapter that sends the requests of a session to a WSGI application.

    :param application: the WSGI application.
    :param store: its store, which is closed together with the session.
    :param url: URL of the store. An unpickled adapter opens it.
    :param who: identity of all requests.
    :param address: address of the client, which the history shows.
    """

    def __init__(
        self,
        application: t.Any,
        store: Store,
        url: str = "",
        who: identity.Identity = identity.OWNER,
        address: str | None = _LOOPBACK,
    ) -> None:
        super().__init__()
        self._application = application
        self._store = store
        self._url = url
        self._who = who
        self._address = address
        self._is_open = False
        self._gate = fork_gate.Gate(store.close)

    def __reduce__(self) -> tuple[t.Any, ...]:
        """Return what a pickle contains: the URL of the fleet, and the identity."""
        if not self._url:
            raise TypeError("This adapter cannot be pickled, because it has no URL.")
        return _adapter_at, (self._url, self._who)

    @property
    def name(self) -> str:
        """The URL of the database, without a password."""
        return self._store.name

    @property
    def base_url(self) -> str:
        """The URL of the requests, with a host name for each fleet."""
        name = hashlib.sha256(self.name.encode()).hexdigest()[:16]
        return f"http://{name}.invalid"  # no resolver knows names in .invalid (RFC 2606)

    def open(self, create: bool = False) -> None:
        """Open the store, unless there is no fleet.

        :param create: create the fleet if there is none.
        """
        if create or self._store.exists():
            created = self._store.open(upgrade=True)  # no operator is there to upgrade it
            self._is_open = True
            if created:
                LOG.info("Created the fleet %s.", self._store.name)

    def send(
        self, request: requests.PreparedRequest, *args: t.Any, **kwargs: t.Any
    ) -> requests.Response:
        """Call the application. Timeouts and certificate settings have no effect.

        A request that would create the first object is sent to a temporary fleet before. If
        it is refused there, no fleet is created.

        :raises cratonclient.exceptions.ConnectionFailed: if there is no fleet, and the
            request does not create an object.
        """
        with self._gate.passed():
            refused = None if self._is_open else self._open_for(request)
            if refused is not None:
                return refused
            return _call(self._application, request, self._who, self._address)

    def _open_for(self, request: requests.PreparedRequest) -> requests.Response | None:
        """Open the store for a request, or return the response that refuses the request.

        :raises cratonclient.exceptions.ConnectionFailed: as :meth:`send`.
        """
        with _translating_errors():
            creates = _creates_object(request)
            if creates and not self._store.exists():
                refused = _refusal(request)
                if refused is not None:
                    return refused
            self.open(create=creates)
            self._store.check_exists()
        return None

    def close(self) -> None:
        """Close the connections to the database."""
        self._store.close()


def _call(
    application: t.Any,
    request: requests.PreparedRequest,
    who: identity.Identity = identity.OWNER,
    address: str | None = _LOOPBACK,
) -> requests.Response:
    """Call a WSGI application."""
    response = requests.Response()

    def start_response(status: str, headers: list[tuple[str, str]], *_: t.Any) -> None:
        code, response.reason = status.split(" ", 1)
        response.status_code = int(code)
        response.headers = CaseInsensitiveDict(headers)

    body = application(_environ(request, who, address), start_response)
    response.raw = io.BytesIO(b"".join(body))
    if hasattr(body, "close"):
        body.close()
    response.url = request.url or ""
    response.request = request
    response.encoding = "utf-8"
    return response


def _refusal(request: requests.PreparedRequest) -> requests.Response | None:
    """Return the response of an empty fleet to a request, if it refuses the request.

    The fleet is temporary. Without room for one, no request is refused.
    """
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix="craton-") as folder:
        store = composition.store_at(f"sqlite:///{folder}/fleet.db")
        with contextlib.closing(store):
            store.open()
            response = _call(composition.application_of(store, SETTINGS), request)
        return response if response.status_code >= 400 else None
    return None


def _creates_object(request: requests.PreparedRequest) -> bool:
    """Return True for a POST to a collection, such as ``/v1/clouds``."""
    path = parse.urlsplit(request.url or "").path
    return request.method == "POST" and path.count("/") == 2


def _environ(
    request: requests.PreparedRequest, who: identity.Identity, address: str | None
) -> dict[str, t.Any]:
    """Return the WSGI environment (PEP 3333) of a request with an identity and an address."""
    url = parse.urlsplit(request.url or "")
    sent: t.Any = request.body or b""  # the library sends JSON, never streams
    body = sent.encode() if isinstance(sent, str) else bytes(sent)
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in request.headers.items()
    }
    return {
        **headers,
        **({} if address is None else {"REMOTE_ADDR": address}),
        wsgi_keys.IDENTITY: who,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": parse.unquote(url.path, "latin-1"),
        "QUERY_STRING": url.query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": url.netloc,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
