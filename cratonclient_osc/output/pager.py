# SPDX-License-Identifier: Apache-2.0
"""A pager for output that is longer than the screen."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
import typing as t

from cratonclient.printable import printable
from cratonclient_osc.output import terminal

#: Maximum length of the text to keep in case the pager fails, in characters. It is longer
#: than what fits into a pipe: a pager that has taken more than this has read some of it.
_KEPT = 200_000


def is_wanted(stream: t.TextIO) -> bool:
    """Return True if long output to a stream goes to a pager.

    That is so on a terminal, unless ``PAGER`` is ``cat`` or empty.
    """
    return stream.isatty() and os.environ.get("PAGER") not in ("", "cat")


def ignore_invalid() -> None:
    """Use no pager if ``PAGER`` is no command line, such as ``'``, and say so on a terminal.

    Call this before cliff is imported: cliff splits ``PAGER`` during its import.
    """
    given = os.environ.get("PAGER", "")
    try:
        valid = not given or bool(shlex.split(given))
    except ValueError:
        valid = False
    if not valid:
        os.environ["PAGER"] = "cat"
        if sys.stdout is not None and sys.stdout.isatty():
            print(f"PAGER={printable(given)} is no command: no pager is used.", file=sys.stderr)


def bypass(stream: object) -> None:
    """Show what was written to a stream now, and what follows at once: use no pager for it.

    Do this before waiting for the user or the server, as a pager would hide the output.

    :param stream: stream of a command; nothing happens if it has no pager.
    """
    if isinstance(stream, Pager):
        stream.bypass()


def wait(process: subprocess.Popen[t.Any]) -> int:
    """Wait for a program that reads our output.

    Ctrl-C on the terminal reaches that program as well, which decides what it means.

    :returns: its exit status; as in a shell, 128 and the number of a signal that ended it.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        status = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 128 - status


class Pager(io.TextIOBase):
    """A stream to a terminal that starts a pager when the output exceeds the screen.

    The pager is the command in ``PAGER``, or else ``less``. If it fails, the output goes
    to the terminal without it.

    :param screen: the stream of the terminal.
    """

    def __init__(self, screen: t.TextIO) -> None:
        super().__init__()
        self._screen = screen
        size = shutil.get_terminal_size()
        self._width, self._free = max(size.columns, 1), size.lines - 1
        self._text: list[str] = []
        self._length = 0
        self._process: subprocess.Popen[str] | None = None
        self._direct = False

    @property
    def stream(self) -> t.TextIO:
        """The stream to write to: this one."""
        return t.cast("t.TextIO", self)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the terminal."""
        return self._screen.encoding

    def isatty(self) -> bool:
        """Return True: the output goes to a terminal, so it may be coloured."""
        return True

    def fileno(self) -> int:
        """Return the file descriptor of the terminal."""
        return self._screen.fileno()

    def write(self, text: str) -> int:
        """Write text, or keep it until it is longer than the screen.

        :raises BrokenPipeError: if the user has left the pager.
        """
        if self._direct:
            return self._screen.write(text)
        if self._length <= _KEPT:
            self._text.append(text)
        self._length += len(text)
        if self._process:
            self._send(text)
        else:
            self._free -= self._rows(text)
            if self._free < 0:
                self._start()
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, unless it is kept.

        :raises BrokenPipeError: if the user has left the pager.
        """
        if self._direct:
            self._screen.flush()
        else:
            self._send("", flush=True)

    def bypass(self) -> None:
        """Write what was kept, and write what follows without keeping it.

        If the pager runs, wait until the user leaves it.
        """
        screen = self._screen
        if self._process:
            self._end()
            self._screen = screen
        elif not self._direct:
            self._write_kept()
        self._screen.flush()

    def close(self) -> int:  # type: ignore[override]
        """Write what was kept, or wait until the user leaves the pager.

        :returns: 0; the exit status of a pager is of no interest.
        """
        if self._process:
            self._end()
        elif not self._direct:
            self._write_kept()
        self._screen.flush()
        return 0

    def _rows(self, text: str) -> int:
        """Return how many rows of the screen a text begins."""
        lines = text.split("\n")
        return len(lines) - 1 + sum(len(line) // self._width for line in lines)

    def _start(self) -> None:
        """Start the pager, and send it what was kept."""
        from autopage import command

        config = command.PagerConfig(
            color=True, line_buffering_requested=False, reset_terminal=False
        )
        self._screen.flush()
        try:
            chosen = command.DefaultPager()
            self._process = subprocess.Popen(  # noqa: S603  # the command in PAGER
                chosen.command(),
                env={**os.environ, **(chosen.environment_variables(config) or {})},
                stdin=subprocess.PIPE,
                encoding=self.encoding,
                errors="backslashreplace",
            )
        except (OSError, ValueError):
            self._write_kept()
        else:
            terminal.Progress.hidden = True
            self._send("".join(self._text))

    def _send(self, text: str, flush: bool = False) -> None:
        """Write to the pager, if it runs. If it has failed, write to the terminal.

        :raises BrokenPipeError: if the user has left the pager.
        """
        if not (self._process and self._process.stdin):
            return
        try:
            self._process.stdin.write(text)
            if flush:
                self._process.stdin.flush()
        except BrokenPipeError:
            if not self._end():
                raise

    def _end(self) -> bool:
        """Wait for the end of the pager.

        :returns: True if it failed before it has read anything. Then the output is
            written to the terminal. Otherwise what follows is discarded.
        """
        process, self._process = t.cast("subprocess.Popen[str]", self._process), None
        with contextlib.suppress(BrokenPipeError):
            t.cast("t.TextIO", process.stdin).close()
        failed = wait(process) != 0 and self._length <= _KEPT
        terminal.Progress.hidden = False
        if not failed:
            self._screen = io.StringIO()
            self._text.clear()
        self._write_kept()
        return failed

    def _write_kept(self) -> None:
        """Write what was kept to the terminal, and what follows as well."""
        self._direct = True
        self._screen.write("".join(self._text))
        self._text.clear()
