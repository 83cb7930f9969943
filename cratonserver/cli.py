# SPDX-License-Identifier: Apache-2.0
"""``craton-server``: make a fleet, and serve it."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import socket
import sys
import typing as t

import cratonclient
from cratonserver.config import configuration, settings
from cratonserver.config.configuration import Configuration
from cratonserver.db.store import Store, StoreError
from cratonserver.identity import FIRST_PROJECT


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    :param argv: the words of the command line, without the program's name.
    :returns: the exit status: 0 done, 1 failed, 2 wrong usage or configuration,
        141 output closed.
    """
    options = _parser().parse_args(argv)
    given = {
        d.name: v
        for d in settings.declared()
        if (v := getattr(options, d.name, None)) is not None
    }
    try:
        found = configuration.load(given, options.config_file)
        result = t.cast("int", options.command(found, options))
        sys.stdout.flush()
        return result
    except configuration.ConfigurationError as exc:
        print(f"craton-server: {exc}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (StoreError, OSError) as exc:
        print(f"craton-server: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def initialize(found: Configuration, options: argparse.Namespace) -> int:
    """Add a root user and print how to log in, unless there is one."""
    url = (
        options.url
        or found.settings.proxies.public_url
        or _url(*settings.address(found.settings.serving.listen))
    )
    with opened(found) as store:
        key = store.add_root_user(options.username)
        if key is None:
            print(
                f"craton-server: {store.name} has a fleet with a root user already; "
                "nothing was changed.",
                file=sys.stderr,
            )
            return 1
    # The first four are for craton; openstack takes the others beside them.
    variables = {
        "CRATON_URL": url,
        "OS_USERNAME": options.username,
        "OS_PASSWORD": key,
        "OS_PROJECT_ID": FIRST_PROJECT,
        "OS_AUTH_TYPE": "craton",
        "OS_ENDPOINT": url,
        "OS_TOKEN": key,
    }
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def run(found: Configuration, options: argparse.Namespace) -> int:
    """Serve the fleet until told to stop."""
    from cratonserver import composition
    from cratonserver.serving import logs
    from cratonserver.serving import server as serving

    logs.configure(found.settings)
    with opened(found) as store, _listening(found.settings.serving.listen) as listening:
        host, port = listening.getsockname()[:2]
        server = serving.Server(
            composition.application_of(store, found.settings, found.parsed),
            listening,
            found.settings,
        )
        print(
            f"Serving {store.name} at {_url(host, port)} (Ctrl-C to stop)",
            file=sys.stderr,
            flush=True,
        )
        cut_off = server.run()
    if cut_off:
        were = "connection was" if cut_off == 1 else "connections were"
        print(f"craton-server: {cut_off} {were} cut off.", file=sys.stderr)
    return 1 if cut_off else 0


def show(found: Configuration, options: argparse.Namespace) -> int:
    """Print the configuration that is in force, and where it came from."""
    for line in found.lines():
        print(line)
    return 0


def administer(found: Configuration, options: argparse.Namespace) -> int:
    """Look after users and projects."""
    from cratonserver import administration

    with opened(found) as store:
        try:
            with administration.administration(store) as tasks:
                getattr(tasks, options.task)(options)
        except administration.Failed as exc:
            print(f"craton-server: {exc}", file=sys.stderr)
            return 1
    return 0


def upgrade(found: Configuration, options: argparse.Namespace) -> int:
    """Bring the tables to the version of this program, and say which that is."""
    with opened(found, upgrade=True) as store:
        print(store.version())
    return 0


def version(found: Configuration, options: argparse.Namespace) -> int:
    """Say which version the tables have."""
    from cratonserver import composition

    with contextlib.closing(composition.store_at(found.settings.database, 1)) as store:
        known = store.version()
    if known is None:
        print("craton-server: the database has no tables of Craton.", file=sys.stderr)
        return 1
    print(known)
    return 0


@contextlib.contextmanager
def opened(found: Configuration, upgrade: bool = False) -> t.Iterator[Store]:
    """Open the store of a configuration.

    :param upgrade: whether tables of an older version are brought to this one.
    """
    from cratonserver import composition

    store = composition.store_at(found.settings.database, found.settings.serving.threads)
    try:
        store.open(upgrade)
        yield store
    finally:
        store.close()


def _listening(listen: str) -> socket.socket:
    """Listen, so that the port is known before anybody is told about it."""
    host, port = settings.address(listen)
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as exc:
        # Python adds to the reason what is said here anyway.
        reason = str(getattr(exc, "strerror", None) or exc).partition(" (while ")[0]
        raise OSError(f"cannot listen at {listen}: {reason}") from exc


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="craton-server", description="Make a fleet, serve it, and look after it."
    )
    parser.add_argument(
        "--version", action="version", version=f"craton-server {cratonclient.__version__}"
    )
    commands = parser.add_subparsers(metavar="<command>", required=True)
    init = _command(
        commands, initialize, "init", "make the database and a root user, and print a cratonrc"
    )
    init.add_argument(
        "--url",
        metavar="URL",
        type=_checked(settings.http_url),
        help="URL at which the server is going to be reached (default: where it listens)",
    )
    init.add_argument(
        "--username",
        metavar="NAME",
        type=_checked(_username),
        default="root",
        help="name of the user (default: root)",
    )
    _command(commands, run, "run", "serve the fleet", _everything())
    _command(
        commands, show, "config", "print the configuration that is in force", _everything()
    )
    database = _group(commands, "db", "look after the tables of the database")
    _command(database, upgrade, "upgrade", "bring the tables to the version of this program")
    _command(database, version, "version", "print the version of the tables")
    _add_administration(commands)
    return parser


def _add_administration(commands: t.Any) -> None:
    """Add the commands for users and projects; each is a method of ``Administration``."""

    def add(group: t.Any, task: str, name: str, help: str) -> argparse.ArgumentParser:
        command = _command(group, administer, name, help)
        command.set_defaults(task=task)
        return command

    users = _group(commands, "user", "look after users, without a key")
    listed = add(users, "user_list", "list", "list users: id, name, role, project")
    made = add(users, "user_create", "create", "make a user; print id, name, project, key")
    made.add_argument("name", type=_checked(_username), help="name to log in with")
    changed = add(users, "user_set", "set", "change the role of a user")
    deleted = add(users, "user_delete", "delete", "delete a user")
    keyed = add(users, "user_key", "key", "replace a key; print id, name, project, key")
    for one in (changed, deleted, keyed):
        one.add_argument("user", help="id or name")
    for one in (listed, made, changed, deleted, keyed):
        one.add_argument("--project", metavar="PROJECT", help="id or name of the project")
    for one in (made, changed):
        one.add_argument("--admin", action=argparse.BooleanOptionalAction, help="an admin")
        one.add_argument("--root", action=argparse.BooleanOptionalAction, help="a root user")
    projects = _group(commands, "project", "look after projects, without a key")
    add(projects, "project_list", "list", "list projects: id, name")
    made = add(projects, "project_create", "create", "make a project; print its id")
    made.add_argument("name", help="name, which need not be unique")
    deleted = add(projects, "project_delete", "delete", "delete a project with all its content")
    deleted.add_argument("project", help="id or name")


def _group(commands: t.Any, name: str, help: str) -> t.Any:
    """Add a word that commands of one subject begin with."""
    group = commands.add_parser(name, help=help, description=help)
    return group.add_subparsers(metavar="<command>", required=True)


def _everything() -> list[settings.Declared]:
    return list(settings.declared())


def _command(
    commands: t.Any,
    function: t.Callable[[Configuration, argparse.Namespace], int],
    name: str,
    help: str,
    can_be_set: t.Sequence[settings.Declared] | None = None,
) -> argparse.ArgumentParser:
    """Add a command, with options for what can be set; the database at least."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    command.set_defaults(command=function)
    command.add_argument(
        "--config-file",
        metavar="FILE",
        action="append",
        default=[],
        help="file to read; several may be given, the last one wins "
        f"(default: {configuration.FILE_VARIABLE}, else {configuration.DEFAULT_FILE})",
    )
    for declared in can_be_set or [next(settings.declared())]:
        _option(command, declared)
    return command


def _option(command: argparse.ArgumentParser, declared: settings.Declared) -> None:
    option = configuration.option_of(declared.name)
    default = ",".join(declared.default) if declared.type is tuple else declared.default
    text = f"{declared.rule.help} (default: {default})".replace("%", "%%")
    if declared.type is bool:
        command.add_argument(option, action=argparse.BooleanOptionalAction, help=text)
    else:
        metavar = {int: "NUMBER", tuple: "A,B"}.get(declared.type, "TEXT")
        command.add_argument(option, metavar=metavar, help=text)


def _checked(check: t.Callable[[str], str]) -> t.Callable[[str], str]:
    """Let argparse show what a check has to say."""

    def read(text: str) -> str:
        try:
            return check(text)
        except ValueError as exc:
            raise argparse.ArgumentTypeError(f"{text!r}: {exc}") from exc

    return read


def _username(text: str) -> str:
    """Read the name of a user, who has to be able to send it in a header."""
    if not text or text != text.strip() or not text.isprintable() or len(text) > 255:
        raise ValueError("it has to be a name without control characters and outer blanks")
    try:
        return text.encode("latin-1").decode("latin-1")
    except UnicodeError:
        raise ValueError("it has to be in Latin-1, to be sent in a header") from None


if __name__ == "__main__":
    sys.exit(main())
