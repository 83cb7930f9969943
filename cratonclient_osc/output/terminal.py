# SPDX-License-Identifier: Apache-2.0
"""What differs when a person looks: colour, progress, and the width of text."""

from __future__ import annotations

import io
import os
import time
import typing as t

_STYLES = {"bold": "1", "red": "31"}

T = t.TypeVar("T")


def style(stream: t.TextIO, name: t.Literal["bold", "red"]) -> tuple[str, str]:
    """Give what switches a style on and off again: nothing, unless a person looks.

    :param stream: where the text goes.
    """
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return "", ""
    return f"\x1b[{_STYLES[name]}m", "\x1b[0m"


def width(text: str) -> int:
    """Give how many columns of a terminal a text takes, on one line.

    >>> width('web'), width('日本')
    (3, 4)
    """
    if text.isascii():
        return len(text)
    import wcwidth

    return max(0, wcwidth.wcswidth(text))


class Progress:
    """Say on a terminal how far a long work is: nothing in the first second.

    :param what: is counted, such as ``'hosts'``.
    :param stream: where to say it; if it is no terminal, nothing is said.
    :param total: how many there are, if that is known.

    >>> with Progress('hosts', sys.stderr) as progress:
    ...     for page in pages:
    ...         progress.add(len(page))
    """

    QUIET_FOR = 1.0

    def __init__(self, what: str, stream: t.TextIO, total: int | None = None) -> None:
        self._what = what
        self._of = "" if total is None else f" of {total}"
        self._stream = stream if stream.isatty() else None
        self._next = time.monotonic() + self.QUIET_FOR
        self._done = 0
        self._shown = False

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()

    def add(self, count: int = 1) -> None:
        """Count what was done."""
        self._done += count
        now = time.monotonic()
        if self._stream and now >= self._next:
            self._next = now + 0.2
            self._shown = True
            self._stream.write(f"\r{self._done}{self._of} {self._what}")
            self._stream.flush()

    def clear(self) -> None:
        """Take away what was said, before anything else is."""
        if self._stream and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False


def discard(stream: t.TextIO) -> None:
    """Let what a stream holds back go nowhere, since it can go nowhere else.

    Without that, the interpreter tries again when it ends, and complains.
    """
    if isinstance(stream, io.TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
