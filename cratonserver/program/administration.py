# SPDX-License-Identifier: Apache-2.0
"""The commands ``craton-server user`` and ``craton-server project``.

They call the API inside this process, as a root user, so the rules of the API apply to them.
Only the root role is written to the database directly, because the API has no field for it.
"""

from __future__ import annotations

import argparse
import contextlib
import typing as t

import sqlalchemy as sa

from cratonclient import exceptions
from cratonserver import errors
from cratonserver.config.configuration import Configuration
from cratonserver.db.store import Store
from cratonserver.identity import FIRST_PROJECT, canonical_project_id
from cratonserver.kinds import users as user_rules
from cratonserver.program import database, messages

if t.TYPE_CHECKING:
    from cratonclient.v1 import client

#: The adapter for this URL calls the API in this process. No request leaves it.
_URL = "http://fleet.invalid"


class CommandFailed(Exception):
    """A command failed. The message is one line."""


def administer(config: Configuration, options: argparse.Namespace) -> int:
    """Run a command of the groups ``user`` and ``project``."""
    with database.open_store(config, create=False) as store:
        try:
            with commands(store) as tasks:
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
        wanted = self._project(options.project) if options.project else None
        for user in self._craton.users.list():
            if wanted in (None, user.project_id):
                role = "root" if user.id in roots else "admin" if user.is_admin else "plain"
                messages.row(user.id, user.username, role, user.project_id)

    def user_create(self, options: argparse.Namespace) -> None:
        """Create a user and print its API key, which is not shown again."""
        user = self._craton.users.create(
            username=options.name,
            project_id=self._project(options.project) if options.project else FIRST_PROJECT,
            is_admin=bool(options.admin or options.root),
        )
        if options.root:
            self._set_root(user.id, True)
        self._print_key(user)

    def user_set(self, options: argparse.Namespace) -> None:
        """Change the role of a user."""
        user = self._user(options)
        if options.root is None and options.admin is None:
            raise CommandFailed("give --admin, --no-admin, --root or --no-root")
        if options.root and options.admin is False:
            raise CommandFailed(
                "--root and --no-admin exclude each other: root users are admins"
            )
        if options.root is not None:
            self._set_root(user.id, options.root)
        if options.admin is not None and not options.root:
            self._craton.users.update(user.id, is_admin=options.admin)

    def user_delete(self, options: argparse.Namespace) -> None:
        """Delete a user."""
        self._craton.users.delete(self._user(options).id)

    def user_key(self, options: argparse.Namespace) -> None:
        """Replace the API key of a user and print the new one, which is not shown again."""
        self._print_key(self._craton.users.replace_key(self._user(options).id))

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

    def _set_root(self, user_id: int, is_root: bool) -> None:
        """Add or remove the root role in the database.

        :raises cratonserver.errors.Refused: if that would remove the last root user.
        """
        users = self._users
        changes = {"is_root": is_root, **({"is_admin": True} if is_root else {})}

        def work(connection: sa.Connection) -> None:
            if not is_root:
                user_rules.protect_roots(connection, users, users.c.id == user_id)
            connection.execute(sa.update(users).where(users.c.id == user_id).values(changes))

        self._store.transact(work)

    def _user(self, options: argparse.Namespace) -> t.Any:
        """Return the user with an id or a name, in the project of ``--project`` if given."""
        wanted = self._project(options.project) if options.project else None
        found = [
            user
            for user in self._craton.users.list()
            if options.user in (str(user.id), user.username)
            and wanted in (None, user.project_id)
        ]
        return self._only("user", options.user, found)

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

    @staticmethod
    def _print_key(user: t.Any) -> None:
        """Print a user with its new API key. If that fails, tell how to replace the key."""
        try:
            messages.row(user.id, user.username, user.project_id, user.api_key)
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise CommandFailed(
                f"Cannot write the output: {exc.strerror}. The user {user.id} has a new API "
                f"key, which is lost: create another one with 'craton-server user key "
                f"{user.id}'."
            ) from exc


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
    adapter = embedded.Adapter(composition.application_of(store, embedded.SETTINGS), store)
    session.mount(_URL, adapter)
    try:
        yield Commands(store, client.Client(session, _URL))
    except exceptions.ClientException as exc:
        raise CommandFailed(getattr(exc, "server_message", None) or str(exc)) from exc
    except errors.Refused as exc:
        raise CommandFailed(str(exc)) from exc
