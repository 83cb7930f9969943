# SPDX-License-Identifier: Apache-2.0
"""The session, ``craton`` without words: commands from a terminal or a script.

Each line is what follows ``craton`` on a command line. What was given when the
session began holds in every line; what a line gives itself holds in that line.
The client, and with it the connection, is made once.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import sys
import typing as t

from cratonclient_osc.output import exit_status
from cratonclient_osc.program import line_split
from cratonclient_osc.program.application import Application

#: Options that do not decide how to reach a server.
_ABOUT_OUTPUT = frozenset({"format", "verbose_level", "debug", "log_file", "keep_going"})


def run(app: Application) -> int:
    """Run commands until there are no more.

    :returns: the exit status: of a script, that of the first command that
        failed; with ``--keep-going``, 1 if any did.
    """
    session = Session(app)
    if sys.stdin is None:
        return exit_status.DONE
    try:
        if sys.stdin.isatty():
            from cratonclient_osc.program import prompt

            return prompt.converse(session.execute, app)
        return _read(session, sys.stdin)
    except BrokenPipeError:
        return exit_status.OUTPUT_CLOSED


def _read(session: Session, script: t.TextIO) -> int:
    """Run a script."""
    keep_going = session.app.options.keep_going
    result, number = exit_status.DONE, 0
    if isinstance(script, io.TextIOWrapper):
        script.reconfigure(errors="strict")
    # A command that reads stdin must not eat the rest of the script.
    sys.stdin = io.StringIO()
    try:
        for number, line in enumerate(script, 1):
            try:
                failed = session.execute(line)
            except EOFError:
                break
            if failed and not keep_going:
                session.app.LOG.error("The script ended at line %d.", number)
                return failed
            result = exit_status.FAILED if failed else result
    except UnicodeDecodeError:
        session.app.LOG.error("The script is no text after line %d.", number)
        return exit_status.USAGE
    except KeyboardInterrupt:
        return exit_status.INTERRUPTED
    finally:
        sys.stdin = script
    return result


class Session:
    """What lasts from one line to the next.

    :param app: the application, with the global options of the session.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    def execute(self, line: str) -> int:
        """Run a line.

        :returns: its exit status.
        :raises EOFError: when the line asks for the end of the session.
        """
        try:
            typed = line_split.split(line)
        except exit_status.UsageError as exc:
            self.app.LOG.error("%s", exit_status.line(exc))
            return exit_status.of(exc)
        if typed in (["exit"], ["quit"]):
            raise EOFError
        if not typed:
            return exit_status.DONE
        try:
            result = self._run(typed)
        except SystemExit as ending:  # wrong usage, or help
            result = ending.code if isinstance(ending.code, int) else exit_status.DONE
        sys.stdout.flush()
        return result

    def _run(self, typed: list[str]) -> int:
        app = self.app
        options, command = app.parser.parse_known_args(typed, copy.copy(app.options))
        if not command:
            app.LOG.error("There is no command in this line.")
            return exit_status.USAGE
        with self._holding(options):
            return app.run_subcommand(command)

    @contextlib.contextmanager
    def _holding(self, options: argparse.Namespace) -> t.Iterator[None]:
        """Let other global options hold for one command."""
        app = self.app
        before, client_manager = app.options, app.client_manager
        changed = {n for n, v in vars(options).items() if v != getattr(before, n)}
        changed.discard("command")
        app.options = options
        if changed:
            app.configure_logging()
        if changed - _ABOUT_OUTPUT:
            app.initialize_app([])
        try:
            yield
        finally:
            if app.client_manager is not client_manager:
                app.client_manager.close()
            app.options, app.client_manager = before, client_manager
            if changed:
                app.configure_logging()
