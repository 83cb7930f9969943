# SPDX-License-Identifier: Apache-2.0
"""Standard output that cannot be written: one message, and the exit status."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
import typing as t
from unittest import mock

from cratonclient.process import standard_output
from cratonclient.tests import base


class TestRun(base.TestCase):
    def run_on(self, path: str, program: t.Callable[[], t.Any]) -> tuple[int, str]:
        """Run a program with a file as its standard output."""
        err = io.StringIO()
        with open(path, "w") as file, mock.patch.object(sys, "stdout", file):
            with contextlib.redirect_stderr(err):
                status = standard_output.run(program, "prog: ")
            standard_output.discard(sys.stdout)
        return status, err.getvalue()

    def test_what_is_printed_arrives(self):
        path = self.folder() / "out"

        def program() -> int:
            print("h\u00e9", flush=True)
            sys.stdout.buffer.write(b"\xff")
            return 3

        self.assertEqual((3, ""), self.run_on(str(path), program))
        self.assertEqual("h\u00e9\n".encode() + b"\xff", path.read_bytes())

    def test_an_error_that_the_program_ignored(self):
        def program() -> int:
            with contextlib.suppress(OSError):
                print("text", flush=True)
            return 0

        message = "prog: Cannot write the output: No space left on device.\n"
        self.assertEqual((1, message), self.run_on("/dev/full", program))

    def test_an_error_that_the_program_reported(self):
        def program() -> int:
            try:
                print("text", flush=True)
            except OSError:
                return 5
            return 0

        self.assertEqual((5, ""), self.run_on("/dev/full", program))

    def test_other_errors_stay_errors(self):
        def program() -> int:
            raise FileNotFoundError("fleet.db")

        with self.assertRaises(FileNotFoundError):
            self.run_on("/dev/null", program)

    def test_the_status_of_an_exit(self):
        for code, status in ((None, 0), (2, 2), ("text", 1)):
            self.assertEqual(
                status, self.run_on("/dev/null", functools.partial(sys.exit, code))[0]
            )
