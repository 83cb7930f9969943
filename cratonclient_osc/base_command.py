# SPDX-License-Identifier: Apache-2.0
"""The base class of all commands."""

from __future__ import annotations

import argparse
import functools

from cliff import command

from cratonclient import exceptions, reasons
from cratonclient.printable import printable
from cratonclient.process import command_line
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status, help_format


class CratonCommand(command.Command):
    """A cliff command that starts fast and reports errors in one line.

    cliff searches the metadata of every installed package for hooks, and for the
    distribution that contains the command. That takes longer than many requests, so this class
    skips both searches.
    """

    #: The beginning of an error message, such as ``'web1: '``. Commands set it while
    #: they send a request whose errors do not name the object.
    error_prefix = ""
    #: True for a command that changes something. It has the option ``--reason``.
    writes = False
    #: True for a command that waits for the server between its lines. Each line of it is shown
    #: at once, without a pager.
    streams = False

    @property
    def quiet(self) -> bool:
        """True if the global option ``--quiet`` was given: print errors and data only."""
        return not getattr(self.app.options, "verbose_level", 1)

    def _load_hooks(self) -> None:
        self._hooks = []

    def get_epilog(self) -> str:
        """Return an empty text. The epilog of cliff names the distribution of the command."""
        return ""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return a parser with errors in one line, aligned help, and words after ``--``."""
        parser = super().get_parser(prog_name)
        parser.formatter_class = functools.partial(help_format.HelpFormatter, parser)
        command_line.read_dashes(parser)
        program, _, words = prog_name.partition(" ")
        usage.one_line_errors(parser, f"{program} help {words}".strip())
        usage.refuse_pasted_ends(parser)
        if self.writes:
            parser.add_argument(
                "--reason",
                metavar="<text>",
                dest="change_reason",
                type=usage.argument_type(reasons.check),
                help="why, for the history of changes (Env: CRATON_REASON)",
            )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command, report its error if it fails, and return the exit status."""
        if self.streams:
            from cratonclient_osc.output import pager

            pager.bypass(self.app.stdout)
        try:
            with reasons.given(getattr(parsed_args, "change_reason", None)):
                return super().run(parsed_args)
        except exceptions.ClientException as exc:
            return self.report(exc, self.error_prefix)

    def report(self, error: exceptions.ClientException, prefix: str = "") -> int:
        """Log an error in one line; with ``--debug``, log its traceback as well.

        :param error: the error.
        :param prefix: text before the message.
        :returns: the exit status for the error.
        """
        if self.app.options.debug:
            self.app.LOG.error("", exc_info=error)
        self.app.LOG.error("%s", printable(prefix) + exit_status.message_of(error))
        return exit_status.status_of(error)
