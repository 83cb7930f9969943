# SPDX-License-Identifier: Apache-2.0
"""The interface of the application, as the modules of this room use it."""

from __future__ import annotations

import argparse
import logging
import typing as t

from cratonclient_osc.program.client_factory import ClientManager


class Application(t.Protocol):
    """The program ``craton``: :class:`cratonclient_osc.program.shell.Shell`."""

    LOG: logging.Logger
    options: argparse.Namespace
    client_manager: ClientManager
    parser: t.Any
    command_manager: t.Any

    def configure_logging(self) -> None:
        """Apply the options that decide what is logged."""

    def initialize_app(self, argv: list[str]) -> None:
        """Make a new client manager from the options."""

    def run_subcommand(self, argv: list[str]) -> int:
        """Run a command and return the exit status."""
