# SPDX-License-Identifier: Apache-2.0
"""Print rows and messages of ``craton-server``, without secrets and control characters."""

from __future__ import annotations

import sys

from cratonclient import secrets
from cratonclient.printable import printable


def row(*columns: object) -> None:
    """Print values in one line, with tabs between them.

    Values come from the database. A newline in a name would forge another row, and a
    terminal would execute an escape sequence.
    """
    print(*map(printable, columns), sep="\t", flush=True)


def note(text: str) -> None:
    """Print what the program did to standard error, in one line.

    :param text: the message, without secrets.
    """
    print(printable(text), file=sys.stderr, flush=True)


def error(reason: object) -> None:
    """Print the reason of a failure to standard error, in one line."""
    print(f"craton-server: {printable(secrets.mask(str(reason)))}", file=sys.stderr)
