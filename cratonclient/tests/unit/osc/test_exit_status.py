# SPDX-License-Identifier: Apache-2.0
"""The exit status and the message for each error."""

from __future__ import annotations

import inspect

from cratonclient import exceptions
from cratonclient.tests import base
from cratonclient_osc.output import exit_status


class TestStatus(base.TestCase):
    """Scripts rely on the numbers of the exit statuses."""

    def test_numbers(self):
        for error, number in {
            exit_status.UsageError: 2,
            exceptions.BadRequest: 3,
            exceptions.UnprocessableEntity: 3,
            exceptions.Unauthorized: 4,
            exceptions.Forbidden: 4,
            exceptions.ProxyAuthenticationRequired: 4,
            exceptions.UnableToAuthenticate: 4,
            exceptions.NotFound: 5,
            exit_status.Ambiguous: 5,
            exceptions.Conflict: 6,
            exceptions.PreconditionFailed: 6,
            exceptions.ConnectionFailed: 7,
            exceptions.Timeout: 7,
            exceptions.EndpointNotFound: 7,
            exceptions.TransportNotFound: 7,
            exceptions.InternalServerError: 8,
            exceptions.ServiceUnavailable: 8,
            exceptions.HTTPRedirection: 8,
            exceptions.UnexpectedResponse: 8,
            exceptions.CommandError: 1,
            exceptions.FeatureMissing: 1,
            exceptions.Gone: 1,
        }.items():
            self.assertEqual(number, exit_status.status_of(error("x")), error.__name__)

    def test_no_error_is_a_success(self):
        for _, cls in inspect.getmembers(exceptions, inspect.isclass):
            if issubclass(cls, exceptions.ClientException):
                self.assertIn(exit_status.status_of(cls("x")), range(1, 9), cls.__name__)
        self.assertEqual(1, exit_status.status_of(RuntimeError("x")))


class TestLine(base.TestCase):
    """The message is one line without control characters."""

    def test_several_lines_become_one(self):
        said = exit_status.message_of(
            exceptions.BadRequest("not valid:\n- a is wrong\n- b too")
        )
        self.assertEqual("not valid: a is wrong; b too", said)

    def test_control_characters(self):
        said = exit_status.message_of(exceptions.BadRequest("a\x1b[2Jb\x07\u202e"))
        self.assertEqual("a\\x1b[2Jb\\x07\\u202e", said)

    def test_what_to_do(self):
        self.assertIn("API key", exit_status.message_of(exceptions.Unauthorized("no")))
        self.assertIn("Check the URL", exit_status.message_of(exceptions.Timeout("late")))

    def test_nothing_said(self):
        for _, cls in inspect.getmembers(exceptions, inspect.isclass):
            if issubclass(cls, exceptions.ClientException):
                self.assertTrue(exit_status.message_of(cls()), cls.__name__)

    def test_a_line_that_failed(self):
        said = exit_status.ended("cloud  list --os-password S3cret\n", 4)
        self.assertEqual("'cloud list --os-password ***' ended with exit status 4.", said)
        for line in ('host set h "k pw=S3 S3cret"', "host set h k_pw=S3\\ S3cret --note x"):
            self.assertNotIn("S3", exit_status.ended(line, 4))
        self.assertGreater(150, len(exit_status.ended("x" * 999, 1)))
