# SPDX-License-Identifier: Apache-2.0
"""Users: their API keys are shown once, and can be replaced."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc.verbs import create, part_changes, update

ONCE = "The API key is shown only once. Save it now."


class CreateWithKey(create.Create):
    """Create an object with an API key, and warn that the key is shown only once."""

    #: What to do if the key could not be printed, as a sentence.
    when_lost: t.ClassVar[str]

    def create(self, parsed_args: argparse.Namespace) -> t.Any:
        """Create the object and log the warning."""
        made = super().create(parsed_args)
        self.app.LOG.warning(ONCE)
        return made

    def produce_output(self, *args: t.Any) -> int:
        """Print the object. If that fails, tell what to do about the lost key."""
        try:
            return super().produce_output(*args)
        except exceptions.CommandError as exc:
            raise exceptions.CommandError(f"{exc} {self.when_lost}") from exc


class Create(CreateWithKey):
    """Create a user, and warn that its API key is shown only once."""

    when_lost = (
        "The user was created, but its API key is lost: create another key with 'user set "
        "--new-key'."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Refuse ``--admin`` and ``--role`` at the same time."""
        return _with_one_role(super().get_parser(prog_name))


class Set(update.Set):
    """Change a user. With ``--new-key``, replace all its API keys."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the option ``--new-key``, and refuse ``--admin`` with ``--role``."""
        parser = _with_one_role(super().get_parser(prog_name))
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="replace all API keys by a new one and print it; the old keys stop working",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int | None:
        """Change the given fields. With ``--new-key``, print the new key and nothing else."""
        if not parsed_args.new_key:
            return super().take_action(parsed_args)
        user = self.find(parsed_args)
        given = [name for name in self.changeable if hasattr(parsed_args, name)]
        if given:
            super().take_action(parsed_args)
        part_changes.apply_singly({"api_key": lambda: self._replace_key(user)}, *given)
        return None

    def _replace_key(self, user: t.Any) -> None:
        changed = user.manager.replace_key(user.id)
        try:
            self.app.stdout.write(f"{printable(changed.api_key)}\n")
            self.app.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise exceptions.CommandError(
                f"Cannot write the output: {exc.strerror}. The new API key is lost, and the "
                "old one no longer works: run the command again."
            ) from exc
        self.app.LOG.warning(ONCE)


def _with_one_role(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Return a parser that refuses ``--role`` together with ``--admin`` or ``--no-admin``."""
    admin, role = (parser._option_string_actions[name] for name in ("--admin", "--role"))
    for group in parser._mutually_exclusive_groups:
        if admin in group._group_actions:
            group._group_actions.append(role)
    return parser
