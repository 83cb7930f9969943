# SPDX-License-Identifier: Apache-2.0
"""Output that depends on the terminal: colour, progress, and the width of text."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import time
import typing as t

from cratonclient.printable import is_printable, printable
from cratonclient_osc.output import exit_status

#: The terminal of the process, whatever its streams are.
_TERMINAL = "/dev/tty"

_STYLES = {"bold": "1", "red": "31", "green": "32", "yellow": "33"}
#: The name of a style.
Style = t.Literal["bold", "red", "green", "yellow"]


def style(stream: t.TextIO, name: Style) -> tuple[str, str]:
    """Return the escape sequences that switch a style on and off.

    Both are empty if the stream is not a terminal, if ``NO_COLOR`` is set, or if ``TERM``
    is ``dumb``.

    :param stream: the stream that the text is written to.
    :param name: name of the style.
    """
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return "", ""
    return f"\x1b[{_STYLES[name]}m", "\x1b[0m"


def width(text: str) -> int:
    """Return the number of terminal columns that a line of text occupies.

    >>> width('web'), width('日本')
    (3, 4)
    """
    if text.isascii():
        return len(text)
    import wcwidth

    return max(0, wcwidth.wcswidth(text))


def is_interactive() -> bool:
    """Return True if a person can be asked: standard input is a terminal."""
    return bool(sys.stdin and sys.stdin.isatty())


def confirm(question: str, *before: str) -> bool:
    """Ask a question on the terminal. Only ``y`` and ``yes`` mean yes.

    The terminal shows the question even if standard error is redirected to a file. Output that
    was written before is shown before the question, also in a session with a pager.

    :param question: the question; its control characters are escaped.
    :param before: lines to show before the question; they are escaped, too.
    """
    bypass = getattr(sys.stdout, "bypass", None)  # that of a pager
    if bypass is not None:
        bypass()
    with _screen() as screen:
        print(*map(printable, before), sep="\n", end="\n" if before else "", file=screen)
        print(f"{printable(question)} [y/N] ", end="", file=screen, flush=True)
        answer = ""
        try:
            answer = sys.stdin.readline()
        finally:
            if not answer.endswith("\n"):  # Ctrl-C or Ctrl-D: the terminal did not end the line
                print(file=screen)
        return answer.strip().lower() in ("y", "yes")


def _screen() -> contextlib.AbstractContextManager[t.TextIO]:
    """Return standard error, or the terminal of the process if that is redirected."""
    if not sys.stderr.isatty():
        with contextlib.suppress(OSError):
            return open(_TERMINAL, "w", encoding="utf-8", errors="backslashreplace")
    return contextlib.nullcontext(sys.stderr)


def write_raw(value: t.Any, name: str, stream: t.TextIO) -> None:
    """Write a value as it is, without a line end: a string as UTF-8, others as JSON.

    :param value: the value.
    :param name: name of the value, for error messages.
    :param stream: stream to write to.
    :raises cratonclient_osc.output.exit_status.UsageError: if the stream is a terminal and
        the value has control characters, or if it is not valid Unicode.
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if stream.isatty() and not is_printable(re.sub(r"[\n\t]", "", text)):
        raise exit_status.UsageError(
            f"{name!r} contains control characters, which your terminal would execute. Write "
            "the output to a file, or omit --raw."
        )
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise exit_status.UsageError(
            f"{name!r} is not valid Unicode. Omit --raw, or use -f json."
        ) from None
    if isinstance(stream, io.TextIOWrapper):
        stream.flush()
        stream.buffer.write(data)
    else:
        stream.write(text)


class Progress:
    """A progress counter on a terminal. It appears after the first second.

    :param what: the objects that are counted, such as ``'hosts'``.
    :param stream: the stream to write to. Nothing is written if it is not a terminal.
    :param total: the total number, if known.
    :param quiet: write nothing.

    >>> with Progress('hosts', sys.stderr) as progress:
    ...     for page in pages:
    ...         progress.add(len(page))
    """

    #: Seconds until the counter appears.
    QUIET_FOR = 1.0
    #: True while another program draws on the terminal, such as a pager.
    hidden: t.ClassVar[bool] = False

    def __init__(
        self, what: str, stream: t.TextIO, total: int | None = None, quiet: bool = False
    ) -> None:
        self._what = what
        self._of = "" if total is None else f" of {total}"
        self._stream = stream if stream.isatty() and not quiet else None
        self._next = time.monotonic() + self.QUIET_FOR
        self._done = 0
        self._shown = False

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()

    def add(self, count: int = 1) -> None:
        """Add to the counter, and show it at most five times per second."""
        self._done += count
        now = time.monotonic()
        if self._stream and now >= self._next and not self.hidden:
            self._next = now + 0.2
            self._shown = True
            self._stream.write(f"\r{self._done}{self._of} {self._what}")
            self._stream.flush()

    def clear(self) -> None:
        """Erase the counter. Call this before writing anything else to the terminal."""
        if self._stream and self._shown and not self.hidden:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
