# SPDX-License-Identifier: Apache-2.0
"""A session that needs requests alone, for programs that have to start quickly.

keystoneauth finds its way in a catalogue, renews tokens and knows many kinds of
credentials. Craton's own authentication needs nothing of that, and importing it
takes as long as a request does.
"""

from __future__ import annotations

import json as json_module
import logging
import typing as t

import requests

from cratonclient import exceptions, secrets
from cratonclient.http import adapter

LOG = logging.getLogger("cratonclient.direct")

#: What a log can show of answers.
_READABLE = ("application/json", "text/plain")


class DirectSession:
    """What :class:`cratonclient.session.Session` can stand on instead of keystoneauth.

    :param headers: what every request carries, such as
        :func:`cratonclient.http.credentials.headers` gives.
    :param verify: whether to verify the certificate of an HTTPS server, or the
        path of a file with the authorities to trust.
    :param timeout: seconds, ``None`` to wait for ever.

    Time-outs, retries and bounds are those of :func:`cratonclient.auth.craton_auth`;
    redirects are not followed.

    >>> from cratonclient import session
    >>> from cratonclient.http import credentials
    >>> below = DirectSession(credentials.headers('demo', 'demo', PROJECT_ID))
    >>> craton = client.Client(session.Session(session=below), URL)
    """

    user_agent: str | None = None

    def __init__(
        self,
        headers: t.Mapping[str, str],
        verify: bool | str = True,
        timeout: float | None = adapter.DEFAULT_TIMEOUT,
    ) -> None:
        self.verify = verify
        self.timeout = timeout
        self.session = requests.Session()
        self.session.headers.update(headers)
        adapter.mount(self.session)

    def request(
        self,
        method: str,
        url: str,
        endpoint_filter: object = None,
        json: object = None,
        **kwargs: t.Any,
    ) -> requests.Response:
        """Make a request.

        :param method: such as ``'GET'``.
        :param url: the whole URL.
        :param endpoint_filter: of no use: there is no catalogue.
        :param json: what to send as JSON.
        :param kwargs: handed to :class:`requests.Request`.
        :returns: the answer, whatever its status is.
        :raises cratonclient.exceptions.ConnectionFailed: without an answer.
        :raises cratonclient.exceptions.Timeout: without an answer in time.
        """
        headers = {"User-Agent": self.user_agent, **(kwargs.pop("headers", None) or {})}
        if json is not None:
            headers.setdefault("Content-Type", "application/json")
            kwargs["data"] = json_module.dumps(json)
        timeout = kwargs.pop("timeout", self.timeout)
        try:
            wanted = requests.Request(method, url, headers=headers, **kwargs)
            request = self.session.prepare_request(wanted)
            settings = self.session.merge_environment_settings(
                str(request.url), {}, False, self.verify, None
            )
            self._log_request(request)
            response = self.session.send(
                request, timeout=timeout, allow_redirects=False, **settings
            )
        except requests.RequestException as exc:
            raise exceptions.unanswered(url, exc) from exc
        _log_response(response)
        return response

    def get_endpoint(self, **filters: object) -> None:
        """Give the URL of Craton: it is not known here."""

    def _log_request(self, request: requests.PreparedRequest) -> None:
        """Log what is sent as a command line, without secrets."""
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
    """Log what came back, without secrets."""
    if not LOG.isEnabledFor(logging.DEBUG):
        return
    headers = " ".join(f"{name}: {value}" for name, value in sorted(response.headers.items()))
    LOG.debug("%s", secrets.mask(f"RESP: [{response.status_code}] {headers}"))
    kind = response.headers.get("Content-Type", "")
    body = response.text if kind.startswith(_READABLE) else f"omitted, since it is {kind!r}"
    LOG.debug("%s", secrets.mask(f"RESP BODY: {body}"))
