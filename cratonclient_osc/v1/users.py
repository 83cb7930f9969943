# SPDX-License-Identifier: Apache-2.0
"""Users: an API key is shown once, when it is made, and can be replaced."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions
from cratonclient_osc.verbs import create, delete, subresource_changes, update

ONCE = "The API key is shown this once: keep it."


class Create(create.Create):
    """Create a user, and say that its key will not be shown again."""

    def create(self, parsed_args: argparse.Namespace) -> t.Any:
        """Create the user."""
        made = super().create(parsed_args)
        self.app.LOG.warning(ONCE)
        return made

    def produce_output(self, *args: t.Any) -> int:
        """Print the user; say what to do when the key gets lost there."""
        try:
            return super().produce_output(*args)
        except exceptions.CommandError as exc:
            raise exceptions.CommandError(
                f"{exc} The user was created: 'user set --new-key' makes another key."
            ) from exc


class Set(update.Set):
    """Change a user, and replace its key when that is wanted."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add what is no field."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="make a new API key and print it; the one before stops working at once",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Change what was given; print a new key and nothing else."""
        if not parsed_args.new_key:
            return super().take_action(parsed_args)
        one = self.find(parsed_args)
        given = [name for name in self.changeable if hasattr(parsed_args, name)]
        if given:
            super().take_action(parsed_args)
        subresource_changes.carry_out({"api_key": lambda: self._replace_key(one)}, *given)
        return None

    def _replace_key(self, one: t.Any) -> None:
        user = one.manager.replace_key(one.id)
        self.app.stdout.write(f"{user.api_key}\n")
        self.app.LOG.warning(ONCE)


class Delete(delete.Delete):
    """Delete users, in whom nothing is."""

    does = "Delete {many}"
