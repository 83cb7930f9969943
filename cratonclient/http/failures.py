# SPDX-License-Identifier: Apache-2.0
"""Turn the exceptions of HTTP libraries into the exceptions of this library.

Some requests cannot be sent: the URL, the proxy, a header or a value is not valid. Others
were sent, but the response is missing or incomplete.
"""

from __future__ import annotations

import http.client
import re
import typing as t

import urllib3
from requests import exceptions as requests_exceptions

from cratonclient import exceptions, secrets, sentences
from cratonclient.diagnosis import causes, concealment, proxies, tls_files
from cratonclient.http import wrapped
from cratonclient.printable import shown
from cratonclient.process import environment

#: The exceptions of requests, and of the libraries below it. Those of requests and of
#: sockets are subclasses of OSError.
ALL = (
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
)

_INVALID_URL = (
    requests_exceptions.InvalidURL,
    requests_exceptions.MissingSchema,
    requests_exceptions.InvalidSchema,
    urllib3.exceptions.LocationValueError,
    UnicodeError,  # the host is not a valid international name
)
_INVALID_PROXY = (
    requests_exceptions.InvalidProxyURL,
    urllib3.exceptions.ProxySchemeUnknown,
    urllib3.exceptions.ProxySchemeUnsupported,
)
#: Exceptions for invalid arguments. Those of requests for responses are subclasses of OSError.
_INVALID_ARGUMENT = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)


def error_for(
    exception: Exception, url: str, chosen: t.Mapping[str, str] | None = None
) -> exceptions.ClientException:
    """Return the exception of this library for a failed request. This does not raise it.

    :param exception: exception of keystoneauth1, or one of :data:`ALL`.
    :param url: URL of the request.
    :param chosen: proxies of the session. The default are those of the environment.
    :returns: the exception, with ``exception`` as ``original_exception``. It names the
        proxy, if the request went through one.
    """
    unsent = _unsent(exception, url, proxies.used_for(url, chosen))
    if unsent is not None:
        return unsent
    # A session may call raise_for_status() of requests. Then there is a response.
    has_status = (
        isinstance(exception, requests_exceptions.HTTPError) and exception.response is not None
    )
    error = (
        exceptions.unanswered(url, exception)
        if isinstance(exception, ALL) and not has_status
        else exceptions.raise_from(exception)
    )
    more = tls_files.unread_bundle(str(exception)) + proxies.sentence(url, chosen)
    if more and isinstance(error, (exceptions.ConnectionFailed, exceptions.Timeout)):
        return type(error)(f"{sentences.ended(error.message)}{more}", exception=exception)
    return error


def unknown_outcome(error: exceptions.ClientException, url: str) -> exceptions.ClientException:
    """Return the error of a request that changes something, after it was sent.

    :param error: the error.
    :param url: URL of the request. An error about another URL, such as that of Keystone, is
        returned as it is, and so is one from before the request was sent.
    """
    if not isinstance(error, (exceptions.ConnectionFailed, exceptions.Timeout)):
        return error
    path = url.partition("?")[0].partition("://")[2].partition("/")[2] or url
    if path not in error.message or not causes.may_be_sent(error.original_exception or error):
        return error
    begin, _, rest = error.message.partition(". Check that the URL")
    begin = begin.replace("Unable to establish connection to", "Lost the connection to", 1)
    more = rest.partition("is running.")[2]
    found = type(error)(
        f"{sentences.ended(begin)} It is not known whether the server made the change.{more}",
        exception=error.original_exception,
    )
    found.outcome_unknown = True
    return found


def may_change(method: str, url: str, json: object) -> bool:
    """Return True if a request may change something: a write that is no dry run.

    :param method: HTTP method, such as ``PUT``.
    :param url: URL of the request.
    :param json: JSON value of its body.
    """
    if method.upper() not in ("POST", "PUT", "DELETE", "PATCH") or url.endswith("/lookups"):
        return False
    return not (isinstance(json, dict) and json.get("dry_run") is True)


def proxies_of(session: t.Any, url: str) -> dict[str, str] | None:
    """Return the proxies of a session, and those of the environment.

    :param session: session of requests, or an object that wraps one.
    :param url: URL of the request.
    """
    inner = wrapped.innermost(session)
    if not wrapped.is_requests(inner):
        return None
    try:
        return dict(inner.merge_environment_settings(url, {}, None, None, None)["proxies"])
    except ALL:  # the settings of the environment are not valid
        return None


def _unsent(
    exception: Exception, url: str, proxy: str | None
) -> exceptions.ClientException | None:
    """Return the exception for a request that cannot be sent, ``None`` if it was sent."""
    for cause in causes.chain(exception):
        text = str(cause)
        if "SOCKS" in text and isinstance(cause, requests_exceptions.InvalidSchema):
            return exceptions.ConfigurationError(
                f"The proxy {proxies.shown(proxy or '')} needs PySocks. Install it: "
                "pip install 'requests[socks]'",
                exception=exception,
            )
        if proxy and _is_about_proxy(cause):
            concealment.conceal_login(exception, proxy)
            return exceptions.ConfigurationError(_invalid_proxy(proxy), exception=exception)
        if problem := tls_files.problem(cause):
            return exceptions.ConfigurationError(problem, exception=exception)
        if isinstance(cause, UnicodeEncodeError) and "idna" not in cause.encoding:
            break  # not the URL, but a header or a parameter
        if isinstance(cause, _INVALID_URL):
            return invalid_url(url, exception)
    is_header = _is_invalid_header(exception)
    if is_header:  # the message quotes its value, often without its name
        concealment.conceal_messages(exception, _without_quoted)
    if isinstance(exception, _INVALID_ARGUMENT) or is_header:
        return exceptions.CommandError(
            f"The request cannot be sent: {_reason(exception)}.", exception=exception
        )
    return None


def _invalid_proxy(proxy: str) -> str:
    """Return the message for a proxy whose URL is not valid."""
    names = proxies.variables(proxy)
    if names and (problem := environment.problem(proxy)):
        return f"The environment variable {names[0]} {problem}"
    check = names[0] if names else "HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
    return f"The proxy '{proxies.shown(proxy)}' is not a valid URL. Check {check}."


def invalid_url(url: object, exception: Exception | None = None) -> exceptions.ClientException:
    """Return the exception for an invalid URL.

    :param url: the URL.
    :param exception: the exception that caused this one.
    """
    if isinstance(url, str):
        if exception is not None:
            concealment.conceal_login(exception, url)
        url = secrets.mask_url(url)
    return exceptions.TransportNotFound(
        f"{shown(url)} is not a valid URL.", exception=exception
    )


def _is_about_proxy(cause: BaseException) -> bool:
    # requests parses the URL before it makes a request, and the proxy after that.
    late = isinstance(cause, requests_exceptions.InvalidURL) and cause.request is not None
    return isinstance(cause, _INVALID_PROXY) or late


def _is_invalid_header(exception: Exception) -> bool:
    return any(
        isinstance(cause, requests_exceptions.InvalidHeader)
        for cause in causes.chain(exception)
    )


def _without_quoted(message: str) -> str:
    return re.sub(r"b?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")", secrets.MASK, message)


def _reason(exception: Exception) -> str:
    """Return the message of the innermost exception."""
    *_, cause = causes.chain(exception)
    return (str(cause) or type(cause).__name__).rstrip(".")
