# SPDX-License-Identifier: Apache-2.0
"""The parser of ``craton-server``: all commands with their arguments."""

from __future__ import annotations

import argparse
import typing as t

import cratonclient
from cratonclient.v1 import quotas, user_keys
from cratonclient.v1 import users as user_kind
from cratonserver.config import formats, settings
from cratonserver.config.configuration import Configuration
from cratonserver.program import (
    administration,
    arguments,
    backup,
    config,
    database,
    help,
    history,
    init,
    options,
    run,
)

#: A function that runs a command with its configuration and its parsed options.
Function = t.Callable[[Configuration, argparse.Namespace], int]


def build() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = arguments.Parser(
        prog="craton-server", description="Create, serve and manage a Craton fleet."
    )
    parser.add_argument(
        "--version", action="version", version=f"craton-server {cratonclient.__version__}"
    )
    commands = parser.add_subparsers(metavar="<command>", required=True)
    _add_init(commands)
    _command(commands, run.run, "run", "Serve the fleet over HTTP.", settings.declarations())
    _command(
        commands,
        config.show,
        "config",
        "Print the effective configuration and the source of each value.",
        settings.declarations(),
    )
    schema = _group(commands, "db", "Manage the tables of the database.")
    _command(
        schema,
        database.upgrade,
        "upgrade",
        "Upgrade the tables to the version of this program, and print that version.",
    )
    _command(schema, database.version, "version", "Print the version of the tables.")
    _add_backup(commands)
    _add_history(commands)
    _add_user_commands(commands)
    _add_project_commands(commands)
    _add_quota_commands(commands)
    help.add(commands, parser)
    return parser


def _add_init(commands: t.Any) -> None:
    command = _command(
        commands,
        init.initialize,
        "init",
        "Create the database and a root user, and write a cratonrc file.",
    )
    command.add_argument(
        "--url",
        metavar="URL",
        type=options.checked(formats.http_url),
        help="URL at which clients will reach the server (default: public_url, or else the "
        "address of listen)",
    )
    command.add_argument(
        "--username",
        metavar="NAME",
        type=options.checked(options.username),
        default="root",
        help="name of the root user (default: root)",
    )
    command.add_argument(
        "--output",
        metavar="FILE",
        help="new file for the credentials, which only its owner can read (default: standard "
        "output)",
    )


def _add_backup(commands: t.Any) -> None:
    writing = _command(
        commands,
        backup.backup,
        "backup",
        "Write a backup of the fleet while servers use it. Print the rows of each table.",
    )
    writing.add_argument("file", help="new file, which only its owner can read")
    reading = _command(
        commands,
        backup.restore,
        "restore",
        "Restore a backup into an empty database of any kind. Print the rows of each table.",
    )
    reading.add_argument("file", help="file that craton-server backup wrote")
    how = reading.add_mutually_exclusive_group()
    how.add_argument(
        "--replace", action="store_true", help="replace the fleet in the database, if any"
    )
    how.add_argument(
        "--check", action="store_true", help="only check that the file is complete"
    )


def _add_history(commands: t.Any) -> None:
    _command(
        _group(commands, "history", "Manage the history of changes."),
        history.prune,
        "prune",
        "Remove old changes. Print the id of each project and the number of removed changes.",
        [_setting("database"), _setting("history_days")],
    )


def _task(group: t.Any, task: str, name: str, help: str) -> argparse.ArgumentParser:
    """Add a command that calls a method of :class:`.administration.Commands`.

    :param group: group to add it to.
    :param task: name of the method.
    :param name: name of the command.
    :param help: help text of the command.
    """
    command = _command(group, administration.administer, name, help)
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
    creation.add_argument(
        "name", type=options.checked(options.username), help="name of the user"
    )
    change = _task(users, "user_set", "set", "Change the role of a user.")
    deletion = _task(users, "user_delete", "delete", "Delete a user.")
    for command in (change, deletion):
        command.add_argument("user", help="id or name of the user")
    ambiguous = "project of the user (id or name); needed if several users have that name"
    for command, text in (
        (listing, "list only the users of this project (id or name)"),
        (creation, "project of the user (id or name; default: the first project)"),
        (change, ambiguous),
        (deletion, ambiguous),
    ):
        command.add_argument("--project", metavar="PROJECT", help=text)
    for command in (creation, change):
        _add_role_options(command)
    _add_key_commands(users)


def _add_role_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--role",
        choices=[*user_kind.User.role.choices, "root"],
        help="reader: read the inventory of the own project; member: also change it; admin: "
        "also manage the users and variables of the project; root: full access to all projects",
    )
    command.add_argument(
        "--admin",
        action=argparse.BooleanOptionalAction,
        help="the role admin; without it, member",
    )
    command.add_argument(
        "--root",
        action=argparse.BooleanOptionalAction,
        help="the role root; without it, admin",
    )


def _add_key_commands(users: t.Any) -> None:
    keys = _group(users, "key", "Manage the API keys of users. A user can have several.")
    users.choices["key"].default_command = "replace"  # as in earlier versions
    columns = "id, user, name, creation, last use and expiry"
    listing = _task(keys, "user_key_list", "list", f"List API keys: {columns}.")
    creation = _task(
        keys,
        "user_key_create",
        "create",
        "Create another API key of a user. Print its id, user, name and the key.",
    )
    creation.add_argument("name", help="name of the key, unique for the user")
    creation.add_argument("--expires", metavar="TIME", help=user_keys.UserKey.expires_at.help)
    deletion = _task(keys, "user_key_delete", "delete", "Delete an API key of a user.")
    deletion.add_argument("key", help="id or name of the key")
    for command in (creation, deletion):
        command.add_argument("--user", required=True, help="id or name of the user")
    listing.add_argument("--user", help="id or name of the user (default: all users)")
    replacement = _task(
        keys,
        "user_key_replace",
        "replace",
        "Replace all API keys of a user by a new one. Print the id, name and project of the "
        "user, and the key.",
    )
    replacement.add_argument("user", help="id or name of the user")
    for command in (listing, creation, deletion, replacement):
        command.add_argument(
            "--project",
            metavar="PROJECT",
            help="project of the user (id or name); needed if several users have that name",
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


def _add_quota_commands(commands: t.Any) -> None:
    group = _group(
        commands,
        "quota",
        "Manage the quotas of projects directly in the database, without an API key.",
    )
    showing = _task(group, "quota_show", "show", "List the quotas of a project: name, limit.")
    showing.add_argument(
        "project", nargs="?", help="id or name of the project (default: the first project)"
    )
    showing.add_argument(
        "--usage", action="store_true", help="print how much is in use, too: a third column"
    )
    change = _task(group, "quota_set", "set", "Set quotas of a project, and keep the others.")
    reset = _task(group, "quota_delete", "delete", "Reset the quotas of a project.")
    for command in (change, reset):
        command.add_argument("project", help="id or name of the project")
    for name, resource in quotas.resources().items():
        change.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            metavar="LIMIT",
            type=options.checked(formats.limit),
            help=f"limit for {resource.help}; -1 for no limit",
        )


def _group(commands: t.Any, name: str, help: str) -> t.Any:
    """Add a group of commands, such as ``user``, and return it."""
    group = commands.add_parser(name, help=help, description=help)
    return group.add_subparsers(metavar="<command>", required=True)


def _command(
    commands: t.Any,
    function: Function,
    name: str,
    help: str,
    declarations: t.Iterable[settings.Declaration] | None = None,
) -> argparse.ArgumentParser:
    """Add a command.

    :param commands: the program or group to add it to.
    :param function: function that runs the command and returns the exit status.
    :param name: name of the command.
    :param help: help text of the command.
    :param declarations: settings to add as options; the default is the database only.
    """
    command: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    command.set_defaults(command=function)
    options.add_settings(command, declarations or [_setting("database")])
    return command


def _setting(name: str) -> settings.Declaration:
    return next(found for found in settings.declarations() if found.name == name)
