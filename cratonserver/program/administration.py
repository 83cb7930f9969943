# SPDX-License-Identifier: Apache-2.0
"""The commands ``craton-server user``, ``craton-server project`` and ``craton-server quota``.

They call the API inside this process, as a root user, so the rules of the API apply to them.
Only the root role is written to the database directly, because the API has no field for it.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import shlex
import typing as t

import sqlalchemy as sa

from cratonclient import exceptions
from cratonclient.printable import one_line
from cratonclient.v1 import quotas
from cratonserver import errors, identity
from cratonserver.config.configuration import Configuration
from cratonserver.db.change_log.origin import SERVER
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.store import Store
from cratonserver.identity import FIRST_PROJECT, canonical_project_id
from cratonserver.kinds import users as user_rules
from cratonserver.program import database, messages

if t.TYPE_CHECKING:
    from cratonclient.v1 import client

#: The adapter for this URL calls the API in this process. No request leaves it.
_URL = "http://fleet.invalid"
#: The identity of the requests. The history has it for what the commands change.
_PROGRAM = dataclasses.replace(identity.OWNER, username=SERVER.username)


class CommandFailed(Exception):
    """A command failed. The message is one line."""


def administer(config: Configuration, options: argparse.Namespace) -> int:
    """Run a command of the groups ``user``, ``project`` and ``quota``."""
    with database.open_store(config, create=False) as store:
        try:
            with commands(store) as tasks:
                store.quotas.set_defaults(config.settings.quotas)
                getattr(tasks, options.task)(options)
        except CommandFailed as exc:
            messages.error(exc)
            return 1
    return 0


class Commands:
    """The commands. Each public method runs one, and prints lines with tabs between columns.

    :param store: open store.
    :param craton: client of the API on that store.
    """

    def __init__(self, store: Store, craton: client.Client) -> None:
        self._store = store
        self._craton = craton
        self._users = store.tables.metadata.tables["users"]

    def user_list(self, options: argparse.Namespace) -> None:
        """Print the id, name, role and project of each user."""
        with self._store.read() as connection:
            roots = set(
                connection.execute(sa.select(self._users.c.id).where(self._users.c.is_root))
                .scalars()
                .all()
            )
        for user in self._users_of(options):
            role = "root" if user.id in roots else user.role
            messages.row(user.id, user.username, role, user.project_id)

    def user_create(self, options: argparse.Namespace) -> None:
        """Create a user and print its API key, which is not shown again."""
        role = _role(options) or "member"
        user = self._craton.users.create(
            username=options.name,
            project_id=self._project(options.project) if options.project else FIRST_PROJECT,
            role="admin" if role == "root" else role,
        )
        if role == "root":
            self._set_root(user.id, True)
        self._print_key(user)

    def user_set(self, options: argparse.Namespace) -> None:
        """Change the role of a user."""
        user = self._user(options)
        role = _role(options)
        if role is None and options.root is None and options.admin is None:
            raise CommandFailed("give --role, --admin, --no-admin, --root or --no-root")
        if role == "root" or options.root is False or options.role:
            self._set_root(user.id, role == "root")
        if role not in (None, "root"):
            self._craton.users.update(user.id, role=role)
        elif options.admin is False:
            self._craton.users.update(user.id, is_admin=False)

    def user_delete(self, options: argparse.Namespace) -> None:
        """Delete a user."""
        self._craton.users.delete(self._user(options).id)

    def user_key_replace(self, options: argparse.Namespace) -> None:
        """Replace all API keys of a user and print the new one, which is not shown again."""
        self._print_key(self._craton.users.replace_key(self._user(options).id))

    def user_key_list(self, options: argparse.Namespace) -> None:
        """Print the id, user, name and times of each API key."""
        if options.user is None:
            users = {user.id: user.username for user in self._users_of(options)}
        else:
            user = self._user(options)
            users = {user.id: user.username}
        for key in self._craton.user_keys.list():
            if key.user_id in users:
                times = (key.created_at, key.last_used_at or "-", key.expires_at or "-")
                messages.row(key.id, users[key.user_id], key.name, *times)

    def user_key_create(self, options: argparse.Namespace) -> None:
        """Create another API key of a user and print it. It is not shown again."""
        expires = {"expires_at": options.expires} if options.expires else {}
        key = self._craton.user_keys.create(
            user_id=self._user(options).id, name=options.name, **expires
        )
        self._print(
            (key.id, options.user, key.name, key.api_key),
            f"The API key {key.id} was created, but it is lost: delete it with 'craton-server "
            f"user key delete {key.id} --user {shlex.quote(options.user)}', and create another "
            "one.",
        )

    def user_key_delete(self, options: argparse.Namespace) -> None:
        """Delete an API key of a user."""
        user = self._user(options)
        found = [
            key
            for key in self._craton.user_keys.list(user_id=user.id)
            if options.key in (str(key.id), key.name)
        ]
        self._craton.user_keys.delete(self._only("API key", options.key, found).id)

    def project_list(self, options: argparse.Namespace) -> None:
        """Print the id and name of each project."""
        for project in self._craton.projects.list():
            messages.row(project.id, project.name)

    def project_create(self, options: argparse.Namespace) -> None:
        """Create a project and print its id."""
        messages.row(self._craton.projects.create(name=options.name).id)

    def project_delete(self, options: argparse.Namespace) -> None:
        """Delete a project, its users and its inventory."""
        self._craton.projects.delete(self._project(options.project))

    def quota_show(self, options: argparse.Namespace) -> None:
        """Print the name and limit of each quota, and on request how much is in use."""
        project = self._project(options.project) if options.project else FIRST_PROJECT
        for quota in self._craton.quotas.get(project, usage=options.usage).values():
            used = "-" if quota.in_use is None else quota.in_use
            messages.row(quota.resource, quota.limit, *([used] if options.usage else []))

    def quota_set(self, options: argparse.Namespace) -> None:
        """Set quotas of a project."""
        known = quotas.resources()
        given = {n: v for n, v in vars(options).items() if n in known and v is not None}
        if not given:
            raise CommandFailed(
                "give at least one quota, such as --hosts 1000. 'craton-server quota show' "
                "lists them"
            )
        self._craton.quotas.update(self._project(options.project), **given)

    def quota_delete(self, options: argparse.Namespace) -> None:
        """Reset the quotas of a project to the defaults."""
        self._craton.quotas.delete(self._project(options.project))

    def _set_root(self, user_id: int, is_root: bool) -> None:
        """Add or remove the root role in the database.

        :raises cratonserver.errors.Refused: if that would remove the last root user.
        """
        users = self._users
        changes = {
            "is_root": is_root,
            **({"role": "admin", "is_admin": True} if is_root else {}),
        }

        def work(transaction: Transaction) -> None:
            connection, one = transaction.connection, users.c.id == user_id
            project = connection.execute(sa.select(users.c.project_id).where(one)).scalar()
            transaction.begin(str(project))
            if not is_root:
                user_rules.protect_roots(connection, users, one)
            connection.execute(sa.update(users).where(one).values(changes))

        self._store.transact(SERVER, work)

    def _user(self, options: argparse.Namespace) -> t.Any:
        """Return the user with an id or a name, in the project of ``--project`` if given."""
        found = [
            user
            for user in self._users_of(options)
            if options.user in (str(user.id), user.username)
        ]
        return self._only("user", options.user, found)

    def _users_of(self, options: argparse.Namespace) -> list[t.Any]:
        """Return the users of the project of ``--project``, or all users."""
        wanted = self._project(options.project) if options.project else None
        return [u for u in self._craton.users.list() if wanted in (None, u.project_id)]

    def _project(self, text: str) -> str:
        """Return the id of the project with an id or a name."""
        projects = list(self._craton.projects.list())
        with contextlib.suppress(ValueError):
            wanted = canonical_project_id(text)
            if any(project.id == wanted for project in projects):
                return wanted
        named = [project for project in projects if project.name == text]
        return str(self._only("project", text, named).id)

    @staticmethod
    def _only(noun: str, text: str, found: list[t.Any]) -> t.Any:
        """Return the only object that was found.

        :raises CommandFailed: if none or several were found.
        """
        if not found:
            raise CommandFailed(f"{noun} {text!r} does not exist")
        if len(found) > 1:
            ids = ", ".join(str(candidate.id) for candidate in found)
            raise CommandFailed(f"several {noun}s match {text!r}: use one of the ids {ids}")
        return found[0]

    def _print_key(self, user: t.Any) -> None:
        """Print a user with its new API key. If that fails, tell how to replace the key."""
        self._print(
            (user.id, user.username, user.project_id, user.api_key),
            f"The user {user.id} has a new API key, which is lost: create another one with "
            f"'craton-server user key replace {user.id}'.",
        )

    @staticmethod
    def _print(columns: tuple[object, ...], if_lost: str) -> None:
        """Print values that are not shown again.

        :param columns: the values.
        :param if_lost: what to do if they cannot be printed.
        """
        try:
            messages.row(*columns)
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise CommandFailed(f"Cannot write the output: {exc.strerror}. {if_lost}") from exc


def _role(options: argparse.Namespace) -> str | None:
    """Return the role that the options of a command give to a user, if they give one.

    ``--root`` and ``--admin`` are older names of ``--role``.

    :raises CommandFailed: if the options contradict each other.
    """
    if options.root and options.admin is False:
        raise CommandFailed("--root and --no-admin exclude each other: root users are admins")
    given = "root" if options.root else "admin" if options.admin else None
    if options.role and (given or options.admin is False):
        raise CommandFailed("--role and the options --root and --admin exclude each other")
    return options.role or given


@contextlib.contextmanager
def commands(store: Store) -> t.Iterator[Commands]:
    """Yield the commands on the fleet in a store.

    :param store: open store.
    :raises CommandFailed: if a command in the block fails.
    """
    from cratonclient import auth
    from cratonclient.v1 import client
    from cratonserver import composition, embedded

    session = auth.create_session_with(None, True)
    application = composition.application_of(store, embedded.SETTINGS)
    adapter = embedded.Adapter(application, store, who=_PROGRAM, address=None)
    session.mount(_URL, adapter)
    try:
        yield Commands(store, client.Client(session, _URL))
    except exceptions.ClientException as exc:
        reason = getattr(exc, "server_message", None) or str(exc)
        raise CommandFailed(one_line(reason)) from exc
    except errors.Refused as exc:
        raise CommandFailed(one_line(str(exc))) from exc
