# SPDX-License-Identifier: Apache-2.0
"""The verb ``test``, for kinds whose manager has a method ``test``."""

from __future__ import annotations

import argparse

from cratonclient import crud
from cratonclient_osc.output import exit_status, values
from cratonclient_osc.verbs import display, resource_command


class Test(resource_command.ResourceCommand, display.ShowOne):
    """Test an object, and show the outcome. The exit status is 1 after a failure."""

    summary = "Test a {one}, and show the outcome"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments that identify the object."""
        parser = super().get_parser(prog_name)
        self.add_object(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, values.Row]:
        """Test the object, and return the names and the values of the outcome."""
        names = crud.Outcome._fields
        self.check_columns(names, parsed_args)
        found = self.find(parsed_args)
        outcome = found.manager.test(found.id)
        self._failed = outcome.error is not None
        return names, tuple(outcome)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command, and return the exit status, which tells the outcome."""
        status = super().run(parsed_args)
        return exit_status.FAILED if status == exit_status.DONE and self._failed else status
