# SPDX-License-Identifier: Apache-2.0
"""The interface of the application that the other modules of this package depend on.

It prevents an import cycle: :mod:`cratonclient_osc.program.shell` imports those modules.
"""

from __future__ import annotations

import argparse
import logging
import typing as t

from cratonclient_osc.program.client_manager import ClientManager


class Application(t.Protocol):
    """The interface of :class:`cratonclient_osc.program.shell.Shell`."""

    LOG: logging.Logger
    options: argparse.Namespace
    stdout: t.TextIO
    client_manager: ClientManager
    parser: t.Any
    command_manager: t.Any

    def configure_logging(self) -> None:
        """Configure the loggers from the options."""

    def initialize_app(self, argv: list[str]) -> None:
        """Create a new client manager from the options."""

    def run_subcommand(self, argv: list[str]) -> int:
        """Run a command and return its exit status."""
