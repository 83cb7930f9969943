# SPDX-License-Identifier: Apache-2.0
"""The program ``craton-server``: its commands and their options."""

from __future__ import annotations

import argparse
import contextlib
import re
import shlex
import socket
import sys
import typing as t

import cratonclient
from cratonclient import private_files, standard_output
from cratonclient.printable import printable, printable_lines
from cratonclient.v1 import users
from cratonserver import arguments, messages
from cratonserver.config import configuration, settings
from cratonserver.config.configuration import Configuration
from cratonserver.db.store import Store, StoreError
from cratonserver.identity import FIRST_PROJECT


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    :param argv: command line arguments, without the name of the program. The default is
        ``sys.argv[1:]``.
    :returns: the exit status: 0 done, 1 failed, 2 wrong usage or configuration,
        130 interrupted, 141 output closed.
    """
    return standard_output.run(lambda: _run(argv), "craton-server: ")


def _run(argv: list[str] | None) -> int:
    options = _parser().parse_args(argv)
    given = {
        declared.name: value
        for declared in settings.declarations()
        if (value := getattr(options, declared.name, None)) is not None
    }
    try:
        config = configuration.load(given, options.config_file)
        return t.cast("int", options.command(config, options))
    except configuration.ConfigurationError as exc:
        messages.error(exc)
        return 2
    except BrokenPipeError:
        return standard_output.OUTPUT_CLOSED
    except (StoreError, OSError) as exc:
        messages.error(exc)
        return 1
    except KeyboardInterrupt:
        return 130


def initialize(config: Configuration, options: argparse.Namespace) -> int:
    """Create the database and a root user, and write a cratonrc file.

    Fail without a change if the database has a root user, or the file exists.
    """
    url = (
        options.url
        or config.settings.proxies.public_url
        or _url(*settings.address(config.settings.serving.listen))
    )
    with _credentials_file(options.output) as file, open_store(config) as store:
        key = store.add_root_user(options.username)
        if key is None:
            raise StoreError(
                f"{store.name} already has a root user; nothing was changed. To add a user, "
                "run craton-server user create."
            )
        # The command craton uses the first four variables. openstack uses the OS_ ones.
        variables = {
            "CRATON_URL": url,
            "OS_USERNAME": options.username,
            "OS_PASSWORD": key,
            "OS_PROJECT_ID": FIRST_PROJECT,
            "OS_AUTH_TYPE": "craton",
            "OS_ENDPOINT": url,
            "OS_TOKEN": key,
        }
        try:
            file.writelines(f"export {n}={shlex.quote(v)}\n" for n, v in variables.items())
            file.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise OSError(
                f"Cannot write the output: {exc.strerror}. The user {options.username!r} was "
                "created, but its API key is lost: create another one with 'craton-server user "
                f"key {shlex.quote(options.username)}'."
            ) from exc
    return 0


@contextlib.contextmanager
def _credentials_file(path: str | None) -> t.Iterator[t.TextIO]:
    """Yield a new file that only its owner can read, or standard output without a path.

    :raises OSError: if the file exists or cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    file = None
    try:
        with private_files.new_file(path) as file:
            yield file
    except FileExistsError as exc:
        raise OSError(
            f"{path} exists; nothing was changed. Name a new file, or remove this one."
        ) from exc
    except OSError as exc:
        if file is not None:
            raise
        raise OSError(
            f"Cannot write {path!r}: {exc.strerror}; nothing was changed. Name a new file in a "
            "folder that exists and that you can write to."
        ) from exc
    how = f"The credentials are in {path}. To use them: . {_sourced(path)}"
    print(printable(how), file=sys.stderr)


def _sourced(path: str) -> str:
    """Return a path as the argument of the shell command ``.``, which searches the PATH."""
    return shlex.quote(path if "/" in path else f"./{path}")


def run(config: Configuration, options: argparse.Namespace) -> int:
    """Serve the fleet until a signal stops the server."""
    from cratonserver import composition
    from cratonserver.serving import logs
    from cratonserver.serving import server as serving

    logs.configure(config.settings)
    with open_store(config) as store, _listening(config.settings.serving.listen) as listening:
        host, port = listening.getsockname()[:2]
        server = serving.Server(
            composition.application_of(store, config.settings, config.parsed),
            listening,
            config.settings,
        )
        print(
            f"Serving {printable(store.name)} at {_url(host, port)} (Ctrl-C to stop)",
            file=sys.stderr,
            flush=True,
        )
        cut_off = server.run()
    if cut_off:
        were = "connection was" if cut_off == 1 else "connections were"
        messages.error(f"{cut_off} {were} cut off.")
    return 1 if cut_off else 0


def show(config: Configuration, options: argparse.Namespace) -> int:
    """Print each setting, its value and the source of the value."""
    for line in config.lines():
        print(printable_lines(line))
    return 0


def administer(config: Configuration, options: argparse.Namespace) -> int:
    """Run a command of the groups ``user`` and ``project``."""
    from cratonserver import administration

    with open_store(config, create=False) as store:
        try:
            with administration.commands(store) as tasks:
                getattr(tasks, options.task)(options)
        except administration.CommandFailed as exc:
            messages.error(exc)
            return 1
    return 0


def upgrade(config: Configuration, options: argparse.Namespace) -> int:
    """Upgrade the tables to the version of this program, and print that version."""
    with open_store(config, upgrade=True, create=False) as store:
        print(store.version())
    return 0


def version(config: Configuration, options: argparse.Namespace) -> int:
    """Print the version of the tables."""
    from cratonserver import composition

    with contextlib.closing(composition.store_at(config.settings.database, 1)) as store:
        store.check_exists()
        known = store.version()
    if known is None:
        messages.error(f"the database {store.name} has no Craton tables")
        return 1
    print(known)
    return 0


@contextlib.contextmanager
def open_store(
    config: Configuration, upgrade: bool = False, create: bool = True
) -> t.Iterator[Store]:
    """Open the store of a configuration, and close it at the end of the block.

    :param config: the configuration.
    :param upgrade: upgrade tables of an older version instead of refusing them.
    :param create: create the tables if there are none.
    :raises cratonserver.db.store.StoreError: if the database cannot be opened.
    """
    from cratonserver import composition

    store = composition.store_at(config.settings.database, config.settings.serving.threads)
    try:
        if not create:
            store.check_exists()
        store.open(upgrade)
        yield store
    finally:
        store.close()


def _listening(listen: str) -> socket.socket:
    """Return a listening socket.

    :param listen: HOST:PORT.
    :raises OSError: with a one-line message, if that is not possible.
    """
    host, port = settings.address(listen)
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as exc:
        # Python appends "(while attempting to bind ...)", which repeats the address.
        reason = str(getattr(exc, "strerror", None) or exc).partition(" (while ")[0]
        raise OSError(f"cannot listen at {listen}: {reason}") from exc


def _url(host: str, port: int) -> str:
    """Return the URL of the server at an address."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = arguments.Parser(
        prog="craton-server", description="Create, serve and manage a Craton fleet."
    )
    parser.add_argument(
        "--version", action="version", version=f"craton-server {cratonclient.__version__}"
    )
    commands = parser.add_subparsers(metavar="<command>", required=True)
    init = _command(
        commands,
        initialize,
        "init",
        "Create the database and a root user, and write a cratonrc file.",
    )
    init.add_argument(
        "--url",
        metavar="URL",
        type=_checked(settings.http_url),
        help="URL at which clients will reach the server (default: public_url, or else the "
        "address of listen)",
    )
    init.add_argument(
        "--username",
        metavar="NAME",
        type=_checked(_username),
        default="root",
        help="name of the root user (default: root)",
    )
    init.add_argument(
        "--output",
        metavar="FILE",
        help="new file for the credentials, which only its owner can read (default: standard "
        "output)",
    )
    _command(commands, run, "run", "Serve the fleet over HTTP.", _all_settings())
    _command(
        commands,
        show,
        "config",
        "Print the effective configuration and the source of each value.",
        _all_settings(),
    )
    database = _group(commands, "db", "Manage the tables of the database.")
    _command(
        database,
        upgrade,
        "upgrade",
        "Upgrade the tables to the version of this program, and print that version.",
    )
    _command(database, version, "version", "Print the version of the tables.")
    _add_user_commands(commands)
    _add_project_commands(commands)
    return parser


def _task(group: t.Any, task: str, name: str, help: str) -> argparse.ArgumentParser:
    """Add a command that calls a method of :class:`~cratonserver.administration.Commands`.

    :param group: group to add it to.
    :param task: name of the method.
    :param name: name of the command.
    :param help: help text of the command.
    """
    command = _command(group, administer, name, help)
    command.set_defaults(task=task)
    return command


def _add_user_commands(commands: t.Any) -> None:
    users = _group(
        commands, "user", "Manage users directly in the database, without an API key."
    )
    listing = _task(users, "user_list", "list", "List users: id, name, role, project.")
    creation = _task(
        users,
        "user_create",
        "create",
        "Create a user. Print its id, name, project and API key.",
    )
    creation.add_argument("name", type=_checked(_username), help="name of the user")
    change = _task(users, "user_set", "set", "Change the role of a user.")
    deletion = _task(users, "user_delete", "delete", "Delete a user.")
    new_key = _task(
        users,
        "user_key",
        "key",
        "Replace the API key of a user. Print its id, name, project and new API key.",
    )
    for command in (change, deletion, new_key):
        command.add_argument("user", help="id or name of the user")
    ambiguous = "project of the user (id or name); needed if several users have that name"
    for command, text in (
        (listing, "list only the users of this project (id or name)"),
        (creation, "project of the user (id or name; default: the first project)"),
        (change, ambiguous),
        (deletion, ambiguous),
        (new_key, ambiguous),
    ):
        command.add_argument("--project", metavar="PROJECT", help=text)
    for command in (creation, change):
        command.add_argument(
            "--admin",
            action=argparse.BooleanOptionalAction,
            help="admin role: manage the users and variables of the own project",
        )
        command.add_argument(
            "--root",
            action=argparse.BooleanOptionalAction,
            help="root role: full access to all projects",
        )


def _add_project_commands(commands: t.Any) -> None:
    projects = _group(
        commands, "project", "Manage projects directly in the database, without an API key."
    )
    _task(projects, "project_list", "list", "List projects: id, name.")
    creation = _task(projects, "project_create", "create", "Create a project. Print its id.")
    creation.add_argument("name", help="name of the project; need not be unique")
    deletion = _task(
        projects, "project_delete", "delete", "Delete a project, its users and its inventory."
    )
    deletion.add_argument("project", help="id or name of the project")


def _group(commands: t.Any, name: str, help: str) -> t.Any:
    """Add a group of commands, such as ``user``, and return it."""
    group = commands.add_parser(name, help=help, description=help)
    return group.add_subparsers(metavar="<command>", required=True)


def _database_setting() -> settings.Declaration:
    return next(found for found in settings.declarations() if found.name == "database")


def _all_settings() -> list[settings.Declaration]:
    return list(settings.declarations())


def _command(
    commands: t.Any,
    function: t.Callable[[Configuration, argparse.Namespace], int],
    name: str,
    help: str,
    options: t.Sequence[settings.Declaration] | None = None,
) -> argparse.ArgumentParser:
    """Add a command.

    :param commands: the program or group to add it to.
    :param function: function that runs the command and returns the exit status.
    :param name: name of the command.
    :param help: help text of the command.
    :param options: settings to add as options; the default is the database only.
    """
    command: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    command.set_defaults(command=function)
    command.add_argument(
        "--config-file",
        metavar="FILE",
        action="append",
        default=[],
        help="configuration file; repeat the option to read several, later files take "
        f"precedence (default: the file named by {configuration.FILE_VARIABLE}, or else "
        f"{configuration.DEFAULT_FILE})",
    )
    for declared in options or [_database_setting()]:
        _option(command, declared)
    return command


def _option(command: argparse.ArgumentParser, declared: settings.Declaration) -> None:
    """Add the option of a setting. The configuration validates its value."""
    option = configuration.option_of(declared.name)
    default = ",".join(declared.default) if declared.type is tuple else declared.default
    choices = declared.setting.choices
    explained = "; ".join(f"{choice}: {text}" for choice, text in choices.items() if text)
    if choices and not explained:
        explained = f"Any of {', '.join(choices)}"
    text = f"{declared.setting.help}{explained and f' {explained}.'}"
    text += f" (default: {default or 'empty'})"
    text = text.replace("%", "%%")  # argparse formats help texts with %
    if declared.type is bool:
        command.add_argument(option, action=argparse.BooleanOptionalAction, help=text)
    else:
        one_of = f"{{{','.join(choices)}}}" if choices else "TEXT"
        metavar = {int: "NUMBER", tuple: "A,B"}.get(declared.type, one_of)
        command.add_argument(option, metavar=metavar, help=text)


def _checked(check: t.Callable[[str], str]) -> t.Callable[[str], str]:
    """Wrap a function that raises ValueError as an argparse type that shows the message."""

    def read(text: str) -> str:
        try:
            return check(text)
        except ValueError as exc:
            raise argparse.ArgumentTypeError(f"{text!r}: {exc}") from exc

    return read


def _username(text: str) -> str:
    """Check the name of a user, as the API does.

    :raises ValueError: if it is not valid.
    """
    field = users.User.username
    if not re.search(users.USERNAME.regex, text):
        raise ValueError(users.USERNAME.rule)
    if len(text) > field.max_length:
        raise ValueError(f"must have at most {field.max_length} characters")
    return text


if __name__ == "__main__":
    sys.exit(main())
