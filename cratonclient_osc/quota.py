# SPDX-License-Identifier: Apache-2.0
"""The commands ``quota show``, ``quota set`` and ``quota delete``: what projects may store."""

from __future__ import annotations

import argparse
import re
import typing as t

from cratonclient_osc import base_command
from cratonclient_osc.output import exit_status, values
from cratonclient_osc.verbs import display

_PROJECT = "the project (name or id)"


class QuotaCommand(base_command.CratonCommand):
    """A command about the quotas of one project."""

    #: The object of the command, in the help.
    noun = "quota"

    @property
    def client(self) -> t.Any:
        """The client, created on first use."""
        return t.cast("t.Any", self.app).client_manager.fleet_management

    def project_id(self, word: str) -> str:
        """Return the id of a project.

        An id is not looked up: users who see no other project still see their own quotas.

        :param word: name or id of the project.
        """
        from cratonclient import ids
        from cratonclient_osc.verbs import lookup, places

        if ids.is_id(word, str):
            return word
        return str(lookup.find_id(self.client, "projects", word, places.Where()))


class QuotaShow(display.Lister, QuotaCommand):
    """Show the quotas of a project, by default of the own one"""

    counted = "quotas"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the project, and what to show."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "project", metavar="<project>", nargs="?", help=f"{_PROJECT}; needs the role root"
        )
        shown = parser.add_mutually_exclusive_group()
        shown.add_argument("--usage", action="store_true", help="show how much is in use, too")
        shown.add_argument(
            "--default", action="store_true", help="show the defaults of the server"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, t.Any]:
        """Return the quotas, one for each row."""
        names = ["resource", "limit", *(["in_use"] if parsed_args.usage else [])]
        self.check_columns(names, parsed_args)
        project = parsed_args.project and self.project_id(parsed_args.project)
        found = self.client.quotas.get(project, usage=parsed_args.usage).values()
        if parsed_args.default:
            found = [one._replace(limit=one.default) for one in found]
        return names, [tuple(getattr(one, name) for name in names) for one in found]


class QuotaSet(QuotaCommand):
    """Set quotas of a project, and keep the others"""

    writes = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the project, and an option for each quota."""
        from cratonclient.v1 import quotas

        parser = super().get_parser(prog_name)
        parser.add_argument("project", metavar="<project>", help=_PROJECT)
        for name, resource in quotas.resources().items():
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                dest=name,
                metavar=f"<{name.replace('_', '-')}>",
                type=_limit,
                default=argparse.SUPPRESS,
                help=f"limit for {resource.help}; -1 for no limit",
            )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Set the given quotas."""
        from cratonclient.v1 import quotas

        given = {n: v for n, v in vars(parsed_args).items() if n in quotas.resources()}
        if not given:
            raise exit_status.UsageError(
                "Give at least one quota, such as --hosts 1000. 'quota show' lists them."
            )
        self.client.quotas.update(self.project_id(parsed_args.project), **given)


class QuotaDelete(QuotaCommand):
    """Reset the quotas of a project to the defaults of the server"""

    writes = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the project."""
        parser = super().get_parser(prog_name)
        parser.add_argument("project", metavar="<project>", help=_PROJECT)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Reset the quotas."""
        self.client.quotas.delete(self.project_id(parsed_args.project))


def _limit(text: str) -> int:
    """Parse a limit: a whole number as it is printed, or -1.

    :raises argparse.ArgumentTypeError: if the text is neither.
    """
    if re.fullmatch("-1|0|[1-9][0-9]{0,17}", text, re.ASCII):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, or -1 for no limit")
