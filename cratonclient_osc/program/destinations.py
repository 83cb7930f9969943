# SPDX-License-Identifier: Apache-2.0
"""The destination of a line's output in a session: a file, a command of the shell, a pager."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import typing as t

from cratonclient import exceptions
from cratonclient.process import standard_output
from cratonclient_osc.output import exit_status, pager
from cratonclient_osc.program.line_split import Output


class Destination(t.Protocol):
    """The destination of the output of one line."""

    @property
    def stream(self) -> t.TextIO:
        """The stream to write the output to."""

    def close(self) -> int:
        """Close the stream, and wait for the program that reads it.

        :returns: the exit status of that program; 0 without a program.
        :raises OSError: if some of the output could not be written, even if the command
            ignored that, as argparse does when it prints help.
        """


def open_destination(output: Output | None, paged: bool) -> Destination | None:
    """Open the destination of a line, before its command runs.

    :param output: as the line names it.
    :param paged: without a name, the output goes to the terminal, through a pager.
    :returns: the destination; ``None`` for standard output.
    :raises cratonclient.exceptions.CommandError: if the file cannot be written.
    """
    if output is None:
        return pager.Pager(sys.stdout) if paged and pager.is_wanted(sys.stdout) else None
    sys.stdout.flush()
    return Pipe(output.target) if output.operator == "|" else File(*output)


class File:
    """A file, which ``>`` empties and ``>>`` extends.

    :param operator: ``'>'`` or ``'>>'``.
    :param path: path of the file.
    :raises cratonclient.exceptions.CommandError: if it cannot be written.
    """

    def __init__(self, operator: str, path: str) -> None:
        mode: t.Literal["a", "w"] = "a" if operator == ">>" else "w"
        try:
            self._file = open(path, f"{mode}b", buffering=0)  # noqa: SIM115
        except (OSError, ValueError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise exceptions.CommandError(
                f"Cannot write to the file {path!r}: {reason}. The command did not run."
            ) from None
        self._output = standard_output.Remembering(self._file)
        self.stream = _text(self._output)

    def close(self) -> int:
        """Close the file."""
        _close(self.stream, self._file)
        if self._output.error:
            raise self._output.error
        return exit_status.DONE


class Pipe:
    """A command of the shell that reads the output.

    :param command: the command; it may be a pipeline.
    """

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(  # noqa: S602  # the user asks for the shell
            command, shell=True, stdin=subprocess.PIPE, bufsize=0
        )
        self.stream = _text(standard_output.Remembering(self._process.stdin))

    def close(self) -> int:
        """Close the pipe and wait for the command; ignore that it has closed its end."""
        _close(self.stream, self._process.stdin)
        return pager.wait(self._process)


def _text(output: io.RawIOBase) -> t.TextIO:
    """Return a text stream for a file or another program, encoded as standard output is."""
    encoding = getattr(sys.stdout, "encoding", None)
    return io.TextIOWrapper(io.BufferedWriter(output), encoding, "backslashreplace")


def _close(stream: t.TextIO, file: t.Any) -> None:
    """Close a stream and its file; the output below the stream remembers errors."""
    with contextlib.suppress(OSError):
        stream.close()
    file.close()
