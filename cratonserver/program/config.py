# SPDX-License-Identifier: Apache-2.0
"""The command ``craton-server config``."""

from __future__ import annotations

import argparse

from cratonclient.printable import printable_lines
from cratonserver.config.configuration import Configuration


def show(config: Configuration, options: argparse.Namespace) -> int:
    """Print each setting, its value and the source of the value."""
    for line in config.lines():
        print(printable_lines(line))
    return 0
