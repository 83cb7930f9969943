# SPDX-License-Identifier: Apache-2.0
"""A session without keystoneauth, for programs that must start quickly.

keystoneauth reads catalogs, renews tokens and supports many types of credentials.
Craton's own authentication needs none of these, and importing keystoneauth takes as long
as a request.
"""

from __future__ import annotations

import json as json_module
import logging
import typing as t

import requests

import cratonclient
from cratonclient import secrets
from cratonclient.http import adapter, basic_auth, failures, seconds
from cratonclient.http import retries as retry_policy
from cratonclient.http.retries import DEFAULT_MAX_WAIT

LOG = logging.getLogger("cratonclient.direct")

#: Content types of response bodies that are logged.
_LOGGED_TYPES = ("application/json", "text/plain")


class DirectSession:
    """A session of requests that :class:`cratonclient.session.Session` can wrap.

    It has the same timeouts, retries and size limits as a session of
    :func:`cratonclient.auth.craton_auth`. It does not follow redirects.

    :param headers: headers of every request, such as the result of
        :func:`cratonclient.http.credentials.headers`.
    :param verify: verify TLS certificates: True, False, or the path of a CA bundle.
    :param timeout: timeout in seconds, or ``None`` for no timeout.
    :param max_wait: seconds that one request waits in total, if a busy server asks for it
        with ``Retry-After``.
    :param cert: client certificate: a file with the certificate and its key, or a pair of
        files.
    :param retries: retries of one request, 0 for none; see
        :func:`cratonclient.auth.create_session_with`.
    :param pool_size: number of idle connections to one server that are kept open.
    :raises cratonclient.exceptions.CommandError: if an argument is not valid.

    >>> from cratonclient import session
    >>> from cratonclient.http import credentials
    >>> direct = DirectSession(credentials.headers('demo', 'demo', PROJECT_ID))
    >>> craton = client.Client(session.Session(session=direct), URL)
    """

    def __init__(
        self,
        headers: t.Mapping[str, str],
        verify: bool | str = True,
        timeout: float | None = adapter.DEFAULT_TIMEOUT,
        max_wait: float = DEFAULT_MAX_WAIT,
        *,
        cert: str | tuple[str, str] | None = None,
        retries: int | None = None,
        pool_size: int = adapter.DEFAULT_POOL_SIZE,
    ) -> None:
        seconds.check_timeout(timeout)
        self.user_agent = f"python-cratonclient/{cratonclient.__version__}"
        self.verify = verify
        self.cert = cert
        self.timeout = timeout
        self.session = requests.Session()
        self.session.headers.update(headers)
        basic_auth.disable(self.session)
        adapter.mount(self.session, max_wait=max_wait, retry=retries, pool_size=pool_size)

    def request(
        self,
        method: str,
        url: str,
        endpoint_filter: object = None,
        json: object = None,
        **kwargs: t.Any,
    ) -> requests.Response:
        """Send a request and return the response.

        :param method: HTTP method, such as ``'GET'``.
        :param url: absolute URL.
        :param endpoint_filter: ignored, because there is no catalog.
        :param json: value of the request body, sent as JSON.
        :param kwargs: passed to :class:`requests.Request`; ``timeout`` in seconds
            replaces the timeout of the session. ``connect_retries`` and
            ``status_code_retries`` are the numbers of retries of this request.
        :returns: the response, with any status.
        :raises cratonclient.exceptions.ConnectionFailed: if the connection fails.
        :raises cratonclient.exceptions.Timeout: if the server does not respond in time.
        :raises cratonclient.exceptions.ClientException: if the request cannot be sent.
        """
        headers = {"User-Agent": self.user_agent, **(kwargs.pop("headers", None) or {})}
        if json is not None:
            headers.setdefault("Content-Type", "application/json")
            kwargs["data"] = json_module.dumps(json)
        timeout = kwargs.pop("timeout", self.timeout)
        numbers = retry_policy.taken_from(kwargs)
        try:
            request = self.session.prepare_request(
                requests.Request(method, url, headers=headers, **kwargs)
            )
            # Proxies and the CA bundle from the environment, such as HTTPS_PROXY.
            settings = self.session.merge_environment_settings(
                str(request.url), {}, False, self.verify, self.cert
            )
            self._log_request(request)
            with retry_policy.chosen(numbers):
                response = self.session.send(
                    request, timeout=timeout, allow_redirects=False, **settings
                )
        except failures.ALL as exc:
            raise failures.error_for(exc, url, failures.proxies_of(self.session, url)) from exc
        _log_response(response)
        return response

    def get_endpoint(self, **filters: object) -> None:
        """Return None, because there is no catalog that contains the URL of Craton."""

    def _log_request(self, request: requests.PreparedRequest) -> None:
        """Log a request as a curl command line, with secrets masked."""
        if not LOG.isEnabledFor(logging.DEBUG):
            return
        words = ["REQ: curl -g -i"]
        if self.verify is not True:
            words.append(f'--cacert "{self.verify}"' if self.verify else "--insecure")
        words.append(f'-X {request.method} "{request.url}"')
        for name, value in sorted(request.headers.items()):
            shown = secrets.MASK if secrets.is_secret(name) else str(value)
            words.append(f'-H "{name}: {shown}"')
        if isinstance(request.body, str):
            words.append(f"-d '{request.body}'")
        LOG.debug("%s", secrets.mask(" ".join(words)))


def _log_response(response: requests.Response) -> None:
    """Log a response, with secrets masked."""
    if not LOG.isEnabledFor(logging.DEBUG):
        return
    headers = " ".join(f"{name}: {value}" for name, value in sorted(response.headers.items()))
    LOG.debug("%s", secrets.mask(f"RESP: [{response.status_code}] {headers}"))
    content_type = response.headers.get("Content-Type", "")
    is_logged = content_type.startswith(_LOGGED_TYPES)
    body = response.text if is_logged else f"omitted, content type {content_type!r}"
    LOG.debug("%s", secrets.mask(f"RESP BODY: {body}"))
