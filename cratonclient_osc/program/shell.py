# SPDX-License-Identifier: Apache-2.0
"""The program ``craton``: the commands, with global options of its own."""

from __future__ import annotations

import argparse
import gc
import io
import itertools
import logging
import sys
import typing as t
from importlib import metadata

from cliff import app

from cratonclient import secrets
from cratonclient.printable import printable
from cratonclient_osc.output import exit_status, terminal
from cratonclient_osc.program import client_factory, command_manager, global_options, help


class Shell(app.App):
    """The application."""

    NAME = "craton"
    LOG = logging.getLogger(NAME)

    def __init__(self) -> None:
        super().__init__(
            description="Craton, the fleet inventory of OpenStack.",
            version=None,
            command_manager=command_manager.Commands(),
        )
        self.command_manager.add_command("help", help.Help)
        self.command_manager.commands["completion"] = metadata.EntryPoint(
            "completion", "cratonclient_osc.completion.tree:Completion", "craton"
        )
        self._error: BaseException | None = None
        self._session: int | None = None

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, t.Any] | None = None,
    ) -> argparse.ArgumentParser:
        """Make the parser of the global options."""
        parser = global_options.Parser(description=description, **(argparse_kwargs or {}))
        parser.add_argument(
            "-h",
            "--help",
            action=help.Overview,
            nargs=0,
            default=self,  # the action takes the application from there
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
            choices=("default", "json"),
            default="default",
            help="format of the output: a table or JSON",
        )
        parser.add_argument(
            "--keep-going",
            action="store_true",
            help="without a command: go on with the script on stdin after a failure",
        )
        parser.add_argument("command", metavar="<command>", nargs=argparse.REMAINDER)
        return parser

    def configure_logging(self) -> None:
        """Log errors, and with ``--debug`` everything, to stderr."""
        level = {0: logging.ERROR, 1: logging.WARNING, 2: logging.INFO}
        chosen = level.get(self.options.verbose_level, logging.DEBUG)
        if self.options.debug:
            chosen = logging.DEBUG
        # What they report is reported again when it is final.
        quiet = logging.CRITICAL if chosen > logging.INFO else logging.NOTSET
        for name in ("urllib3", "cratonserver", "keystoneauth", "stevedore"):
            logging.getLogger(name).setLevel(quiet)
        if self.stderr.isatty() and self.options.verbose_level:
            logging.getLogger("cratonclient.wait").setLevel(logging.INFO)
        handler = logging.StreamHandler(self.stderr)
        handler.setFormatter(Console(self.stderr))
        root = logging.getLogger()
        root.handlers = [handler]
        root.setLevel(chosen)
        if self.options.log_file:
            to_file = logging.FileHandler(self.options.log_file)
            to_file.setFormatter(Masked(self.LOG_FILE_MESSAGE_FORMAT))
            root.addHandler(to_file)

    def initialize_app(self, argv: list[str]) -> None:
        """Make what commands take the client from."""
        if argv and self.options.keep_going:
            self.parser.error("--keep-going is about a script on stdin, not about a command")
        self.client_manager = client_factory.ClientManager(self.options)

    def run(self, argv: list[str]) -> int:
        """Run the program, and close its connections."""
        try:
            result = super().run(argv)
            return result if self._session is None else self._session
        finally:
            if hasattr(self, "client_manager"):
                self.client_manager.close()

    def interact(self) -> None:
        """Run a session of commands from a terminal or a script."""
        from cratonclient_osc.program import repl

        self.interactive_mode = False  # for cliff this means cmd2
        self._session = repl.run(self)

    def run_subcommand(self, argv: list[str]) -> int:
        """Run a command, and give the exit status."""
        try:
            self.command_manager.find_command(argv)
        except ValueError:
            self.LOG.error("%s", self._unknown(argv))
            return exit_status.USAGE
        self._error = None
        result = super().run_subcommand(argv)
        # A word that help does not know is wrong usage as well.
        unknown = argv[0] == "help" and isinstance(self._error, ValueError)
        return exit_status.USAGE if unknown else result

    def clean_up(self, cmd: t.Any, result: int, err: BaseException | None) -> None:
        """Keep what went wrong, to choose the exit status by."""
        self._error = err

    def _unknown(self, argv: list[str]) -> str:
        words = list(itertools.takewhile(lambda word: not word.startswith("-"), argv))
        typed = printable(" ".join(words[:4]) or argv[0])
        known = [name for name, _ in self.command_manager]
        import difflib

        meant = difflib.get_close_matches(" ".join(words[:3]), known, n=3)
        hint = f" Did you mean: {', '.join(meant)}?" if meant else ""
        return f"craton: {typed!r} is not a command.{hint} See 'craton --help'."


class Masked(logging.Formatter):
    """Write log records without secrets, in their tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """Mask what a logger of another library may have let through."""
        return secrets.mask(super().format(record))


class Console(Masked):
    """Write log records so that nothing a server said can move the cursor.

    :param stream: where they go; on a terminal, errors are red.
    """

    def __init__(self, stream: t.TextIO) -> None:
        super().__init__()
        self._red, self._normal = terminal.style(stream, "red")

    def format(self, record: logging.LogRecord) -> str:
        """Make control characters visible, save for the ends of lines."""
        lines = super().format(record).splitlines()
        text = "\n".join(printable(line) for line in lines)
        return f"{self._red}{text}{self._normal}" if record.levelno >= logging.ERROR else text


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    :param argv: the words of the command line, without the program's name.
    :returns: the exit status.
    """
    # A command makes many objects and keeps most of them; looking for garbage
    # among those takes a tenth of its time.
    gc.freeze()
    gc.set_threshold(50_000)
    if sys.stdout is None or sys.stderr is None:
        return exit_status.OUTPUT_CLOSED
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its number instead.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        result = Shell().run(sys.argv[1:] if argv is None else argv)
    except SystemExit as ending:  # after help, the version, or wrong usage
        result = ending.code if isinstance(ending.code, int) else int(bool(ending.code))
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        result = exit_status.OUTPUT_CLOSED
    except OSError as exc:
        terminal.discard(sys.stdout)
        if result == exit_status.DONE:  # else it has been said what went wrong
            print(f"The output could not be written: {exc.strerror}.", file=sys.stderr)
            result = exit_status.FAILED
    if result == exit_status.OUTPUT_CLOSED:
        terminal.discard(sys.stdout)
    return result


if __name__ == "__main__":
    sys.exit(main())
