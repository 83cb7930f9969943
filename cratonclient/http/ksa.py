# SPDX-License-Identifier: Apache-2.0
"""The adapter of keystoneauth through which this library uses its sessions.

It follows no redirects, because a redirect could send the credentials to another server,
and it sends no credentials of ``.netrc``. Importing keystoneauth is slow, so this module is
imported only when a session of keystoneauth is needed or given.
"""

from __future__ import annotations

import types
import typing as t

import requests
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import plugin as ksa_plugin
from keystoneauth1 import session as ksa_session

import cratonclient
from cratonclient import exceptions
from cratonclient.http import adapter, basic_auth, seconds, transport, wrapped
from cratonclient.printable import shown

#: A client certificate: a file with the certificate and its key, or two files.
Certificate = str | tuple[str, str]


class Adapter(ksa_adapter.Adapter):
    """An adapter of keystoneauth that follows no redirects and sends no ``.netrc``.

    It adds this library to the user agent. The session below is not changed.

    :param session: session of keystoneauth.
    :param settings: further arguments of :class:`keystoneauth1.adapter.Adapter`.
    """

    def __init__(self, session: ksa_session.Session, **settings: t.Any) -> None:
        super().__init__(
            session,
            client_name="python-cratonclient",
            client_version=cratonclient.__version__,
            **settings,
        )
        # That of the session applies. This one would replace it, and cannot be pickled.
        self._rate_semaphore = None  # type: ignore[assignment]

    def request(self, url: str, method: str, **kwargs: t.Any) -> t.Any:
        """Send a request; see :meth:`keystoneauth1.adapter.Adapter.request`."""
        settings: dict[str, t.Any] = {"redirect": False}
        # The credentials that the program has set on its session of requests are sent.
        if getattr(wrapped.innermost(self.session), "auth", None) is None:
            settings["requests_auth"] = basic_auth.none
        return super().request(url, method, **{**settings, **kwargs})


def build(
    auth: ksa_plugin.BaseAuthPlugin | None,
    verify: bool | str = True,
    cert: Certificate | None = None,
    *,
    session: requests.Session | None = None,
    timeout: float | None = adapter.DEFAULT_TIMEOUT,
    options: t.Mapping[str, t.Any] = types.MappingProxyType({}),
    **settings: t.Any,
) -> ksa_session.Session:
    """Build a session of keystoneauth with the adapter of this library.

    keystoneauth gets a session of requests that has the adapter already, so the fixtures of
    keystoneauth for tests can replace it.

    :param auth: authentication plugin.
    :param verify: verify TLS certificates: True, False, or the path of a CA bundle. ``True``
        leaves the setting of ``session`` as it is.
    :param cert: client certificate.
    :param session: session of requests to use.
    :param timeout: timeout in seconds, or ``None``.
    :param options: further arguments of :class:`keystoneauth1.session.Session`.
    :param settings: arguments of :class:`cratonclient.http.adapter.Adapter`.
    :raises cratonclient.exceptions.CommandError: if an argument is not valid.
    :raises cratonclient.exceptions.TransportNotFound: if the URL of Keystone is not valid.
    """
    seconds.check_timeout(timeout)
    _check_certificate(cert)
    check_plugin(auth)
    if session is None:
        session = requests.Session()
        session.hooks["response"].append(_accept_rewritten_body)
        basic_auth.disable(session)
    elif not isinstance(session, requests.Session):
        raise exceptions.CommandError(
            f"session must be a session of requests, not {shown(session)}. Pass a session of "
            "keystoneauth to Client() itself."
        )
    adapter.mount(session, **settings)
    verify = session.verify if verify is True and session.verify is not None else verify
    built = ksa_session.Session(
        auth=auth, session=session, verify=verify, cert=cert, redirect=False, **options
    )
    built.timeout = timeout
    built.user_agent = f"python-cratonclient/{cratonclient.__version__}"
    return built


def _check_certificate(cert: object) -> None:
    """Refuse a value that is no client certificate.

    :raises cratonclient.exceptions.CommandError: if it is not a path or a pair of paths.
    """
    files = cert if isinstance(cert, (tuple, list)) and len(cert) == 2 else (cert,)
    if cert is not None and not all(isinstance(file, str) for file in files):
        raise exceptions.CommandError(
            "cert must be the path of a file with a certificate and its key, or a pair of "
            f"paths, not {shown(cert)}."
        )


def check_plugin(auth: object) -> None:
    """Refuse a plugin with an invalid URL of Keystone.

    :raises cratonclient.exceptions.TransportNotFound: if it is not valid, or has a query or
        a fragment.
    """
    auth_url = getattr(auth, "auth_url", None)
    if isinstance(auth_url, str):
        transport.check_keystone(auth_url)


def _accept_rewritten_body(response: requests.Response, **_: t.Any) -> None:
    """Let a response of betamax have another length than its header says.

    The fixture of keystoneauth formats the JSON in recordings anew.
    """
    connection = getattr(response, "connection", None)  # not every adapter sets it
    if type(connection).__module__.startswith("betamax."):
        response.raw.enforce_content_length = False
