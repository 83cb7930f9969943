# SPDX-License-Identifier: Apache-2.0
"""Run a command line of ``craton`` from Python, as in 2017."""

from __future__ import annotations

import sys
import typing as t
from importlib import metadata


class CratonShell:
    """The program ``craton``.

    >>> CratonShell().main(['--format', 'json', 'host-list'])
    [...]
    0
    """

    def main(self, argv: t.Sequence[str]) -> int:
        """Run a command line.

        :param argv: arguments of the command line, without the name of the program.
        :returns: the exit status.
        :raises ImportError: if the commands are not installed.
        """
        return main(argv)

    def __getattr__(self, name: str) -> t.Any:
        raise AttributeError(
            f"CratonShell has no attribute {name!r}. Since version 3.0 it only runs command "
            "lines: CratonShell().main(['host-list']). The commands and their parsers are in "
            "cratonclient_osc."
        )


def main(argv: t.Sequence[str] | None = None) -> int:
    """Run a command line of ``craton``, in this process.

    :param argv: arguments of the command line, without the name of the program; default
        ``sys.argv[1:]``.
    :returns: the exit status.
    :raises ImportError: if the commands are not installed.

    >>> main(['cloud-create', '--name', 'prod'])
    0
    """
    program = _program()
    words, output = sys.argv, sys.stdout
    sys.argv = ["craton", *(words[1:] if argv is None else argv)]
    try:
        return t.cast("int", program())
    finally:
        # The program replaces standard output, to notice when it cannot be written.
        sys.argv, sys.stdout = words, output


def _program() -> t.Callable[[], t.Any]:
    """Return the function of the console script ``craton``."""
    try:
        installed = metadata.distribution("python-cratonclient").entry_points
        (script,) = installed.select(group="console_scripts", name="craton")
    except (metadata.PackageNotFoundError, ValueError):
        raise ImportError(
            "The command craton is not installed. Install it: pip install python-cratonclient"
        ) from None
    return t.cast("t.Callable[[], t.Any]", script.load())
