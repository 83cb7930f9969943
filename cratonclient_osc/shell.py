# SPDX-License-Identifier: Apache-2.0
"""The program ``craton``: the commands, with global options of its own."""

from __future__ import annotations

import argparse
import functools
import gc
import io
import itertools
import logging
import os
import sys
import typing as t

from cliff import app, commandmanager
from cliff import help as cliff_help

from cratonclient import exceptions, redact
from cratonclient_osc import commands, parsing, status

if t.TYPE_CHECKING:
    from cratonclient.v1 import client

#: Where others register commands; ``openstack`` reads the same group.
GROUP = "openstack.fleet_management.v1"
_PREFIX = "craton "


class Commands(commandmanager.CommandManager):
    """Find commands: the ones of this project from the declarations.

    Only for a word that they do not know, or to list everything, is the entry
    point group read.
    """

    def __init__(self) -> None:
        super().__init__(namespace=None)
        self._complete = False

    def find_command(self, argv: list[str]) -> tuple[t.Any, str, list[str]]:
        """Find the command at the beginning of a line.

        :returns: its class, its name, and the rest of the line.
        :raises ValueError: when there is none.
        """
        for end in range(self._get_last_possible_command_index(argv), 1, -1):
            found = commands.find(argv[:end])
            if found:
                return found, " ".join(argv[:end]), argv[end:]
        if argv and argv[0] not in self.commands:
            if "-" in argv[0] or "_" in argv[0]:
                from cratonclient_osc import legacy

                old = legacy.find(argv[0])
                if old:
                    return old, argv[0], argv[1:]
            self._load_all()
        return super().find_command(argv)

    def __iter__(self) -> t.Iterator[tuple[str, t.Any]]:
        self._load_all()
        return super().__iter__()

    def _load_all(self) -> None:
        if self._complete:
            return
        self._complete = True
        for name in commands.names():
            self.add_command(name, t.cast("t.Any", commands.find(name.split())))
        from stevedore import extension

        for entry in extension.ExtensionManager[t.Any](GROUP).list_entry_points():
            name = entry.name.replace("_", " ").removeprefix(_PREFIX)
            self.commands.setdefault(name, entry)


class ClientManager:
    """Make the client of a session when the first command needs it.

    :param options: the global options.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    @functools.cached_property
    def fleet_management(self) -> client.Client:
        """The client.

        :raises cratonclient.exceptions.UnableToAuthenticate: when options are
            missing without which there is no way to log in.
        """
        from cratonclient import auth, transport
        from cratonclient.v1 import client

        options = self._options
        needs_no_user = options.craton_url and not transport.is_http(options.craton_url)
        wanted = ["craton_url"]
        if not needs_no_user:
            wanted += ["os_username", "os_password", "os_project_id"]
        missing = [
            f"--{name.replace('_', '-')} or {name.upper()}"
            for name in wanted
            if not getattr(options, name)
        ]
        if missing:
            raise exceptions.UnableToAuthenticate(
                f"To reach Craton, give {', '.join(missing)}. A fleet in a file needs only "
                "a URL such as sqlite:///fleet.db."
            )
        plugin = None
        if not needs_no_user:
            plugin = auth.CratonAuth(
                username=options.os_username,
                token=options.os_password,
                project_id=options.os_project_id,
            )
        session = auth.create_session_with(plugin, self._verify(), timeout=options.timeout)
        return client.Client(session=session, url=options.craton_url)

    def close(self) -> None:
        """Close the connections of the client, if there is one."""
        made = self.__dict__.get("fleet_management")
        if made:
            made._session._session.session.close()

    def _verify(self) -> bool | str:
        """Give what decides on the certificate of the server."""
        if self._options.insecure:
            import urllib3

            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            return False
        bundle = self._options.os_cacert
        if bundle and not os.path.exists(bundle):
            raise status.UsageError(f"There is no file {bundle!r}, which --os-cacert names.")
        return bundle or True


class Parser(argparse.ArgumentParser):
    """The parser of the global options, which may stand before or after a command.

    ``--format``, ``--help`` and ``--version`` are global before the command
    only; after it, they belong to the command.
    """

    def __init__(self, **kwargs: t.Any) -> None:
        super().__init__(prog="craton", add_help=False, **kwargs)
        parsing.one_line_errors(self, "craton --help")
        self._anywhere = argparse.ArgumentParser(
            prog="craton", add_help=False, allow_abbrev=False
        )
        parsing.one_line_errors(self._anywhere, "craton --help")
        _add_options(self)
        _add_options(self._anywhere)

    def parse_known_args(  # type: ignore[override]
        self, args: t.Sequence[str] | None = None, namespace: t.Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Split a line into the values of the global options and the command."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        command = options.command
        end = command.index("--") if "--" in command else len(command)
        options, rest = self._anywhere.parse_known_args(command[:end], options)
        return options, rest + command[end:]


class Help(cliff_help.HelpCommand):
    """print detailed help for another command"""

    def _load_hooks(self) -> None:
        self._hooks = []

    def get_epilog(self) -> str:
        """Say nothing at the end of the help."""
        return ""


class Shell(app.App):
    """The application."""

    NAME = "craton"
    LOG = logging.getLogger(NAME)

    def __init__(self) -> None:
        super().__init__(
            description="Craton, the fleet inventory of OpenStack.",
            version=None,
            command_manager=Commands(),
        )
        self.command_manager.add_command("help", Help)
        self._error: BaseException | None = None

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, t.Any] | None = None,
    ) -> argparse.ArgumentParser:
        """Make the parser of the global options."""
        parser = Parser(description=description, **(argparse_kwargs or {}))
        parser.add_argument(
            "-h",
            "--help",
            action=cliff_help.HelpAction,
            nargs=0,
            default=self,  # cliff's action takes the application from there
            help="show this help and exit",
        )
        parser.add_argument(
            "--version", action=Version, nargs=0, help="show the version and exit"
        )
        parser.add_argument(
            "--format",
            choices=("default", "json"),
            default="default",
            help="format of the output: a table or JSON",
        )
        parser.add_argument("command", metavar="<command>", nargs=argparse.REMAINDER)
        return parser

    def configure_logging(self) -> None:
        """Log errors, and with ``--debug`` everything, to stderr."""
        level = {0: logging.ERROR, 1: logging.WARNING, 2: logging.INFO}
        chosen = level.get(self.options.verbose_level, logging.DEBUG)
        if self.options.debug:
            chosen = logging.DEBUG
        elif chosen > logging.INFO:
            # What they report is reported again when it is final.
            logging.getLogger("urllib3").setLevel(logging.ERROR)
            logging.getLogger("cratonserver").setLevel(logging.CRITICAL)
        handler = logging.StreamHandler(self.stderr)
        handler.setFormatter(Console())
        root = logging.getLogger()
        root.handlers = [handler]
        root.setLevel(chosen)
        if self.options.log_file:
            to_file = logging.FileHandler(self.options.log_file)
            to_file.setFormatter(logging.Formatter(self.LOG_FILE_MESSAGE_FORMAT))
            root.addHandler(to_file)

    def initialize_app(self, argv: list[str]) -> None:
        """Make what commands take the client from."""
        self.client_manager = ClientManager(self.options)

    def run(self, argv: list[str]) -> int:
        """Run the program; a session has no result to report."""
        try:
            result = super().run(argv)
        finally:
            if hasattr(self, "client_manager"):
                self.client_manager.close()
        return result if self.interpreter is None else status.DONE

    def interact(self) -> None:
        """Read commands from a terminal or a file."""
        from cratonclient_osc import repl

        self.interactive_app_factory = repl.Repl
        super().interact()

    def run_subcommand(self, argv: list[str]) -> int:
        """Run a command, and give the exit status."""
        try:
            self.command_manager.find_command(argv)
        except ValueError:
            self.LOG.error("%s", self._unknown(argv))
            return status.USAGE
        self._error = None
        result = super().run_subcommand(argv)
        # A word that help does not know is wrong usage as well.
        unknown = argv[0] == "help" and isinstance(self._error, ValueError)
        return status.USAGE if unknown else result

    def clean_up(self, cmd: t.Any, result: int, err: BaseException | None) -> None:
        """Keep what went wrong, to choose the exit status by."""
        self._error = err

    def _unknown(self, argv: list[str]) -> str:
        words = list(itertools.takewhile(lambda word: not word.startswith("-"), argv))
        typed = redact.printable(" ".join(words[:4]) or argv[0])
        known = [name for name, _ in self.command_manager]
        import difflib

        meant = difflib.get_close_matches(" ".join(words[:3]), known, n=3)
        hint = f" Did you mean: {', '.join(meant)}?" if meant else ""
        return f"craton: {typed!r} is not a command.{hint} See 'craton --help'."


class Version(argparse.Action):
    """Show the version, which is looked up only now."""

    def __call__(self, parser: argparse.ArgumentParser, *args: t.Any, **kw: t.Any) -> None:
        """Print it and leave."""
        import cratonclient

        print(f"craton {cratonclient.__version__}")
        parser.exit()


class Console(logging.Formatter):
    """Write log records so that nothing a server said can move the cursor."""

    def format(self, record: logging.LogRecord) -> str:
        """Make control characters visible, save for the ends of lines."""
        lines = super().format(record).splitlines()
        return "\n".join(redact.printable(line) for line in lines)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that may stand anywhere."""
    _from_environment(parser, "--craton-url", "<url>", "URL of Craton")
    parser.add_argument(
        "--craton-version",
        metavar="<version>",
        choices=("1", "v1"),
        default="1",
        help="version of the API: 1",
    )
    _from_environment(parser, "--os-project-id", "<id>", "project to log in to, a UUID")
    _from_environment(parser, "--os-username", "<name>", "user to log in as")
    _from_environment(parser, "--os-password", "<key>", "API key of the user")
    _from_environment(
        parser, "--os-cacert", "<file>", "certificates of the authorities to trust"
    )
    parser.add_argument(
        "--insecure", action="store_true", help="do not verify the server's certificate"
    )
    parser.add_argument(
        "--timeout",
        metavar="<seconds>",
        type=_seconds,
        default=60.0,
        help="how long to wait for the server (default: 60)",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        dest="verbose_level",
        default=1,
        help="show more of what is done; may be repeated",
    )
    parser.add_argument(
        "-q",
        "--quiet",
        action="store_const",
        dest="verbose_level",
        const=0,
        help="show errors only",
    )
    parser.add_argument("--log-file", metavar="<file>", help="write a log to a file too")
    parser.add_argument(
        "--debug",
        action="store_true",
        help="show requests, answers and tracebacks, without secrets",
    )


def _from_environment(
    parser: argparse.ArgumentParser, option: str, metavar: str, what: str
) -> None:
    variable = option.strip("-").replace("-", "_").upper()
    parser.add_argument(
        option,
        metavar=metavar,
        default=os.environ.get(variable, ""),
        help=f"{what} (Env: {variable})",
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return value


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
        return status.OUTPUT_CLOSED
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its number instead.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    result = Shell().run(sys.argv[1:] if argv is None else argv)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        result = status.OUTPUT_CLOSED
    if result == status.OUTPUT_CLOSED and isinstance(sys.stdout, io.TextIOWrapper):
        # What is left in the buffer has nowhere to go; the interpreter would
        # complain about that when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return result


if __name__ == "__main__":
    sys.exit(main())
