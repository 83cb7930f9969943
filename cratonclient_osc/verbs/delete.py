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
from cratonclient_osc.verbs import lookup, resource_command


class Delete(resource_command.ResourceCommand):
    """Delete objects, and what lives in them."""

    does = "Delete {many}, and whatever is in them"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the objects."""
        parser = super().get_parser(prog_name)
        usage.in_any_order(parser)
        self.add_object(parser, nargs="+")
        parser.add_argument(
            "-i", "--interactive", action="store_true", help="ask before each is deleted"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Delete one after the other; one that cannot be deleted stops nothing."""
        if parsed_args.interactive and not sys.stdin.isatty():
            raise exit_status.UsageError("--interactive needs a terminal to ask on.")
        where = self.where(parsed_args)
        wanted = parsed_args.object
        results: list[int] = []
        with terminal.Progress(self.kind.plural, self.app.stderr, len(wanted)) as progress:
            for text in wanted:
                try:
                    # The API does not say whether there was anything to delete.
                    one = lookup.find(self.manager, text, where)
                    if parsed_args.interactive:
                        progress.clear()
                    if not parsed_args.interactive or self._agreed(one):
                        self.manager.delete(one.id)
                except exceptions.ClientException as exc:
                    progress.clear()
                    results.append(self.report(exc, f"{text}: " if len(wanted) > 1 else ""))
                else:
                    results.append(exit_status.DONE)
                progress.add()
        return results[0] if len(set(results)) == 1 else exit_status.FAILED

    def _agreed(self, one: t.Any) -> bool:
        name = printable(getattr(one, self.kind.resource_class.NAME_ATTR))
        question = f"Delete the {self.noun} {name}, {lookup.describe(one)}? [y/N] "
        print(question, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")
