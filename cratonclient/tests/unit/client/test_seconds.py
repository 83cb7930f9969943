# SPDX-License-Identifier: Apache-2.0
"""Numbers of seconds: timeouts and waiting times are checked where they are given."""

from __future__ import annotations

import math
import typing as t

from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, session
from cratonclient.http import adapter, direct, seconds
from cratonclient.tests import base

NONE: tuple[t.Any, ...] = (
    "x",
    "5",
    b"5",
    math.nan,
    math.inf,
    -math.inf,
    -1,
    -0.5,
    True,
    False,
    [],
    1e300,
    object(),
)


class TestArguments(base.TestCase):
    """Every constructor that takes a number of seconds checks it."""

    def refused(self, call: t.Callable[[], t.Any], name: str, value: object) -> None:
        said = str(self.assertRaises(exceptions.CommandError, call))
        self.assertTrue(said.startswith(f"{name} must be "), said)
        self.assertIn(f"not {value!r}"[:20], said)

    def test_timeouts(self):
        for value in (*NONE, 0, (1, "x"), (1, 2, 3)):
            wrong: t.Any = value
            for call in (
                lambda v=wrong: session.configure(ksa_session.Session(), timeout=v),
                lambda v=wrong: auth.create_session_with(None, True, timeout=v),
                lambda v=wrong: direct.DirectSession({}, timeout=v),
                lambda v=wrong: session.Session(session=direct.DirectSession({})).get(
                    "http://127.0.0.1:1", timeout=v
                ),
            ):
                self.refused(call, "timeout", value)

    def test_waiting_times(self):
        for value in (*NONE, None):
            wrong: t.Any = value
            for call in (
                lambda v=wrong: session.configure(ksa_session.Session(), max_wait=v),
                lambda v=wrong: auth.create_session_with(None, True, max_wait=v),
                lambda v=wrong: direct.DirectSession({}, max_wait=v),
                lambda v=wrong: adapter.Adapter(v),
            ):
                self.refused(call, "max_wait", value)

    def test_a_session_that_is_refused_is_not_changed(self):
        below = ksa_session.Session(timeout=3)
        wrong: t.Any = "x"
        for changes in ({"timeout": wrong}, {"timeout": 5, "max_wait": wrong}):
            self.assertRaises(
                exceptions.CommandError,
                lambda changes=changes: session.configure(below, **changes),
            )
            self.assertEqual(3, below.timeout)

    def test_numbers_of_objects(self):
        craton = session.Session(session=direct.DirectSession({}))
        for value in ("x", math.nan, -1, True, 1.5, None):
            wrong: t.Any = value
            error = self.assertRaises(
                exceptions.CommandError,
                lambda v=wrong: craton.paginate("http://127.0.0.1:1", "hosts", max_items=v),
            )
            self.assertIn(
                f"max_items must be a positive whole number, not {value!r}", str(error)
            )

    def test_valid_ones(self):
        valid: tuple[t.Any, ...] = (None, 1, 0.001, (1, 2.5), (None, 3))
        for value in valid:
            auth.create_session_with(None, True, timeout=value)
            direct.DirectSession({}, timeout=value)
        for value in (0, 0.0, 5, 2.5):
            direct.DirectSession({}, max_wait=value)


class TestTexts(base.TestCase):
    """Numbers of seconds of command lines and files."""

    def test_decimal_numbers(self):
        for text, number in (("5", 5.0), ("2.5", 2.5), (".5", 0.5), ("1e1", 10.0), ("0", 0.0)):
            self.assertEqual(number, seconds.parse(text))

    def test_other_texts_are_refused(self):
        for text in (
            "",
            "x",
            "nan",
            "inf",
            "-1",
            "+1",
            "1_0",
            "\u0665",
            " 5",
            "5s",
            "true",
            "0x5",
        ):
            self.assertRaises(ValueError, seconds.parse, text)
