# SPDX-License-Identifier: Apache-2.0
"""Remove secrets from exceptions of HTTP libraries, and from requests and responses."""

from __future__ import annotations

import typing as t

from cratonclient import secrets

if t.TYPE_CHECKING:
    import requests


def conceal_messages(
    exception: BaseException, mask: t.Callable[[str], str] = secrets.mask
) -> None:
    """Mask the messages of an exception and of its causes, in place.

    HTTP libraries quote the URL of the request, which may contain a secret. Python prints
    these messages in the traceback of the exception of this library.

    :param exception: exception of an HTTP library.
    :param mask: function that returns a message without its secrets.
    """
    seen: list[BaseException] = []
    waiting: list[t.Any] = [exception]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and found not in seen:
            seen.append(found)
            # The HTTP libraries keep a cause in ``reason`` or in ``args``.
            waiting += [*found.args, getattr(found, "reason", None)]
            waiting += [found.__cause__, found.__context__]
            found.args = tuple(
                mask(part) if isinstance(part, str) else part for part in found.args
            )


def conceal_login(exception: BaseException, url: str) -> None:
    """Remove the messages of an exception about a malformed URL with a password, in place.

    HTTP libraries quote such a URL in parts: ``'ada:5f' is not a valid host or port``.

    :param exception: exception of an HTTP library.
    :param url: the URL of the request or of its proxy.
    """
    if "@" in url:
        conceal_messages(exception, lambda message: "The URL is not valid.")


def concealed(value: t.Any) -> t.Any:
    """Return an attribute of an exception as a pickle may contain it.

    :param value: a text, a request or a response, or a list of them, of which a copy
        without secrets is returned; or another value, which is returned as it is.
    """
    import requests

    if isinstance(value, list):
        return [concealed(part) for part in value]
    if isinstance(value, str):
        return secrets.mask(value)
    if isinstance(value, requests.Response):
        return _concealed_response(value)
    if isinstance(value, requests.PreparedRequest):
        return _concealed_request(value)
    return value


def _concealed_response(response: requests.Response) -> requests.Response:
    import requests

    copy = requests.Response()
    copy.status_code, copy.reason = response.status_code, response.reason
    copy.elapsed, copy.encoding = response.elapsed, "utf-8"
    copy.url = secrets.mask_url(str(response.url))
    copy.headers.update(_concealed_headers(response.headers))
    copy._content = secrets.mask(response.text).encode()
    copy.request = concealed(response.request)
    return copy


def _concealed_request(request: requests.PreparedRequest) -> requests.PreparedRequest:
    copy = request.copy()
    copy.hooks, copy._cookies = {}, None
    copy.url = secrets.mask_url(str(request.url))
    copy.headers.update(_concealed_headers(request.headers))
    body = request.body
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    copy.body = secrets.mask(text) if isinstance(text, str) else None
    return copy


def _concealed_headers(headers: t.Mapping[str, t.Any]) -> dict[str, str]:
    return {
        name: secrets.MASK if secrets.is_secret(name) else secrets.mask(str(value))
        for name, value in headers.items()
    }
