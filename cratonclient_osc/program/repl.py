# SPDX-License-Identifier: Apache-2.0
"""The interactive session, and scripts on standard input: ``craton`` without a command.

Each line is a command line; it may omit the word ``craton``. Global options given at the
start apply to every line; global options in a line apply to that line. All lines share one
client, and so one HTTP connection. The output of a line goes to a file or to a command of
the shell if the line says so, as in a shell.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import sys
import typing as t

from cratonclient import exceptions
from cratonclient_osc.output import exit_status
from cratonclient_osc.program import destinations, line_split
from cratonclient_osc.program.application import Application

#: Global options that do not change the client. All other options require a new one.
_OUTPUT_OPTIONS = frozenset({"format", "verbose_level", "debug", "log_file", "keep_going"})


def run(app: Application) -> int:
    """Run commands from standard input until it ends.

    :param app: the application.
    :returns: the exit status. For a terminal: 0. For a script: the status of the first
        command that failed; with ``--keep-going``, 1 if any command failed.
    """
    if sys.stdin is None:
        return exit_status.DONE
    try:
        if sys.stdin.isatty():
            from cratonclient_osc.program import prompt

            return prompt.converse(Interpreter(app, paged=True).execute, app)
        return _run_script(Interpreter(app), sys.stdin)
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
        for number, line in _numbered_lines(script):
            try:
                failed = interpreter.execute(line)
            except EOFError:
                break
            if failed and not keep_going:
                interpreter.app.LOG.error(
                    "The script stopped at line %d: %s", number, exit_status.ended(line, failed)
                )
                return failed
            result = exit_status.FAILED if failed else result
    except UnicodeDecodeError:
        interpreter.app.LOG.error(
            "The script is not valid text after line %d. Save it in UTF-8.", number
        )
        return exit_status.USAGE
    except KeyboardInterrupt:
        return exit_status.INTERRUPTED
    finally:
        sys.stdin = script
    return result


def _numbered_lines(script: t.TextIO) -> t.Iterator[tuple[int, str]]:
    """Yield the command lines of a script, and the number of the line where each begins.

    A newline in quotes or after a backslash does not end a command line: running the part
    before it could delete what the part after it excludes.
    """
    begun, text = 0, ""
    for number, line in enumerate(script, 1):
        line = line.removeprefix("\ufeff") if number == 1 else line
        # Only a quote or the line after a backslash can complete a line.
        may_end = not text or text.endswith("\\\n") or "'" in line or '"' in line
        begun, text = begun if text else number, text + line
        if may_end and line_split.is_complete(text.removesuffix("\n")):
            yield begun, text
            text = ""
    if text:
        yield begun, text.removesuffix("\n")


class Interpreter:
    """Runs the lines of an interactive session or a script.

    :param app: the application, with the global options given at the start.
    :param paged: show output that is longer than the screen in a pager.
    """

    def __init__(self, app: Application, paged: bool = False) -> None:
        self.app = app
        self._paged = paged

    def execute(self, line: str) -> int:
        """Run one line.

        :param line: a command line, also without the word ``craton``; it may be empty.
        :returns: the exit status of the command; 0 for an empty line. A program that the
            output goes to may fail as well.
        :raises EOFError: if the line is ``exit`` or ``quit``.
        """
        try:
            words, output = line_split.parse(line)
            words = line_split.command_words(words) or words
            if words in (["exit"], ["quit"]):
                raise EOFError
            if not words:
                return exit_status.DONE
            destination = destinations.open_destination(output, self._paged)
        except exceptions.CommandError as exc:
            self.app.LOG.error("%s", exit_status.message_of(exc))
            return exit_status.status_of(exc)
        if destination is None:
            result = self._run(words)
            sys.stdout.flush()
            return result
        return self._run_into(destination, words)

    def _run_into(self, destination: destinations.Destination, words: list[str]) -> int:
        """Run a command whose output goes to a destination, and return the exit status."""
        app, before = self.app, (self.app.stdout, sys.stdout)
        app.stdout = sys.stdout = destination.stream
        result = exit_status.FAILED
        try:
            result = self._run(words)
        except BrokenPipeError:
            result = exit_status.OUTPUT_CLOSED
        finally:
            app.stdout, sys.stdout = before
            try:
                ended = destination.close()
            except OSError as exc:
                if result == exit_status.DONE:  # otherwise the command has reported it
                    app.LOG.error("Cannot write the output: %s.", exc.strerror)
                ended = exit_status.FAILED
        if result == exit_status.OUTPUT_CLOSED:  # a reader that has seen enough is no failure
            result = exit_status.DONE
        return result or ended

    def _run(self, words: list[str]) -> int:
        """Run a command and return its exit status."""
        try:
            return self._run_command(words)
        except SystemExit as exc:  # a usage error, or --help
            return exc.code if isinstance(exc.code, int) else exit_status.DONE

    def _run_command(self, words: list[str]) -> int:
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
