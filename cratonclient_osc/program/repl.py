# SPDX-License-Identifier: Apache-2.0
"""The interactive session, and scripts on standard input: ``craton`` without a command.

Each line is a command line without the word ``craton``. Global options given at the start
apply to every line; global options in a line apply to that line. All lines share one
client, and so one HTTP connection.
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

#: Global options that do not change the client. All other options require a new one.
_OUTPUT_OPTIONS = frozenset({"format", "verbose_level", "debug", "log_file", "keep_going"})


def run(app: Application) -> int:
    """Run commands from standard input until it ends.

    :param app: the application.
    :returns: the exit status. For a terminal: 0. For a script: the status of the first
        command that failed; with ``--keep-going``, 1 if any command failed.
    """
    interpreter = Interpreter(app)
    if sys.stdin is None:
        return exit_status.DONE
    try:
        if sys.stdin.isatty():
            from cratonclient_osc.program import prompt

            return prompt.converse(interpreter.execute, app)
        return _run_script(interpreter, sys.stdin)
    except BrokenPipeError:
        return exit_status.OUTPUT_CLOSED


def _run_script(interpreter: Interpreter, script: t.TextIO) -> int:
    """Run the commands of a script and return the exit status."""
    keep_going = interpreter.app.options.keep_going
    result, number = exit_status.DONE, 0
    if isinstance(script, io.TextIOWrapper):
        script.reconfigure(errors="strict")
    # A command that reads standard input would consume the rest of the script.
    sys.stdin = io.StringIO()
    try:
        for number, line in enumerate(script, 1):
            line = line.removeprefix("\ufeff") if number == 1 else line
            try:
                failed = interpreter.execute(line)
            except EOFError:
                break
            if failed and not keep_going:
                interpreter.app.LOG.error("The script stopped at line %d.", number)
                return failed
            result = exit_status.FAILED if failed else result
    except UnicodeDecodeError:
        interpreter.app.LOG.error("The script is not valid text after line %d.", number)
        return exit_status.USAGE
    except KeyboardInterrupt:
        return exit_status.INTERRUPTED
    finally:
        sys.stdin = script
    return result


class Interpreter:
    """Runs the lines of an interactive session or a script.

    :param app: the application, with the global options given at the start.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    def execute(self, line: str) -> int:
        """Run one line.

        :param line: a command line without the word ``craton``; it may be empty.
        :returns: the exit status of the command; 0 for an empty line.
        :raises EOFError: if the line is ``exit`` or ``quit``.
        """
        try:
            words = line_split.split(line)
        except exit_status.UsageError as exc:
            self.app.LOG.error("%s", exit_status.message_of(exc))
            return exit_status.status_of(exc)
        if words in (["exit"], ["quit"]):
            raise EOFError
        if not words:
            return exit_status.DONE
        try:
            result = self._run(words)
        except SystemExit as exc:  # a usage error, or --help
            result = exc.code if isinstance(exc.code, int) else exit_status.DONE
        sys.stdout.flush()
        return result

    def _run(self, words: list[str]) -> int:
        """Parse the global options of a line, run its command, return the exit status."""
        app = self.app
        options, command = app.parser.parse_known_args(words, copy.copy(app.options))
        if not command:
            app.LOG.error("The line has options but no command.")
            return exit_status.USAGE
        with self._with_options(options):
            return app.run_subcommand(command)

    @contextlib.contextmanager
    def _with_options(self, options: argparse.Namespace) -> t.Iterator[None]:
        """Set the global options of one command, and restore the previous ones after it.

        A command with other connection options, such as ``--craton-url``, gets a client of
        its own, which is closed afterwards.
        """
        app = self.app
        before, client_manager = app.options, app.client_manager
        changed = {n for n, v in vars(options).items() if v != getattr(before, n)}
        changed.discard("command")
        app.options = options
        if changed:
            app.configure_logging()
        if changed - _OUTPUT_OPTIONS:
            app.initialize_app([])
        try:
            yield
        finally:
            if app.client_manager is not client_manager:
                app.client_manager.close()
            app.options, app.client_manager = before, client_manager
            if changed:
                app.configure_logging()
