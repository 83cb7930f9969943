# SPDX-License-Identifier: Apache-2.0
"""API keys: commands are about the keys of the own user, unless another one is given."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import identity, ids
from cratonclient_osc.v1 import users
from cratonclient_osc.verbs import delete, lists, places, resource_command, show


class _OwnKeys(resource_command.ResourceCommand):
    """A command that looks up the names of keys among those of the own user."""

    #: The command takes one key, not several.
    finds_one = True

    def look_up_scopes(self, parsed_args: argparse.Namespace) -> places.Where:
        """Return the place of the keys: the own user, unless a user or an id is given."""
        words = [parsed_args.object] if self.finds_one else parsed_args.object
        if hasattr(parsed_args, "user_id") or all(map(_is_id, words)):
            return super().look_up_scopes(parsed_args)
        user_id = identity.managing_user_id(self.client)
        return places.Where({} if user_id is None else {"user_id": user_id})


class Create(users.CreateWithKey):
    """Create an API key, and warn that it is shown only once."""

    when_lost = (
        "The API key was created, but it is lost: delete it with 'user key delete', and "
        "create another one."
    )

    def example(self) -> list[str]:
        """Return an example with a user."""
        from cratonclient_osc.verbs import examples

        user = examples.option("user_id", self.fields["user_id"])
        return [*user, *super().example()]


class List(lists.List):
    """List the API keys of a user; with ``--all-users``, those of all users."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the option ``--all-users``."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--all-users",
            action="store_true",
            help="list the keys of all users that you manage (default: your own keys)",
        )
        return parser

    def selection(self, parsed_args: argparse.Namespace) -> dict[str, t.Any]:
        """Select the keys of the own user, unless other ones are wanted."""
        wants_all = getattr(parsed_args, "all_users", False)
        if not (wants_all or hasattr(parsed_args, "user_id")):
            user_id = identity.managing_user_id(self.client)
            if user_id is not None:  # the server shows the keys of other users as well
                parsed_args.user_id = f"id:{user_id}"
        return super().selection(parsed_args)


class Show(_OwnKeys, show.Show):
    """Show an API key, without the key itself."""


class Delete(_OwnKeys, delete.Delete):
    """Delete API keys, which stop working at once."""

    finds_one = False


def _is_id(word: str) -> bool:
    return ids.is_id(word.removeprefix("id:"), int)
