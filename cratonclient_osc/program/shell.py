# SPDX-License-Identifier: Apache-2.0
"""The application ``craton``: it parses global options, sets up logging, runs commands."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
import typing as t
from importlib import metadata

from cliff import app

from cratonclient import secrets
from cratonclient.printable import printable_lines
from cratonclient.process import private_files, standard_output
from cratonclient_osc import standalone
from cratonclient_osc.output import exit_status, installed_formatters, terminal
from cratonclient_osc.program import (
    client_manager,
    command_manager,
    global_options,
    help,
    topics,
)


class Shell(app.App):
    """The cliff application behind the program ``craton``."""

    NAME = "craton"
    LOG = logging.getLogger(NAME)

    def __init__(self) -> None:
        super().__init__(
            description="Command-line client of Craton, the fleet inventory of OpenStack.",
            version=None,
            command_manager=command_manager.CommandManager(),
        )
        self.command_manager.add_command("help", help.Help)
        self.command_manager.commands["completion"] = metadata.EntryPoint(
            "completion", "cratonclient_osc.completion.command:Completion", "craton"
        )
        for name, place in standalone.COMMANDS.items():
            entry_point = metadata.EntryPoint(name, place, "craton")
            self.command_manager.commands[name] = entry_point
        self._error: BaseException | None = None
        #: True in an interactive session and in a script on standard input.
        self.in_session = False
        self._session_status: int | None = None

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, t.Any] | None = None,
    ) -> argparse.ArgumentParser:
        """Return the parser of the global options."""
        parser = global_options.Parser(description=description, **(argparse_kwargs or {}))
        parser.add_argument(
            "-h",
            "--help",
            action=help.Overview,
            nargs=0,
            default=self,  # cliff passes the application to the action in this way
            help="show this help and exit",
        )
        parser.add_argument(
            "--version",
            action=global_options.Version,
            nargs=0,
            help="show the version and exit",
        )
        parser.add_argument(
            "--format",
            choices=installed_formatters.Choices(("default", "json")),
            default="default",
            help="output format: a table (default) or JSON",
        )
        parser.add_argument(
            "--keep-going",
            action="store_true",
            help="continue after a failed command; only for a script on standard input",
        )
        parser.add_argument(
            "command",
            metavar="<command>",
            nargs=argparse.REMAINDER,
            help="command to run; without it, craton starts an interactive session",
        )
        return parser

    def configure_logging(self) -> None:
        """Configure the loggers from ``--quiet``, ``--verbose``, ``--debug``, ``--log-file``.

        Log records go to standard error and, if given, to the log file.
        """
        levels = {0: logging.ERROR, 1: logging.WARNING, 2: logging.INFO}
        level = levels.get(self.options.verbose_level, logging.DEBUG)
        if self.options.debug:
            level = logging.DEBUG
        # These libraries log an error and raise it too. The command reports the exception,
        # so their records would only repeat it.
        library_level = logging.CRITICAL if level > logging.INFO else logging.NOTSET
        for name in ("urllib3", "cratonserver", "keystoneauth", "stevedore"):
            logging.getLogger(name).setLevel(library_level)
        # These tell the user that a fleet was created, and on a terminal, why the command
        # waits before a retry.
        told = logging.INFO if self.options.verbose_level else logging.ERROR
        logging.getLogger("cratonserver.embedded").setLevel(told)
        on_terminal = told if self.stderr.isatty() else logging.NOTSET
        logging.getLogger("cratonclient.wait").setLevel(on_terminal)
        handler = logging.StreamHandler(self.stderr)
        handler.setFormatter(Console(self.stderr))
        root = logging.getLogger()
        root.handlers = [handler]
        root.setLevel(level)
        if self.options.log_file:
            to_file = self._open_log_file(self.options.log_file)
            to_file.setFormatter(Masked(self.LOG_FILE_MESSAGE_FORMAT))
            root.addHandler(to_file)

    def _open_log_file(self, path: str) -> LogFile:
        """Open the log file to append to it. A new file can be read by the user only."""
        try:
            file = private_files.open_binary(path, os.O_WRONLY | os.O_APPEND)
        except OSError as exc:
            self.parser.error(f"--log-file: cannot write {path!r}: {exc.strerror}")
        return LogFile(file, path)

    def initialize_app(self, argv: list[str]) -> None:
        """Create the client manager, from which commands get their client."""
        if argv and self.options.keep_going:
            self.parser.error(
                "--keep-going applies to a script on standard input, not to a command"
            )
        self.client_manager = client_manager.ClientManager(self.options)

    def run(self, argv: list[str]) -> int:
        """Run the program, close its connections, and return the exit status."""
        try:
            result = super().run(argv)
            return result if self._session_status is None else self._session_status
        finally:
            if hasattr(self, "client_manager"):
                self.client_manager.close()

    def interact(self) -> None:
        """Run the interactive session, or the script on standard input."""
        from cratonclient_osc.program import repl

        self.interactive_mode = False  # in cliff, True means that cmd2 runs the commands
        self.in_session = True
        self._session_status = repl.run(self)

    def run_subcommand(self, argv: list[str]) -> int:
        """Run a command and return its exit status."""
        try:
            self.command_manager.find_command(argv)
        except ValueError:
            return self._without_command(argv)
        self._error = None
        return super().run_subcommand(argv)

    def _without_command(self, argv: list[str]) -> int:
        """Say which commands begin like a line without a command, or are similar to it."""
        words = topics.words_of(argv)
        wants_help = not {"-h", "--help"}.isdisjoint(argv)
        if wants_help and help.print_commands(self, words, self.stdout):
            return exit_status.DONE
        self.LOG.error("craton: %s", topics.unknown(words or argv[:1], self.command_names()))
        return exit_status.USAGE

    def command_names(self) -> list[str]:
        """Return the names of all commands, in order."""
        return sorted(name for name, _ in self.command_manager)

    def clean_up(self, cmd: t.Any, result: int, err: BaseException | None) -> None:
        """Store the error of a command; :meth:`run_subcommand` derives the status from it."""
        self._error = err


class LogFile(logging.Handler):
    """The handler of ``--log-file``. If the file cannot be written, it says so once.

    :param file: file that is open to append to it.
    :param path: path of the file, as it was given.
    """

    def __init__(self, file: t.BinaryIO, path: str) -> None:
        super().__init__()
        self._file, self._path = file, path

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as one or more lines."""
        try:
            # A buffer would be written again when the program ends.
            text = f"{self.format(record)}\n".encode(errors="backslashreplace")
            os.write(self._file.fileno(), text)
        except OSError as exc:
            logging.getLogger().removeHandler(self)
            reason = f"cannot write {self._path!r}: {exc.strerror}"
            logging.getLogger(__name__).error("--log-file: %s. The log is incomplete.", reason)


class Masked(logging.Formatter):
    """A formatter that masks secrets in records and tracebacks, and control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record. Its only control characters are newlines."""
        return printable_lines(secrets.mask(super().format(record)))


class Console(Masked):
    """A formatter for terminals: it shows errors in red.

    :param stream: output stream of the log; errors are red only if it is a terminal.
    """

    def __init__(self, stream: t.TextIO) -> None:
        super().__init__()
        self._red, self._normal = terminal.style(stream, "red")

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        text = super().format(record)
        return f"{self._red}{text}{self._normal}" if record.levelno >= logging.ERROR else text


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    :param argv: arguments of the command line, without the name of the program; default
        ``sys.argv[1:]``.
    :returns: the exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        # Write an escape for a character that the encoding of the terminal lacks.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return standard_output.run(lambda: Shell().run(sys.argv[1:] if argv is None else argv))


if __name__ == "__main__":
    sys.exit(main())
