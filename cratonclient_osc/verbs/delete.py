# SPDX-License-Identifier: Apache-2.0
"""The verb ``delete``."""

from __future__ import annotations

import argparse
import sys
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status, terminal
from cratonclient_osc.verbs import lookup, places, resource_command


class Delete(resource_command.ResourceCommand):
    """Delete objects and everything in them."""

    summary = "Delete {many} and everything in them"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments that identify the objects, and ``--interactive``."""
        parser = super().get_parser(prog_name)
        usage.allow_intermixed_arguments(parser)
        self.add_object(parser, nargs="+")
        parser.add_argument(
            "-i", "--interactive", action="store_true", help="ask before deleting each object"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Delete the objects one after the other; report each failure and continue.

        :returns: the exit status: that of all objects if they agree, otherwise 1.
        """
        if parsed_args.interactive and not sys.stdin.isatty():
            raise exit_status.UsageError(
                "--interactive needs a terminal, but standard input is not a terminal."
            )
        where = self.look_up_scopes(parsed_args)
        names = parsed_args.object
        statuses: list[int] = []
        with terminal.Progress(self.kind.plural, self.app.stderr, len(names)) as progress:
            for name in names:
                try:
                    # DELETE succeeds even if the object does not exist, so look it up.
                    found = lookup.find(self.manager, name, where)
                    if parsed_args.interactive:
                        progress.clear()
                    if not parsed_args.interactive or self._confirm(found):
                        self.manager.delete(found.id)
                except exceptions.ClientException as exc:
                    progress.clear()
                    statuses.append(self.report(exc, f"{name}: " if len(names) > 1 else ""))
                else:
                    statuses.append(exit_status.DONE)
                progress.add()
        return statuses[0] if len(set(statuses)) == 1 else exit_status.FAILED

    def _confirm(self, found: t.Any) -> bool:
        """Ask the user whether to delete an object."""
        name = printable(getattr(found, self.kind.resource_class.NAME_ATTR))
        question = f"Delete the {self.noun} {name} with id {places.describe(found)}? [y/N] "
        print(question, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")
