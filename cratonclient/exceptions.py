# SPDX-License-Identifier: Apache-2.0
"""The exceptions of the library.

They form this tree::

    ClientException
    ├── CommandError
    │   └── Ambiguous
    ├── UnableToAuthenticate
    ├── ConfigurationError
    ├── EndpointNotFound
    ├── TransportNotFound
    ├── FeatureMissing
    ├── UnexpectedResponse
    ├── Timeout
    └── HTTPError
        ├── ConnectionFailed
        ├── HTTPRedirection         status 3xx
        ├── HTTPClientError         status 4xx, one subclass for each status
        └── HTTPServerError         status 5xx, one subclass for each status

An :class:`HTTPError` holds the response of the server, its message, and the request id
with which the operator of the server finds the request in the log.
"""

from __future__ import annotations

import collections.abc
import json
import typing as t

from cratonclient import secrets
from cratonclient.diagnosis import causes, concealment, proxies
from cratonclient.printable import printable, printable_lines

if t.TYPE_CHECKING:
    import requests


class ClientException(Exception):
    """Base class of all exceptions of this library.

    The message contains no secrets and no control characters except newlines. Neither do
    the messages of the exceptions that caused this one. A pickled exception also keeps no
    secret of the request and of the response, and no ``original_exception``.

    :param message: text of the error. Each class has a default.
    :param exception: the exception that caused this one, available as
        ``original_exception``.
    :param response: the response that caused the error, if there is one.
    """

    message = "An error occurred in the Craton client."
    status_code: int | None = None
    #: True if a request was sent that changes something, and no response says whether the
    #: server made the change.
    outcome_unknown = False

    def __init__(
        self,
        message: str | None = None,
        *,
        exception: BaseException | None = None,
        response: requests.Response | None = None,
    ) -> None:
        self.message = printable_lines(secrets.mask(self._text(message, response)))
        super().__init__(self.message)
        self.original_exception = exception
        self.response = response
        if exception is not None:
            concealment.conceal_messages(exception)

    def _text(self, message: str | None, response: requests.Response | None) -> str:
        """Return the whole message of an error, from the arguments of its constructor."""
        return str(message or self.message)

    def __reduce__(self) -> tuple[t.Any, ...]:
        """Return what a pickle contains: the attributes, without secrets."""
        state = {name: concealment.concealed(value) for name, value in vars(self).items()}
        return type(self), self.args, {**state, "original_exception": None}


class CommandError(ClientException):
    """The arguments of a call or a command cannot be used."""

    message = "The arguments are not valid."


class Ambiguous(CommandError):
    """Several objects match, where one was expected."""

    message = "Several objects match."


class UnableToAuthenticate(ClientException):
    """The credentials are missing, incomplete or refused."""

    message = "The credentials are missing or not valid."


class ConfigurationError(ClientException):
    """The settings of a cloud, from a file or the environment, cannot be used."""

    message = "The configuration is not valid."


class EndpointNotFound(ClientException):
    """No URL of Craton was given, and the catalog contains none."""

    message = "No URL of Craton was given, and the catalog contains none. Set CRATON_URL."


class TransportNotFound(ClientException):
    """The URL is not valid, or no installed package can open URLs of its scheme."""

    message = "No installed package can open URLs of this scheme."


class FeatureMissing(ClientException):
    """The server does not have a feature, such as an original server of 2017."""

    message = "The server does not have this feature."


class UnexpectedResponse(ClientException):
    """The response does not follow the Craton API.

    The message names the proxy of the request, if it went through one.
    """

    message = "The response does not follow the Craton API."

    def _text(self, message: str | None, response: requests.Response | None) -> str:
        return super()._text(message, response) + proxies.of_response(response)


class Timeout(ClientException):
    """The server did not respond in time."""

    message = "The server did not respond in time."


class RefusedChange(t.NamedTuple):
    """A change of a change set that the server refuses.

    :param position: position of the change in the set, from 0.
    :param action: ``create``, ``update`` or ``delete``.
    :param kind: collection of the object, such as ``hosts``.
    :param id: id of the object, ``None`` for a new object.
    :param name: name of the object, if the change has one.
    :param status: HTTP status that a request for this change alone would have, such as 409.
    :param message: the reason.
    """

    position: int
    action: str
    kind: str
    id: int | str | None
    name: str | None
    status: int
    message: str


class HTTPError(ClientException):
    """The server responded with an error.

    The attributes are ``status_code``; ``server_message``, the message in the response,
    or ``None``; ``request_id``, the value of the response header
    ``x-openstack-request-id``, or ``None``; ``refused``, the changes that the server refuses
    if the request was a change set, as a tuple of :class:`RefusedChange`; and ``response``.

    :param message: text of the error. The default is the message in the response.
    :param response: the response of the server.
    :param exception: the exception that caused this one.

    >>> try:
    ...     client.hosts.get(99)
    ... except exceptions.NotFound as error:
    ...     print(error.status_code, error.server_message)
    404 Not Found
    """

    message = "The server responded with an error."

    def __init__(
        self,
        message: str | None = None,
        *,
        response: requests.Response | None = None,
        exception: BaseException | None = None,
    ) -> None:
        self.server_message = _server_message(response)
        self.request_id = _request_id(response)
        self.refused = _refused(response)
        if response is not None:
            self.status_code = response.status_code
        super().__init__(
            message or self.server_message or self._default_message(response),
            exception=exception,
            response=response,
        )

    def _default_message(self, response: requests.Response | None) -> str:
        """Return the message for a response without a message of its own."""
        if response is None:
            return self.message
        content_type = response.headers.get("Content-Type", "")
        if isinstance(content_type, str) and "json" not in content_type and content_type:
            content_type = content_type.partition(";")[0]
            return (
                f"{self.message} The response is {content_type}, not JSON. Check that the URL "
                f"belongs to a Craton server.{proxies.of_response(response)}"
            )
        return self.message

    def __str__(self) -> str:
        status = f" (HTTP {self.status_code})" if self.response is not None else ""
        request = f" (Request-ID: {self.request_id})" if self.request_id else ""
        return f"{self.message}{status}{request}"


class ConnectionFailed(HTTPError):
    """The connection to the server failed, before or during the response."""

    message = "The connection to the server failed."


class HTTPRedirection(HTTPError):
    """The server redirected the request (HTTP 3xx).

    Redirects are not followed, because they could send the credentials to another server.
    """

    message = "The server redirects the request, and redirects are not followed."


class HTTPClientError(HTTPError):
    """The server refused the request (HTTP 4xx)."""

    message = "The server refused the request."


class HTTPServerError(HTTPError):
    """The server failed to process the request (HTTP 5xx)."""

    message = "The server failed to process the request."


class BadRequest(HTTPClientError):
    """The request is not valid (HTTP 400).

    The client raises it without a response if it refuses a value before it sends it, such
    as an invalid address.
    """

    status_code = 400
    message = "The request is not valid."


class Unauthorized(HTTPClientError):
    """The credentials are missing or wrong (HTTP 401).

    The original Craton server also uses this status for a missing role.
    """

    status_code = 401
    message = "The request could not be authenticated."


class Forbidden(HTTPClientError):
    """The credentials do not permit the request (HTTP 403)."""

    status_code = 403
    message = "The credentials do not permit the request."


class NotFound(HTTPClientError):
    """The object or the path does not exist (HTTP 404)."""

    status_code = 404
    message = "The object or the path does not exist."


class MethodNotAllowed(HTTPClientError):
    """The path does not support the method (HTTP 405)."""

    status_code = 405
    message = "The path does not support the method of the request."


class NotAcceptable(HTTPClientError):
    """The server cannot send the requested format (HTTP 406)."""

    status_code = 406
    message = "The server cannot send the requested format."


class ProxyAuthenticationRequired(HTTPClientError):
    """A proxy requires credentials (HTTP 407). The message names the proxy."""

    status_code = 407
    message = "A proxy requires credentials."

    def _default_message(self, response: requests.Response | None) -> str:
        return f"{self.message}{proxies.of_response(response)}"


class Conflict(HTTPClientError):
    """The request conflicts with stored data (HTTP 409)."""

    status_code = 409
    message = "The request conflicts with stored data."


class Gone(HTTPClientError):
    """The object was removed permanently (HTTP 410)."""

    status_code = 410
    message = "The object was removed permanently."


class LengthRequired(HTTPClientError):
    """The request has no Content-Length header (HTTP 411)."""

    status_code = 411
    message = "The request has no Content-Length header, which the server requires."


class State(t.Protocol):
    """An object, or its own variables, as they were read.

    Type checkers know its fields after ``isinstance(error.present, hosts.Host)``.
    """

    @property
    def entity_tag(self) -> str | None:
        """The entity tag."""

    def to_dict(self) -> dict[str, t.Any]:
        """Return the values by name."""


class ChangedMeanwhile:
    """An object that somebody has changed since it was read: both of its states.

    :param built_on: the object that the change was based on, ``None`` if it had a bare tag.
    :param read_present: function that reads the present state.
    :param refusal: the refused change, if it was one of a change set.
    """

    def __init__(
        self,
        built_on: State | None,
        read_present: t.Callable[[], State | list[str]],
        refusal: RefusedChange | None = None,
    ) -> None:
        self.built_on = built_on
        self.refusal = refusal
        self._read_present: t.Callable[[], State | list[str]] | None = read_present
        self._present: State | list[str] | None = None

    @property
    def present(self) -> State | list[str] | None:
        """The present state: the object, its own variables, or its labels.

        The first use sends a request, because most programs only try again.

        :raises NotFound: if the object does not exist any more.
        """
        if self._present is None and self._read_present is not None:
            self._present = self._read_present()
        return self._present

    def __getstate__(self) -> dict[str, t.Any]:
        """Return what a pickle contains: no manager, and so no present state to read."""
        return {**self.__dict__, "_read_present": None}


class PreconditionFailed(HTTPClientError):
    """Somebody has changed the object since it was read (HTTP 412).

    The request had the entity tag of another state, or a revision that others have changed the
    object after. Nothing was changed.

    The attributes are ``entity_tag``, the present tag, ``None`` for a change set; ``changed``,
    both states of each object as a tuple of :class:`ChangedMeanwhile`, which are several for a
    change set; and :attr:`built_on` and :attr:`present`, those of the first one.

    >>> try:
    ...     host.update(note='in repair', if_match=True)
    ... except exceptions.PreconditionFailed as error:
    ...     print(error.built_on.note, error.present.note)
    spare broken

    >>> try:
    ...     with craton.changes.new() as changes:
    ...         for host in hosts:
    ...             changes.update(host, note='in repair', if_match=True)
    ... except exceptions.PreconditionFailed as error:
    ...     for one in error.changed:
    ...         print(one.built_on.note, one.present.note)
    spare broken
    spare sold
    """

    status_code = 412
    message = "A precondition of the request is not met."

    entity_tag: str | None = None
    #: The objects that somebody has changed. The manager that sent the request sets them.
    changed: tuple[ChangedMeanwhile, ...] = ()

    @property
    def built_on(self) -> State | None:
        """The object that the request was based on, ``None`` if it had a bare tag."""
        return self.changed[0].built_on if self.changed else None

    @property
    def present(self) -> State | list[str] | None:
        """The present state, as :attr:`ChangedMeanwhile.present`.

        :raises NotFound: if the object does not exist any more.
        """
        return self.changed[0].present if self.changed else None


class RequestEntityTooLarge(HTTPClientError):
    """The request body is too large (HTTP 413)."""

    status_code = 413
    message = "The request body is too large."


class RequestUriTooLong(HTTPClientError):
    """The request URL is too long (HTTP 414)."""

    status_code = 414
    message = "The request URL is too long."


class UnsupportedMediaType(HTTPClientError):
    """The server does not support the type of the body (HTTP 415)."""

    status_code = 415
    message = "The server does not support the media type of the request body."


class RequestedRangeNotSatisfiable(HTTPClientError):
    """The requested range does not exist (HTTP 416)."""

    status_code = 416
    message = "The requested range does not exist."


class UnprocessableEntity(HTTPClientError):
    """The body is well-formed, but its content is not valid (HTTP 422)."""

    status_code = 422
    message = "The content of the request body is not valid."


class TooManyRequests(HTTPClientError):
    """The client sent too many requests (HTTP 429)."""

    status_code = 429
    message = "The client sent too many requests. Try again later."


class InternalServerError(HTTPServerError):
    """The server failed with an internal error (HTTP 500)."""

    status_code = 500
    message = "The server failed with an internal error."


class BadGateway(HTTPServerError):
    """A gateway received no valid response (HTTP 502)."""

    status_code = 502
    message = "A gateway received no valid response from the server."


class ServiceUnavailable(HTTPServerError):
    """The server is temporarily unavailable (HTTP 503)."""

    status_code = 503
    message = "The server is temporarily unavailable. Try again later."


class GatewayTimeout(HTTPServerError):
    """A gateway received no response in time (HTTP 504)."""

    status_code = 504
    message = "A gateway received no response from the server in time."


def _subclasses(base: type[HTTPError]) -> t.Iterator[type[HTTPError]]:
    for cls in base.__subclasses__():
        yield cls
        yield from _subclasses(cls)


_BY_STATUS = {
    cls.status_code: cls for cls in _subclasses(HTTPError) if cls.status_code is not None
}


def class_for(status: int) -> type[HTTPError]:
    """Return the exception class for an HTTP status.

    :param status: status code, such as 404.
    :returns: the class of the status. A status without a class of its own has the class
        of its range: :class:`HTTPRedirection`, :class:`HTTPClientError` or
        :class:`HTTPServerError`, otherwise :class:`HTTPError`.

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
    """Return the exception for a response. This does not raise it.

    :param response: response with a status of 300 or more.
    :returns: an exception of the class that :func:`class_for` returns.

    >>> raise exceptions.error_from(response)
    """
    return class_for(response.status_code)(response=response)


def raise_from(exception: Exception) -> ClientException:
    """Return the exception of this library for an exception of keystoneauth1 or requests.

    Despite its name, this function does not raise the exception. The name is kept for
    existing programs.

    :param exception: exception of keystoneauth1 or requests.
    :returns: the corresponding exception, with ``exception`` as ``original_exception``.

    >>> raise exceptions.raise_from(error) from error
    """
    from keystoneauth1 import exceptions as ksa
    from requests import exceptions as requests_exceptions

    response: requests.Response | None = getattr(exception, "response", None)
    if isinstance(exception, requests_exceptions.RequestException):
        # A session that calls raise_for_status() has a response; its truth value is False.
        if isinstance(exception, requests_exceptions.HTTPError) and response is not None:
            return class_for(response.status_code)(response=response, exception=exception)
        url = getattr(exception.request, "url", None) or "the server"
        return unanswered(url, exception)
    if isinstance(exception, ksa.HttpError):
        status = exception.http_status if response is None else response.status_code
        error = class_for(status)(response=response, exception=exception)
        error.status_code = status
        return error
    if isinstance(exception, (ksa.ConnectionError, ksa.RetriableConnectionFailure)):
        timed_out = isinstance(exception, ksa.ConnectTimeout)
        tls_failed = isinstance(exception, ksa.SSLError)
        return _no_response(str(exception), exception, timed_out, tls_failed)
    if isinstance(exception, (ksa.EndpointNotFound, ksa.EmptyCatalog)):
        return EndpointNotFound(exception=exception)
    if isinstance(exception, (ksa.AuthorizationFailure, ksa.AuthPluginException)):
        return UnableToAuthenticate(str(exception), exception=exception)
    return ClientException(str(exception), exception=exception)


def unanswered(url: str, exception: Exception) -> ClientException:
    """Return the exception of this library for an exception of requests or of a socket.

    This does not raise it.

    :param url: URL of the request.
    :param exception: exception of requests or of a socket.
    :returns: :class:`Timeout` or :class:`ConnectionFailed`, with ``exception`` as
        ``original_exception``.

    >>> raise exceptions.unanswered(url, error) from error
    """
    from requests import exceptions as requests_exceptions

    tls_failed = isinstance(exception, requests_exceptions.SSLError)
    timed_out = isinstance(exception, (requests_exceptions.Timeout, TimeoutError))
    # Use the words of keystoneauth1, so that an error has the same message in a session of
    # keystoneauth1 and in a DirectSession.
    message = f"Unexpected exception for {url}"
    if tls_failed:
        message = f"SSL exception connecting to {url}"
    elif timed_out:
        message = f"Request to {url} timed out"
    elif isinstance(exception, requests_exceptions.ConnectionError):
        message = f"Unable to establish connection to {url}"
    return _no_response(message, exception, timed_out, tls_failed)


def _no_response(
    message: str, exception: Exception, timed_out: bool, tls_failed: bool
) -> ClientException:
    """Return the exception for a request without a complete response.

    :param message: message of keystoneauth1, or a message in the same words.
    :param exception: exception of keystoneauth1 or requests.
    :param timed_out: the request timed out.
    :param tls_failed: the TLS connection failed, usually because of the certificate.
    """
    reason = causes.reason(message, exception)
    if causes.is_read_timeout(exception):
        # The reason is "Unable to establish connection to <url>" or the like.
        url = reason.rpartition(" to ")[2].removesuffix(" timed out")
        return Timeout(f"{url} did not respond in time.", exception=exception)
    if timed_out:
        return Timeout(reason, exception=exception)
    check = (
        "the certificate of the server is trusted" if tls_failed else "the server is running"
    )
    return ConnectionFailed(
        f"{reason}. Check that the URL is correct and {check}.", exception=exception
    )


def parse_json(response: requests.Response) -> t.Any:
    """Return the JSON value in a response, or ``None`` if there is none.

    ``response.json()`` guesses the encoding of other content, which takes minutes for a
    large body. It is called only for responses that have no bytes, such as mocks.
    """
    try:
        content = response.content
        return json.loads(content) if isinstance(content, bytes) else response.json()
    except (ValueError, RecursionError, TypeError):
        return None


def _server_message(response: requests.Response | None) -> str | None:
    """Return the message in a response of Craton or Keystone, or None.

    Craton sends ``{"message": "…"}``, Keystone ``{"error": {"message": "…"}}``.
    """
    if response is None:
        return None
    body = parse_json(response)
    if isinstance(body, collections.abc.Mapping):
        error = body.get("error")
        inner = error if isinstance(error, collections.abc.Mapping) else body
        message = inner.get("message")
        if isinstance(message, str) and message:
            return secrets.mask(message)  # the message may quote the request
    return None


def _refused(response: requests.Response | None) -> tuple[RefusedChange, ...]:
    """Return the refused changes in the response to a change set; otherwise none."""
    body = None if response is None else parse_json(response)
    errors = body.get("errors") if isinstance(body, dict) else None
    found = []
    for one in errors if isinstance(errors, list) else ():
        if isinstance(one, dict) and isinstance(one.get("position"), int):
            values: dict[str, t.Any] = {name: one.get(name) for name in RefusedChange._fields}
            message = secrets.mask(str(values.pop("message")))
            found.append(RefusedChange(**values, message=message))
    return tuple(found)


def _request_id(response: requests.Response | None) -> str | None:
    if response is None:
        return None
    value = response.headers.get("x-openstack-request-id")
    return printable(value) if isinstance(value, str) else None
