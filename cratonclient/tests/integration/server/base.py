# SPDX-License-Identifier: Apache-2.0
"""The application in this process, and users who send requests to it."""

from __future__ import annotations

import contextlib
import itertools
import json
import typing as t
from unittest import mock
from wsgiref import validate

import sqlalchemy
from falcon import testing

from cratonclient.tests import base
from cratonclient.tests.integration.server import databases
from cratonserver import composition, identity, wsgi_keys
from cratonserver.auth import last_use
from cratonserver.config.settings import Limits, Quotas, Settings
from cratonserver.db.store import Store

HOST = "craton.example"
BASE = f"http://{HOST}/v1"
JSON = "application/json"

#: An id that no object has.
NOWHERE = 999999
NO_PROJECT = "11111111-1111-4111-8111-111111111111"

#: The collections. Each comes after the collections that its objects refer to.
COLLECTIONS = (
    "projects",
    "users",
    "clouds",
    "regions",
    "cells",
    "hosts",
    "network-devices",
    "networks",
    "network-interfaces",
)
INVENTORY = COLLECTIONS[2:]
WITH_VARIABLES = ("projects", *INVENTORY[:-1])

#: Settings without the limit on failed logins, as many tests of a fleet log in wrongly.
SETTINGS = Settings(
    limits=Limits(failed_logins=0, webhook_http=True, webhook_networks=("127.0.0.0/8",)),
    quotas=Quotas(quota_webhooks=1000),
)

_numbers = itertools.count(1)


def unique(text: str) -> str:
    """Return an unused name."""
    return f"{text}-{next(_numbers)}"


class Answer(t.NamedTuple):
    """A response of the application."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> t.Any:
        """The body, parsed as JSON."""
        return json.loads(self.text)


class Caller:
    """A user who sends requests to the application.

    ``wsgiref.validate`` checks that the application conforms to WSGI.

    :param application: WSGI application.
    :param headers: headers of every request.
    """

    def __init__(self, application: t.Any, headers: t.Mapping[str, str]) -> None:
        self.application = application
        self._validated = validate.validator(application)
        self.headers = dict(headers)

    @property
    def project_id(self) -> str:
        """The project of the requests."""
        return self.headers["X-Auth-Project"]

    def call(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        *,
        text: str | bytes | None = None,
        content_type: str | None = JSON,
        headers: t.Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; the path is relative to ``/v1``."""
        sent = text if text is not None else "" if body is None else json.dumps(body)
        url, _, query = f"/v1{path}".partition("?")
        given = {**self.headers, **(headers or {})}
        if sent and content_type is not None:
            given["Content-Type"] = content_type
        environ = testing.create_environ(
            path=url, query_string=query, method=method, body=sent, headers=given, host=HOST
        )
        start = testing.StartResponseMock()
        with contextlib.closing(t.cast("t.Any", self._validated(environ, start))) as result:
            found = b"".join(result).decode()
        return Answer(int(str(start.status).split()[0]), dict(start.headers or ()), found)

    def get(self, path: str, **kw: t.Any) -> Answer:
        """Send a GET request."""
        return self.call("GET", path, **kw)

    def post(self, path: str, body: t.Any = None, **kw: t.Any) -> Answer:
        """Send a POST request."""
        return self.call("POST", path, body, **kw)

    def put(self, path: str, body: t.Any = None, **kw: t.Any) -> Answer:
        """Send a PUT request."""
        return self.call("PUT", path, body, **kw)

    def delete(self, path: str, body: t.Any = None, **kw: t.Any) -> Answer:
        """Send a DELETE request."""
        return self.call("DELETE", path, body, **kw)

    def make(self, collection: str, **fields: t.Any) -> dict[str, t.Any]:
        """Create an object, with default values for missing required fields."""
        values = self.needed(collection, fields)
        answer = self.post(f"/{collection}", values)
        assert answer.status == 201, answer.text
        made: dict[str, t.Any] = answer.json
        return made

    def needed(self, collection: str, fields: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the body of a POST: the fields, and defaults for missing required ones."""
        number = next(_numbers)
        values = dict(fields)
        if collection == "users":
            return {"username": f"user-{number}", "project_id": self.project_id, **values}
        values.setdefault("name", f"{collection}-{number}")
        if collection == "webhooks":
            values.setdefault("url", "http://127.0.0.1:1/nobody/listens")
        if collection in ("cells", "hosts", "network-devices", "networks"):
            if "region_id" not in values:
                known = {n: values[n] for n in ("cloud_id",) if n in values}
                values["region_id"] = self.make("regions", **known)["id"]
            if "cloud_id" not in values:
                region = self.get(f"/regions/{values['region_id']}").json
                values["cloud_id"] = region["cloud_id"]
        if collection == "regions" and "cloud_id" not in values:
            values["cloud_id"] = self.make("clouds")["id"]
        if collection in ("hosts", "network-devices"):
            values.setdefault("device_type", "server")
        if collection in ("hosts", "network-devices", "network-interfaces"):
            values.setdefault("ip_address", f"10.0.{number // 256 % 256}.{number % 256}")
        if collection == "networks":
            values = {
                "cidr": "10.0.0.0/24",
                "gateway": "10.0.0.1",
                "netmask": "255.255.255.0",
                **values,
            }
        if collection == "network-interfaces":
            values.setdefault("interface_type", "ethernet")
            if "device_id" not in values:
                values["device_id"] = self.make("hosts")["id"]
        return values

    def items(self, path: str) -> list[dict[str, t.Any]]:
        """Return the items of one page of a list; of ``devices``, both kinds."""
        answer = self.get(path)
        assert answer.status == 200, answer.text
        found = envelope(path, answer.json)
        return (
            [*found["hosts"], *found["network-devices"]] if isinstance(found, dict) else found
        )

    def names(self, path: str) -> list[str]:
        """Return the names of the items of one page of a list."""
        return [item["name"] for item in self.items(path)]


def envelope(path: str, body: dict[str, t.Any]) -> t.Any:
    """Return the value in the body of a list that holds the items."""
    collection = path.lstrip("/").partition("?")[0]
    return body[collection.replace("-", "_")]


def in_order(path: str, body: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the items of a page in order, for any collection except ``devices``."""
    found = envelope(path, body)
    assert isinstance(found, list)
    return found


class ServerTestCase(base.TestCase):
    """Tests that share a fleet. Each test can create projects of its own."""

    store: t.ClassVar[Store]
    root: t.ClassVar[Caller]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = composition.store_at(databases.new(cls.addClassCleanup))
        cls.addClassCleanup(cls.store.close)
        if not databases.SERVER:  # the tests need no durability
            sqlalchemy.event.listen(cls.store.engine, "connect", _disable_sync)
        cls.store.open()
        # Tests count statements, so none may come from a timer.
        patch = mock.patch.object(last_use, "DELAY", 3600)
        patch.start()
        cls.addClassCleanup(patch.stop)
        key = cls.store.add_root_user("root")
        cls.root = Caller(
            composition.application_of(cls.store, SETTINGS),
            credentials("root", str(key), identity.FIRST_PROJECT),
        )

    def member(self, project_id: str | None = None, **fields: t.Any) -> Caller:
        """Create a user, in a new project unless one is given."""
        project = project_id or self.root.make("projects")["id"]
        user = self.root.make("users", project_id=project, **fields)
        headers = credentials(user["username"], user["api_key"], project)
        return Caller(self.root.application, headers)

    def acting(self, who: identity.Identity) -> Caller:
        """Return a caller whom middleware has authenticated, as Keystone's does."""

        def application(environ: t.Any, start_response: t.Any) -> t.Any:
            environ[wsgi_keys.IDENTITY] = who
            return self.root.application(environ, start_response)

        return Caller(application, {"X-Auth-Project": who.project_id})

    def explain(self, command: str, statement: str, values: t.Any) -> list[t.Any]:
        """Return the plan of a statement that a listener of the engine has seen.

        :param command: beginning of the statement, such as ``EXPLAIN``.
        :param values: its parameters: a list for a prepared statement.
        """
        sql = f"{command} {statement}"
        with self.store.read() as connection:
            if not isinstance(values, list):
                return list(connection.exec_driver_sql(sql, values))
            driver: t.Any = connection.connection.driver_connection
            cursor = driver.prepared_cursor()
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    @contextlib.contextmanager
    def about(self, case: str) -> t.Iterator[None]:
        """Add the name of the case to the traceback of a failure."""
        try:
            yield
        except Exception as exc:
            exc.add_note(f"case: {case}")
            raise

    def assertAnswer(self, answer: Answer, status: int, message: str | None = None) -> None:
        """Check the status of a response, and the message of an error."""
        self.assertEqual(status, answer.status, answer.text)
        if message is not None:
            self.assertEqual({"message": message, "status": status}, answer.json)

    def assertInvalid(self, answer: Answer, *problems: str) -> None:
        """Check that a request is refused because of exactly these problems."""
        lines = "".join(f"\n- {problem}" for problem in sorted(problems))
        self.assertAnswer(answer, 400, f"The request included the following errors:{lines}")


def _disable_sync(connection: t.Any, _record: t.Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")


def credentials(username: str, key: str, project_id: str) -> dict[str, str]:
    """Return the headers that authenticate a request."""
    return {"X-Auth-User": username, "X-Auth-Token": key, "X-Auth-Project": project_id}
