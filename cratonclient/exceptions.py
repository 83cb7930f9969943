# SPDX-License-Identifier: Apache-2.0
"""The errors of the library: one class per HTTP status, one way to make them.

Every error is a :class:`ClientException`. Those that an answer of the server
caused are :class:`HTTPError` and hold the answer, what the server said, and the
request id by which its operator finds the request (wire document, section 11).
"""

from __future__ import annotations

import collections.abc
import typing as t

from cratonclient import causes, secrets

if t.TYPE_CHECKING:
    import requests


class ClientException(Exception):
    """The base of all errors of this library.

    :param message: what went wrong; the class has a default.
    :param exception: the exception behind it, kept as ``original_exception``.
    """

    message = "Something went wrong in the Craton client."
    status_code: int | None = None

    def __init__(
        self,
        message: str | None = None,
        *,
        exception: BaseException | None = None,
        response: requests.Response | None = None,
    ) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.original_exception = exception
        self.response = response


class CommandError(ClientException):
    """A command was given something that it cannot use."""

    message = "The command could not be carried out."


class UnableToAuthenticate(ClientException):
    """There are no usable credentials, so no request was made."""

    message = "There are no credentials to authenticate with."


class ConfigurationError(ClientException):
    """What a file or the environment says about a cloud cannot be used."""

    message = "The configuration cannot be used."


class EndpointNotFound(ClientException):
    """No URL of Craton was given and none could be found."""

    message = "No URL of a Craton service was given, and no catalogue names one."


class TransportNotFound(ClientException):
    """Nothing installed can reach a URL of this scheme."""

    message = "Nothing installed can reach a URL of this scheme."


class UnexpectedResponse(ClientException):
    """The server answered, but not as Craton does."""

    message = "The answer is not one of a Craton server."


class Timeout(ClientException):
    """The server did not answer in time."""

    message = "The server did not answer in time."


class HTTPError(ClientException):
    """The server answered with an error.

    :param message: instead of what the server said.
    :param response: the answer.
    :param exception: the exception behind it.

    ``server_message`` is what the server said, ``None`` if it did not say
    anything that can be shown; ``request_id`` is the value of its
    ``x-openstack-request-id`` header or ``None``; ``status_code`` the status.

    >>> try:
    ...     client.hosts.get(99)
    ... except exceptions.NotFound as error:
    ...     print(error.status_code, error.server_message)
    404 Not Found
    """

    message = "The server answered with an error."

    def __init__(
        self,
        message: str | None = None,
        *,
        response: requests.Response | None = None,
        exception: BaseException | None = None,
    ) -> None:
        self.server_message = _server_message(response)
        self.request_id = _request_id(response)
        if response is not None:
            self.status_code = response.status_code
        super().__init__(
            message or self.server_message or self._from_status(response),
            exception=exception,
            response=response,
        )

    def _from_status(self, response: requests.Response | None) -> str:
        """Say what can be said when the server did not."""
        if response is None:
            return self.message
        kind = response.headers.get("Content-Type", "")
        if isinstance(kind, str) and "json" not in kind and kind:
            kind = kind.partition(";")[0]
            return (
                f"{self.message} The answer is {kind}, not JSON: is the URL the one of a "
                "Craton server?"
            )
        return self.message

    def __str__(self) -> str:
        status = f" (HTTP {self.status_code})" if self.response is not None else ""
        request = f" (Request-ID: {self.request_id})" if self.request_id else ""
        return f"{self.message}{status}{request}"


class ConnectionFailed(HTTPError):
    """The server could not be reached."""

    message = "The server could not be reached."


class HTTPRedirection(HTTPError):
    """The server sent the request elsewhere, where credentials do not go."""

    message = "The server redirects the request; redirects are not followed."


class HTTPClientError(HTTPError):
    """The server refused the request (4xx)."""

    message = "The server refused the request."


class HTTPServerError(HTTPError):
    """The server failed (5xx)."""

    message = "The server failed."


class BadRequest(HTTPClientError):
    """The request is not valid."""

    status_code = 400
    message = "The request is not valid."


class Unauthorized(HTTPClientError):
    """The credentials are wrong, or do not allow this."""

    status_code = 401
    message = "The request could not be authenticated."


class Forbidden(HTTPClientError):
    """The credentials do not allow this."""

    status_code = 403
    message = "The credentials do not allow this."


class NotFound(HTTPClientError):
    """There is no such object or path."""

    status_code = 404
    message = "There is no such object or path."


class MethodNotAllowed(HTTPClientError):
    """The API has no such call."""

    status_code = 405
    message = "The API has no such call."


class NotAcceptable(HTTPClientError):
    """The server has no answer of the wanted kind."""

    status_code = 406
    message = "The server has no answer of the wanted kind."


class ProxyAuthenticationRequired(HTTPClientError):
    """A proxy wants credentials."""

    status_code = 407
    message = "A proxy wants credentials."


class Conflict(HTTPClientError):
    """The request conflicts with what is stored."""

    status_code = 409
    message = "The request conflicts with what is stored."


class Gone(HTTPClientError):
    """The object is gone for good."""

    status_code = 410
    message = "The object is gone for good."


class LengthRequired(HTTPClientError):
    """The request must give its length."""

    status_code = 411
    message = "The request must give its length."


class PreconditionFailed(HTTPClientError):
    """A condition of the request does not hold."""

    status_code = 412
    message = "A condition of the request does not hold."


class RequestEntityTooLarge(HTTPClientError):
    """The body is too large."""

    status_code = 413
    message = "The body of the request is too large."


class RequestUriTooLong(HTTPClientError):
    """The URL is too long."""

    status_code = 414
    message = "The URL of the request is too long."


class UnsupportedMediaType(HTTPClientError):
    """The server does not take bodies of this kind."""

    status_code = 415
    message = "The server does not take bodies of this kind."


class RequestedRangeNotSatisfiable(HTTPClientError):
    """The wanted range does not exist."""

    status_code = 416
    message = "The wanted range does not exist."


class UnprocessableEntity(HTTPClientError):
    """The body is well-formed but makes no sense."""

    status_code = 422
    message = "The body of the request makes no sense."


class TooManyRequests(HTTPClientError):
    """The server wants fewer requests."""

    status_code = 429
    message = "The server wants fewer requests; try again later."


class InternalServerError(HTTPServerError):
    """The server failed without saying why."""

    status_code = 500
    message = "The server failed without saying why."


class BadGateway(HTTPServerError):
    """A gateway did not get a proper answer."""

    status_code = 502
    message = "A gateway did not get a proper answer from the server."


class ServiceUnavailable(HTTPServerError):
    """The server is not available at the moment."""

    status_code = 503
    message = "The server is not available at the moment."


class GatewayTimeout(HTTPServerError):
    """A gateway did not get an answer in time."""

    status_code = 504
    message = "A gateway did not get an answer from the server in time."


def _leaves(base: type[HTTPError]) -> t.Iterator[type[HTTPError]]:
    for cls in base.__subclasses__():
        yield cls
        yield from _leaves(cls)


_BY_STATUS = {cls.status_code: cls for cls in _leaves(HTTPError) if cls.status_code is not None}


def class_for(status: int) -> type[HTTPError]:
    """Give the class of errors with an HTTP status.

    :param status: the status, such as 404.
    :returns: its own class, else the one of its hundred.

    >>> class_for(404).__name__, class_for(418).__name__
    ('NotFound', 'HTTPClientError')
    """
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return HTTPRedirection
    if 400 <= status < 500:
        return HTTPClientError
    if 500 <= status < 600:
        return HTTPServerError
    return HTTPError


def error_from(response: requests.Response) -> HTTPError:
    """Make the error that an answer stands for.

    :param response: an answer with status 300 or more.
    :returns: an error of the class of its status. It is not raised.

    >>> raise exceptions.error_from(response)
    """
    return class_for(response.status_code)(response=response)


def raise_from(exception: Exception) -> ClientException:
    """Turn an exception of keystoneauth1 into one of this library.

    :param exception: what keystoneauth1 raised.
    :returns: the error that says the same. In spite of its name, which
        programs know, the function does not raise it.

    >>> raise exceptions.raise_from(error) from error
    """
    from keystoneauth1 import exceptions as ksa

    if isinstance(exception, ksa.HttpError):
        response: requests.Response | None = getattr(exception, "response", None)
        status = exception.http_status if response is None else response.status_code
        error = class_for(status)(response=response, exception=exception)
        error.status_code = status
        return error
    if isinstance(exception, (ksa.ConnectionError, ksa.RetriableConnectionFailure)):
        late = isinstance(exception, ksa.ConnectTimeout)
        unsafe = isinstance(exception, ksa.SSLError)
        return _no_answer(str(exception), exception, late, unsafe)
    if isinstance(exception, (ksa.EndpointNotFound, ksa.EmptyCatalog)):
        return EndpointNotFound(exception=exception)
    if isinstance(exception, (ksa.AuthorizationFailure, ksa.AuthPluginException)):
        return UnableToAuthenticate(str(exception), exception=exception)
    return ClientException(str(exception), exception=exception)


def unanswered(url: str, exception: requests.RequestException) -> ClientException:
    """Turn an exception of requests into one of this library.

    :param url: what was asked.
    :param exception: what requests raised.
    :returns: the error that says the same. It is not raised.

    >>> raise exceptions.unanswered(url, error) from error
    """
    from requests import exceptions as below

    unsafe = isinstance(exception, below.SSLError)
    late = isinstance(exception, below.Timeout)
    words = f"Unexpected exception for {url}"
    if unsafe:
        words = f"SSL exception connecting to {url}"
    elif late:
        words = f"Request to {url} timed out"
    elif isinstance(exception, below.ConnectionError):
        words = f"Unable to establish connection to {url}"
    return _no_answer(words, exception, late, unsafe)


def _no_answer(words: str, exception: Exception, late: bool, unsafe: bool) -> ClientException:
    """Make the error for a request without an answer.

    :param words: what is said of it, as keystoneauth1 says it.
    :param late: whether the time was over.
    :param unsafe: whether the certificate was refused.
    """
    reason = causes.reason(words, exception)
    if causes.was_silent(exception):
        where = reason.rpartition(" to ")[2]
        return Timeout(f"{where} did not answer in time.", exception=exception)
    if late:
        return Timeout(reason, exception=exception)
    cure = (
        "that the authority of the certificate is trusted" if unsafe else "that the server runs"
    )
    return ConnectionFailed(f"{reason}. Check the URL, and {cure}.", exception=exception)


def _server_message(response: requests.Response | None) -> str | None:
    """Read what the server said: ``{"message": …}``, or Keystone's nested form."""
    if response is None:
        return None
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    if isinstance(body, collections.abc.Mapping):
        error = body.get("error")
        inner = error if isinstance(error, collections.abc.Mapping) else body
        message = inner.get("message")
        if isinstance(message, str) and message:
            return secrets.mask(message)  # it may quote what was sent
    return None


def _request_id(response: requests.Response | None) -> str | None:
    if response is None:
        return None
    value = response.headers.get("x-openstack-request-id")
    return value if isinstance(value, str) else None
