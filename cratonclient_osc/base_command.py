# SPDX-License-Identifier: Apache-2.0
"""What every command here is made of."""

from __future__ import annotations

import argparse

from cliff import command

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status


class CratonCommand(command.Command):
    """A command of cliff that looks nothing up in what is installed.

    cliff searches the metadata of all that is installed for hooks and for the
    distribution of each command, which takes longer than many a request.
    """

    #: What an error is about, where the server does not say it.
    about = ""

    def _load_hooks(self) -> None:
        self._hooks = []

    def get_epilog(self) -> str:
        """Say nothing at the end of the help."""
        return ""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Make a parser that reports wrong usage in one line."""
        parser = super().get_parser(prog_name)
        program, _, words = prog_name.partition(" ")
        usage.one_line_errors(parser, f"{program} help {words}".strip())
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; an error becomes one line and an exit status."""
        try:
            return super().run(parsed_args)
        except exceptions.ClientException as exc:
            return self.report(exc, self.about)

    def report(self, error: exceptions.ClientException, about: str = "") -> int:
        """Say in one line what went wrong.

        :param about: what the line begins with.
        :returns: the exit status.
        """
        if self.app.options.debug:
            self.app.LOG.error("", exc_info=error)
        self.app.LOG.error("%s", printable(about) + exit_status.line(error))
        return exit_status.of(error)
