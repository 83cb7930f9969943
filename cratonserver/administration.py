# SPDX-License-Identifier: Apache-2.0
"""``craton-server user`` and ``project``: what only the server's machine may do without a key.

They ask the API itself, inside this process, as the owner of the fleet: what it
refuses, they refuse. Only the root role is not of the API's world.
"""

from __future__ import annotations

import argparse
import contextlib
import typing as t

import sqlalchemy as sa

from cratonclient import auth, exceptions
from cratonclient.v1 import client
from cratonserver import composition, embedded, errors
from cratonserver.db.store import Store
from cratonserver.identity import FIRST_PROJECT
from cratonserver.identity import project_id as canonical
from cratonserver.kinds import users as rules

_URL = "http://fleet.invalid"


class Failed(Exception):
    """What was asked for cannot be done; one line says why."""


class Administration:
    """The users and projects of a fleet, for its owner.

    :param store: an open store.
    :param craton: a client of the API on that store.
    """

    def __init__(self, store: Store, craton: client.Client) -> None:
        self._store = store
        self._craton = craton
        self._users = store.tables.metadata.tables["users"]

    def user_list(self, options: argparse.Namespace) -> None:
        """Print the users: id, name, role, project."""
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
                print(user.id, user.username, role, user.project_id, sep="\t")

    def user_create(self, options: argparse.Namespace) -> None:
        """Make a user, and print the key, this once."""
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
            raise Failed("say --admin, --no-admin, --root or --no-root")
        if options.root and options.admin is False:
            raise Failed("a root user is an admin as well")
        if options.root is not None:
            self._set_root(user.id, options.root)
        if options.admin is not None and not options.root:
            self._craton.users.update(user.id, is_admin=options.admin)

    def user_delete(self, options: argparse.Namespace) -> None:
        """Delete a user."""
        self._craton.users.delete(self._user(options).id)

    def user_key(self, options: argparse.Namespace) -> None:
        """Replace the key of a user, and print the new one, this once."""
        self._print_key(self._craton.users.replace_key(self._user(options).id))

    def project_list(self, options: argparse.Namespace) -> None:
        """Print the projects: id and name."""
        for project in self._craton.projects.list():
            print(project.id, project.name, sep="\t")

    def project_create(self, options: argparse.Namespace) -> None:
        """Make a project, and print its id."""
        print(self._craton.projects.create(name=options.name).id)

    def project_delete(self, options: argparse.Namespace) -> None:
        """Delete a project, with its users and its inventory."""
        self._craton.projects.delete(self._project(options.project))

    def _set_root(self, user_id: int, is_root: bool) -> None:
        """Give the role that the API does not give, and take it away."""
        users = self._users
        changes = {"is_root": is_root, **({"is_admin": True} if is_root else {})}

        def work(connection: sa.Connection) -> None:
            if not is_root:
                rules.protect_roots(connection, users, users.c.id == user_id)
            connection.execute(sa.update(users).where(users.c.id == user_id).values(changes))

        self._store.transact(work)

    def _user(self, options: argparse.Namespace) -> t.Any:
        """Find a user by id, or by name, in one project if that is said."""
        wanted = self._project(options.project) if options.project else None
        found = [
            user
            for user in self._craton.users.list()
            if options.user in (str(user.id), user.username)
            and wanted in (None, user.project_id)
        ]
        return self._one("user", options.user, found)

    def _project(self, text: str) -> str:
        """Find a project by id or name."""
        projects = list(self._craton.projects.list())
        with contextlib.suppress(ValueError):
            wanted = canonical(text)
            if any(project.id == wanted for project in projects):
                return wanted
        named = [project for project in projects if project.name == text]
        return str(self._one("project", text, named).id)

    @staticmethod
    def _one(kind: str, text: str, found: list[t.Any]) -> t.Any:
        if not found:
            raise Failed(f"there is no {kind} {text!r}")
        if len(found) > 1:
            ids = ", ".join(str(one.id) for one in found)
            raise Failed(f"there are several {kind}s {text!r}: give the id, one of {ids}")
        return found[0]

    @staticmethod
    def _print_key(user: t.Any) -> None:
        print(user.id, user.username, user.project_id, user.api_key, sep="\t")


@contextlib.contextmanager
def administration(store: Store) -> t.Iterator[Administration]:
    """Give the administration of a fleet.

    :raises Failed: when the API refuses something.
    """
    session = auth.create_session_with(None, True)
    adapter = embedded.Adapter(composition.application_of(store, embedded.SETTINGS), store)
    session.mount(_URL, adapter)
    try:
        yield Administration(store, client.Client(session, _URL))
    except exceptions.ClientException as exc:
        raise Failed(getattr(exc, "server_message", None) or str(exc)) from exc
    except errors.Refused as exc:
        raise Failed(str(exc)) from exc
