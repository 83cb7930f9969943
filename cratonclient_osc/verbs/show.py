# SPDX-License-Identifier: Apache-2.0
"""The verb ``show``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient_osc.verbs import display, resource_command


class Show(resource_command.ResourceCommand, display.ShowOne):
    """Show one object."""

    does = "Show a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the object."""
        parser = super().get_parser(prog_name)
        self.add_object(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Give the fields and their values."""
        return self.display(parsed_args, lambda: self.find(parsed_args))

    def display(
        self, parsed_args: argparse.Namespace, fetch: t.Callable[[], t.Any]
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Give the fields of what is fetched, once it is sure that they can be shown."""
        asked = [n for n in parsed_args.columns if n in self.parts]
        known = [n for n, f in self.fields.items() if f.shown != "never" or n in self.parts]
        self.check_columns(known, parsed_args)
        one = fetch()
        shown = one.to_dict()
        # Labels have a path of their own; they cost a request, so they are asked for.
        shown.update((n, getattr(one, n).get()) for n in asked if n not in shown)
        names = [name for name in known if name in shown]
        return names, tuple(shown[name] for name in names)
