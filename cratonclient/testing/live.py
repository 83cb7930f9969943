# SPDX-License-Identifier: Apache-2.0
"""A server of a fleet with a URL, and the credentials of its users."""

from __future__ import annotations

import contextlib
import http
import json
import threading
import typing as t

from cratonclient import auth, exceptions
from cratonclient.printable import shown
from cratonclient.testing import sockets
from cratonclient.testing.description import Described
from cratonclient.v1 import client

if t.TYPE_CHECKING:
    from wsgiref import types as wsgi


class Login:
    """The credentials of a user of a :class:`Server`.

    :param url: URL of the server.
    :param username: name of the user.
    :param token: API key of the user.
    :param project_id: id of the project of the user.
    :param clients: stack that closes the clients.
    """

    def __init__(
        self,
        url: str,
        username: str,
        token: str,
        project_id: str,
        clients: contextlib.ExitStack,
    ) -> None:
        #: The URL of the server, without ``/v1``.
        self.url = url
        #: The name of the user.
        self.username = username
        #: The API key of the user.
        self.token = token
        #: The id of the project of the user.
        self.project_id = project_id
        self._clients = clients

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.username} at {self.url}>"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that programs such as ``craton`` read.

        >>> sorted(server.environment)
        ['CRATON_URL', 'OS_PASSWORD', 'OS_PROJECT_ID', 'OS_USERNAME']
        """
        return {
            "CRATON_URL": self.url,
            "OS_USERNAME": self.username,
            "OS_PASSWORD": self.token,
            "OS_PROJECT_ID": self.project_id,
        }

    def client(self) -> client.Client:
        """Return a new client of the user. It is closed together with the server.

        >>> [cloud.name for cloud in server.client().clouds.list()]
        ['prod']
        """
        session = auth.craton_auth(self.username, self.token, self.project_id)
        return self._clients.enter_context(client.Client(session, self.url))


class Server(Login):
    """A running server, with the credentials of a user with the root role.

    It has all attributes and methods of :class:`Login`.

    :param login: arguments of :class:`Login`.
    :param users: users of the description, created.
    :param failures: WSGI layer of the server.
    """

    def __init__(self, *login: t.Any, users: t.Sequence[Described], failures: Failures) -> None:
        super().__init__(*login)
        self._users = users
        self._failures = failures

    def login(self, username: str, project: str | None = None) -> Login:
        """Return the credentials of a user of the description.

        :param username: name of the user.
        :param project: name of the project of the user, if projects have users of the same
            name.
        :raises cratonclient.exceptions.CommandError: if the description has no such user,
            or several of them.

        >>> server.login('ada', project='lab').environment['OS_USERNAME']
        'ada'
        """
        found = [one for one in self._users if one.name == username]
        if project is not None:
            found = [one for one in found if one.references["project_id"].name == project]
        if not found:
            raise exceptions.CommandError(f"The description has no user {shown(username)}.")
        if len(found) > 1:
            raise exceptions.CommandError(
                f"Several projects have a user {shown(username)}. Name the project, too."
            )
        user = found[0].real
        return Login(self.url, user.username, user.api_key, user.project_id, self._clients)

    def fail_next(
        self, status: int, times: int = 1, *, method: str = "", path: str = ""
    ) -> None:
        """Answer the next requests with an error. They have no effect on the fleet.

        The library repeats a GET request after 429, 502, 503 and 504, so a single failure
        stays hidden from a program that uses it.

        :param status: HTTP status, such as 503.
        :param times: number of requests.
        :param method: count requests with this method only, such as ``PUT``.
        :param path: count requests for paths that contain this text only, such as
            ``/labels``.
        :raises ValueError: if the status is not the status of an error.

        >>> server.fail_next(500)
        >>> server.fail_next(503, times=2, method='PUT', path='/labels')
        """
        if status < 400:
            raise ValueError(f"{status} is not the status of an error, such as 503")
        failure = Failure(http.HTTPStatus(status), method.upper(), path)
        self._failures.expected.extend([failure] * times)


class Failure(t.NamedTuple):
    """A failure of a coming request.

    :param status: status of the response.
    :param method: method of the request, empty for any.
    :param path: text in the path of the request, empty for any.
    """

    status: http.HTTPStatus
    method: str
    path: str

    def concerns(self, environ: wsgi.WSGIEnvironment) -> bool:
        """Return True if a request fails."""
        is_method = self.method in ("", environ["REQUEST_METHOD"])
        return is_method and self.path in environ.get("PATH_INFO", "")


class Failures:
    """A WSGI layer that answers requests with an error, as long as some are expected."""

    def __init__(self, application: wsgi.WSGIApplication) -> None:
        self._application = application
        self._lock = threading.Lock()
        self.expected: list[Failure] = []

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Answer a request."""
        failure = self._taken(environ)
        if failure is None:
            return self._application(environ, start_response)
        status = failure.status
        body = json.dumps({"message": f"{status.phrase} (by the test)", "status": status})
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body.encode()]

    def _taken(self, environ: wsgi.WSGIEnvironment) -> Failure | None:
        """Remove and return the first failure that concerns a request."""
        with self._lock:
            for failure in self.expected:
                if failure.concerns(environ):
                    self.expected.remove(failure)
                    return failure
        return None


@contextlib.contextmanager
def running(
    application: wsgi.WSGIApplication,
    root: tuple[str, str, str],
    objects: t.Sequence[Described],
) -> t.Iterator[Server]:
    """Serve an application, and yield its server.

    :param application: WSGI application of a fleet.
    :param root: name, API key and project id of a user with the root role.
    :param objects: objects of the fleet, created from a description.
    """
    failures = Failures(application)
    users = [one for one in objects if one.kind.collection == "users"]
    with sockets.serving(failures) as url, contextlib.ExitStack() as clients:
        yield Server(url, *root, clients, users=users, failures=failures)
