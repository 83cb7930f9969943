# SPDX-License-Identifier: Apache-2.0
"""Exceptions: one class for each status, and their attributes."""

from __future__ import annotations

import copy
import json
import pickle
import socket
import traceback
import typing as t
from unittest import mock

import requests
from keystoneauth1 import exceptions as ksa_exceptions

from cratonclient import auth, exceptions
from cratonclient import session as craton_session
from cratonclient.http import direct
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes

# The statuses that have had their own class since the first version.
NAMES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    407: "ProxyAuthenticationRequired",
    409: "Conflict",
    410: "Gone",
    411: "LengthRequired",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    414: "RequestUriTooLong",
    415: "UnsupportedMediaType",
    416: "RequestedRangeNotSatisfiable",
    422: "UnprocessableEntity",
    500: "InternalServerError",
}


class TestClasses(base.TestCase):
    def test_each_status_has_its_class(self):
        for status, name in NAMES.items():
            found = exceptions.error_from(fakes.answer({}, status))
            self.assertIs(getattr(exceptions, name), type(found))
            self.assertEqual(status, found.status_code)
            self.assertEqual(status, type(found).status_code)

    def test_other_statuses_have_the_class_of_their_hundred(self):
        for status, cls in (
            (418, exceptions.HTTPClientError),
            (499, exceptions.HTTPClientError),
            (501, exceptions.HTTPServerError),
            (599, exceptions.HTTPServerError),
            (302, exceptions.HTTPRedirection),
            (799, exceptions.HTTPError),
        ):
            found = exceptions.error_from(fakes.answer({}, status))
            self.assertIs(cls, type(found))
            self.assertEqual(status, found.status_code)

    def test_the_tree_has_the_branches_that_programs_catch(self):
        for status, name in NAMES.items():
            branch = exceptions.HTTPClientError if status < 500 else exceptions.HTTPServerError
            self.assertTrue(issubclass(getattr(exceptions, name), branch), name)
        for root in (
            exceptions.HTTPClientError,
            exceptions.HTTPServerError,
            exceptions.ConnectionFailed,
        ):
            self.assertTrue(issubclass(root, exceptions.HTTPError))
        for leaf in (
            exceptions.HTTPError,
            exceptions.Timeout,
            exceptions.UnableToAuthenticate,
            exceptions.CommandError,
        ):
            self.assertTrue(issubclass(leaf, exceptions.ClientException))
        self.assertFalse(issubclass(exceptions.Timeout, exceptions.HTTPError))

    def test_a_class_of_somebody_else_does_not_take_a_status_over(self):
        class NoSuchHost(exceptions.NotFound):
            pass

        self.assertIs(exceptions.NotFound, type(exceptions.error_from(fakes.answer({}, 404))))
        self.assertEqual(404, NoSuchHost().status_code)

    def test_every_class_can_be_raised_without_arguments(self):
        for name, cls in vars(exceptions).items():
            if isinstance(cls, type) and issubclass(cls, exceptions.ClientException):
                error = cls()
                self.assertTrue(str(error), name)
                self.assertIsNone(error.response, name)
                self.assertIsNone(error.original_exception, name)

    def test_a_message_takes_the_place_of_the_default(self):
        for cls in (exceptions.ClientException, exceptions.NotFound, exceptions.Timeout):
            self.assertEqual("No luck.", str(cls("No luck.")))
            self.assertEqual("No luck.", cls("No luck.").message)
            self.assertEqual(("No luck.",), cls("No luck.").args)

    def test_the_exception_behind_is_kept(self):
        behind = ValueError("x")

        self.assertIs(behind, exceptions.HTTPError(exception=behind).original_exception)
        self.assertIs(behind, exceptions.Timeout(exception=behind).original_exception)


class TestAnswers(base.TestCase):
    def test_what_the_server_said_is_the_message(self):
        response = fakes.answer(
            {"message": "'name' is a required property", "status": 400}, 400
        )

        error = exceptions.error_from(response)

        self.assertEqual("'name' is a required property", error.server_message)
        self.assertEqual("'name' is a required property (HTTP 400)", str(error))
        self.assertIs(response, error.response)

    def test_the_request_id_is_shown(self):
        response = fakes.answer({"message": "Not Found"}, 404, x_openstack_request_id="req-1")

        error = exceptions.error_from(response)

        self.assertEqual("req-1", error.request_id)
        self.assertEqual("Not Found (HTTP 404) (Request-ID: req-1)", str(error))

    def test_without_a_request_id_there_is_none(self):
        self.assertIsNone(exceptions.error_from(fakes.answer({}, 404)).request_id)
        self.assertIsNone(exceptions.NotFound().request_id)

    def test_keystone_says_it_one_level_deeper(self):
        body = {"error": {"message": "Token expired.", "code": 401, "title": "Unauthorized"}}

        error = exceptions.error_from(fakes.answer(body, 401))

        self.assertEqual("Token expired.", error.server_message)

    def test_html_is_not_shown_but_named(self):
        response = fakes.answer(b"<html><h1>Welcome</h1></html>", 404)
        response.headers["Content-Type"] = "text/html; charset=utf-8"

        error = exceptions.error_from(response)

        self.assertIsNone(error.server_message)
        self.assertIn("text/html", str(error))
        self.assertNotIn("charset", str(error))
        self.assertNotIn("Welcome", str(error))

    def test_json_of_any_other_shape_leaves_the_default(self):
        default = exceptions.BadRequest.message
        bodies: list[t.Any] = [
            None,
            [],
            "text",
            5,
            {},
            {"message": None},
            {"message": ""},
            {"message": ["a"]},
            {"error": "invalid_grant"},
            {"error": {"message": 5}},
        ]
        for body in bodies:
            error = exceptions.error_from(fakes.answer(body, 400))
            self.assertIsNone(error.server_message)
            self.assertEqual(f"{default} (HTTP 400)", str(error))

    def test_bodies_that_cannot_be_read_leave_the_default(self):
        for body in (b"", b"\xff\xfe", b"{", b"[" * 100_000):
            response = fakes.answer(body, 500)
            response.headers["Content-Type"] = "application/json"
            error = exceptions.error_from(response)
            self.assertIsInstance(error, exceptions.InternalServerError)
            self.assertIsNone(error.server_message)

    def test_an_error_can_be_copied_and_pickled(self):
        response = fakes.answer({"message": "Not Found"}, 404, x_openstack_request_id="req-1")
        error = exceptions.error_from(response)

        for other in (copy.copy(error), fakes.pickled(error)):
            self.assertIs(exceptions.NotFound, type(other))
            self.assertEqual(str(error), str(other))
            self.assertEqual("req-1", other.request_id)
            self.assertEqual(404, other.status_code)


class TestSecrets(base.TestCase):
    """Exceptions hold no secrets that a traceback or a pickle would show."""

    KEY = "hunter2-hunter2"

    def test_a_pickle_holds_no_secret(self):
        url = f"http://u:{self.KEY}@h/v1/hosts?vars=bmc.pw:{self.KEY}"
        body = json.dumps({"bmc_password": self.KEY, "name": "web"})
        request = requests.Request(
            "PUT", url, headers={"X-Auth-Token": self.KEY, "X-Auth-User": "demo"}, data=body
        )
        response = fakes.answer({"message": f"not {body}", "api_key": self.KEY}, 400)
        response.url, response.request = url, request.prepare()
        response.headers["Set-Cookie"] = self.KEY
        error = exceptions.BadRequest(response=response, exception=ValueError(self.KEY))
        error.add_note(f"pw={self.KEY}")
        error.request = response.request  # type: ignore[attr-defined]

        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            content = pickle.dumps(error, protocol)
            self.assertNotIn(self.KEY.encode(), content)
        other = fakes.pickled(error)
        self.assertIs(exceptions.BadRequest, type(other))
        self.assertIsNone(other.original_exception)
        self.assertEqual((400, "PUT"), (other.response.status_code, other.request.method))
        self.assertEqual({"bmc_password": "***", "name": "web"}, json.loads(other.request.body))
        self.assertEqual("demo", other.response.request.headers["X-Auth-User"])
        self.assertEqual("***", other.response.json()["api_key"])

    def test_a_pickled_error_can_be_pickled_again(self):
        error = exceptions.BadRequest(response=fakes.answer({"message": "no"}, 400))

        self.assertEqual("no (HTTP 400)", str(fakes.pickled(fakes.pickled(error))))

    def test_tracebacks_hold_no_secret_of_any_cause(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        session = auth.craton_auth("demo", "key", "p")
        self.addCleanup(session.close)
        unmounted = craton_session.Session(session=direct.DirectSession({}))
        self.addCleanup(unmounted.close)
        for one in (session, unmounted):
            with mock.patch("time.sleep"):
                error = self.assertRaises(
                    exceptions.ConnectionFailed,
                    one.get,
                    f"{url}/v1/hosts",
                    params={"vars": f"bmc.pw:{self.KEY}"},
                )

            text = "".join(traceback.format_exception(error))
            self.assertIn("MaxRetryError", text)
            self.assertNotIn(self.KEY, text)
            self.assertNotIn(self.KEY, repr(error.original_exception))

    def test_messages_hold_no_secret(self):
        error = exceptions.ClientException(f"http://u:{self.KEY}@h?token={self.KEY} is wrong")

        self.assertEqual("http://***@h?token=*** is wrong", str(error))
        self.assertEqual((str(error),), error.args)

    def test_messages_hold_no_control_characters(self):
        response = fakes.answer({"message": "a\x1b[2J\u202eb\nc"}, 400)
        response.headers["x-openstack-request-id"] = "r\x1b"

        error = exceptions.error_from(response)

        self.assertEqual("a\\x1b[2J\\u202eb\nc (HTTP 400) (Request-ID: r\\x1b)", str(error))


class TestRaiseFrom(base.TestCase):
    def test_it_returns_the_error_and_does_not_raise_it(self):
        self.assertIsInstance(
            exceptions.raise_from(ksa_exceptions.NotFound()), exceptions.NotFound
        )

    def test_an_http_error_keeps_the_answer(self):
        response = fakes.answer({"message": "taken"}, 409)
        behind = ksa_exceptions.Conflict(response=response)

        error = exceptions.raise_from(behind)

        self.assertIsInstance(error, exceptions.Conflict)
        self.assertIs(response, error.response)
        self.assertIs(behind, error.original_exception)
        self.assertEqual("taken (HTTP 409)", str(error))

    def test_each_status_has_its_class_without_an_answer_too(self):
        for status, name in NAMES.items():
            error = exceptions.raise_from(ksa_exceptions.HttpError(http_status=status))
            self.assertIs(getattr(exceptions, name), type(error))
            self.assertEqual(status, error.status_code)
            self.assertIsNone(error.response)

    def test_a_timeout_is_one(self):
        behind = ksa_exceptions.ConnectTimeout("Request to http://h timed out")

        error = exceptions.raise_from(behind)

        self.assertIs(exceptions.Timeout, type(error))
        self.assertIs(behind, error.original_exception)
        self.assertIn("http://h", str(error))

    def test_all_failures_of_connections_are_one(self):
        for cls in (
            ksa_exceptions.ConnectFailure,
            ksa_exceptions.SSLError,
            ksa_exceptions.RetriableConnectionFailure,
        ):
            error = exceptions.raise_from(cls("no"))
            self.assertIs(exceptions.ConnectionFailed, type(error), cls.__name__)
        unknown = ksa_exceptions.UnknownConnectionError("no", requests.ConnectionError())
        self.assertIs(exceptions.ConnectionFailed, type(exceptions.raise_from(unknown)))

    def test_missing_endpoints_are_named(self):
        for cls in (ksa_exceptions.EndpointNotFound, ksa_exceptions.EmptyCatalog):
            self.assertIs(exceptions.EndpointNotFound, type(exceptions.raise_from(cls())))

    def test_missing_credentials_are_named(self):
        for cls in (
            ksa_exceptions.MissingAuthPlugin,
            ksa_exceptions.AuthorizationFailure,
            ksa_exceptions.NoMatchingPlugin,
        ):
            behind = cls("words")
            error = exceptions.raise_from(behind)
            self.assertIs(exceptions.UnableToAuthenticate, type(error), cls.__name__)
            self.assertEqual(str(behind), str(error))

    def test_whatever_else_keystoneauth_raises_is_a_client_exception(self):
        error = exceptions.raise_from(ksa_exceptions.ClientException("words"))

        self.assertIs(exceptions.ClientException, type(error))
        self.assertEqual("words", str(error))

    def test_an_http_error_of_requests_keeps_the_answer(self):
        response = fakes.answer({"message": "taken"}, 409)
        behind = self.assertRaises(requests.HTTPError, response.raise_for_status)

        error = exceptions.raise_from(behind)

        self.assertIs(exceptions.Conflict, type(error))
        self.assertIs(response, error.response)
        self.assertIs(behind, error.original_exception)
        self.assertEqual("taken (HTTP 409)", str(error))

    def test_other_failures_of_requests_are_of_the_connection(self):
        for cls, expected in (
            (requests.ConnectTimeout, exceptions.Timeout),
            (requests.ReadTimeout, exceptions.Timeout),
            (requests.ConnectionError, exceptions.ConnectionFailed),
            (requests.exceptions.SSLError, exceptions.ConnectionFailed),
            (requests.TooManyRedirects, exceptions.ConnectionFailed),
            (requests.HTTPError, exceptions.ConnectionFailed),
        ):
            error = exceptions.raise_from(cls("no"))
            self.assertIs(expected, type(error), cls.__name__)
