# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal, as a person sees it."""

from __future__ import annotations

import pathlib
import signal
import typing as t

import pexpect

from cratonclient.tests.integration.osc import programs


class Terminal:
    """A program on a terminal of its own.

    :param home: the home folder of the person.
    :param command: the program and its words.
    :param settings: variables of the environment.
    """

    def __init__(self, home: pathlib.Path, *command: str, **settings: str) -> None:
        environment = programs.clean_environment(str(home)) | settings
        environment |= {"TERM": "xterm", "PAGER": "cat", "PROMPT_TOOLKIT_NO_CPR": "1"}
        environment.pop("XDG_STATE_HOME", None)
        self.child: t.Any = pexpect.spawn(
            command[0],
            [*command[1:]],
            cwd=str(home),
            env=environment,
            encoding="utf-8",
            dimensions=(40, 200),
            timeout=50,
            # A shell that runs the tests in the background has it ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.child.delaybeforesend = None

    def expect(self, *said: str) -> None:
        """Wait until the program writes all that, in this order."""
        for text in said:
            self.child.expect_exact(text)

    def type(self, text: str) -> None:
        """Press keys."""
        self.child.send(text)

    def interrupt(self) -> None:
        """Press Ctrl-C, and wait until a session begins a new line.

        The line that was interrupted is drawn once more, prompt and all; what is
        written only once a new one can be typed is the mode for pasting.
        """
        self.child.sendintr()
        self.expect("\x1b[?2004h")

    def end(self) -> int | None:
        """Press Ctrl-D and give the exit status."""
        self.child.sendeof()
        return self.ended()

    def ended(self) -> int | None:
        """Wait until the program ends and give its exit status."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return t.cast("int | None", self.child.exitstatus)
