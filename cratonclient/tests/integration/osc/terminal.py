# SPDX-License-Identifier: Apache-2.0
"""Run a program on a terminal, as a person does."""

from __future__ import annotations

import pathlib
import signal
import typing as t

import pexpect

from cratonclient.tests.integration.osc import programs


class Terminal:
    """A program on its own terminal.

    :param home: home folder.
    :param command: program and its arguments.
    :param settings: environment variables.
    """

    def __init__(self, home: pathlib.Path, *command: str, **settings: str) -> None:
        defaults = {"TERM": "xterm", "PAGER": "cat", "PROMPT_TOOLKIT_NO_CPR": "1"}
        environment = programs.clean_environment(str(home)) | defaults | settings
        environment.pop("XDG_STATE_HOME", None)
        self.child: t.Any = pexpect.spawn(
            command[0],
            [*command[1:]],
            cwd=str(home),
            env=environment,
            encoding="utf-8",
            dimensions=(40, 200),
            timeout=50,
            # If a shell runs the tests in the background, they inherit an ignored SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.child.delaybeforesend = None

    def expect(self, *said: str) -> None:
        """Wait until the program writes these texts, in this order."""
        for text in said:
            self.child.expect_exact(text)

    def type(self, text: str) -> None:
        """Send keys to the program."""
        self.child.send(text)

    def paste(self, text: str) -> None:
        """Paste text into the terminal, which marks it (bracketed paste)."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def interrupt(self) -> None:
        """Press Ctrl-C and wait until the session starts a new line.

        The session first draws the interrupted line again, with its prompt. Only when it
        is ready for a new line does it enable bracketed paste mode, so wait for that.
        """
        self.child.sendintr()
        self.expect("\x1b[?2004h")

    def end(self) -> int | None:
        """Press Ctrl-D and return the exit status."""
        self.child.sendeof()
        return self.ended()

    def ended(self) -> int | None:
        """Wait until the program ends and return its exit status."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return t.cast("int | None", self.child.exitstatus)
