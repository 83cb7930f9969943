# SPDX-License-Identifier: Apache-2.0
"""Standard output of the programs: a failed write is never lost, and is reported once.

argparse and pagers ignore errors of their output, so a full disk would look like success.
Here the stream itself remembers the error, and :func:`run` derives the exit status from it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import typing as t

FAILED, OUTPUT_CLOSED = 1, 141


class OutputError(OSError):
    """Standard output cannot be written, for example because the disk is full."""

    def __str__(self) -> str:
        return f"Cannot write the output: {self.strerror}."


class Remembering(io.RawIOBase):
    """A file that remembers its first failed write.

    :param file: file to write to, ``None`` if the program started without one.
    """

    def __init__(self, file: t.Any) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: t.Any) -> int:
        """Write bytes.

        :raises BrokenPipeError: if no process reads the output any more.
        :raises OutputError: if the write fails for another reason.
        """
        if self._file is None:
            return self._refuse(len(data))
        try:
            return t.cast("int", self._file.write(data))
        except BrokenPipeError as exc:
            self.error = exc
            raise
        except OSError as exc:
            self.error = OutputError(exc.errno, exc.strerror)
            raise self.error from exc

    def _refuse(self, size: int) -> int:
        """Raise an error the first time, so that the flush at exit does not fail again."""
        if self.error is None:
            self.error = BrokenPipeError()
            raise self.error
        return size

    def writable(self) -> bool:
        """Return True."""
        return True

    def isatty(self) -> bool:
        """Return True if the file is a terminal."""
        return self._file is not None and self._file.isatty()

    def fileno(self) -> int:
        """Return the file descriptor."""
        if self._file is None:
            raise io.UnsupportedOperation("standard output is closed")
        return t.cast("int", self._file.fileno())


def run(program: t.Callable[[], int], name: str = "") -> int:
    """Run the main function of a program, and return its exit status.

    :param program: main function. It may raise :class:`SystemExit`.
    :param name: beginning of the error message, such as ``'craton-server: '``.
    :returns: the exit status of the program; 141 if no process reads its output; 1 if its
        output cannot be written.

    >>> run(lambda: print('hello') or 0)
    hello
    0
    """
    if sys.stderr is None:  # print would write to standard output instead
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, it stays open
    output = _watched()
    try:
        status = program()
    except SystemExit as exc:  # after --help, --version, or a usage error
        status = exc.code if isinstance(exc.code, int) else int(bool(exc.code))
    except OSError:
        if output is None or output.error is None:
            raise
        status = 0
    return status if output is None else _finish(output, status, name)


def _watched() -> Remembering | None:
    """Replace standard output by a stream that remembers failed writes, and return it.

    A stream that is not a file, such as the one of a test, stays in place.
    """
    before = sys.stdout
    if before is not None and not isinstance(before, io.TextIOWrapper):
        return None
    if before is None:
        output = Remembering(None)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(output), "utf-8", write_through=True)
        return output
    before.flush()
    output = Remembering(getattr(before.buffer, "raw", before.buffer))
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(output),
        before.encoding,
        before.errors,
        line_buffering=before.line_buffering,
        write_through=before.write_through,
    )
    return output


def _finish(output: Remembering, status: int, name: str) -> int:
    """Write what is left in the buffer, and return the exit status."""
    with contextlib.suppress(OSError):  # the output remembers the error
        if not sys.stdout.closed:
            sys.stdout.flush()
    if output.error is None:
        return status
    discard(sys.stdout)
    if isinstance(output.error, BrokenPipeError):
        return OUTPUT_CLOSED
    if status == 0:  # otherwise the program has reported the error
        print(f"{name}{output.error}", file=sys.stderr)
        return FAILED
    return status


def discard(stream: t.TextIO) -> None:
    """Redirect a stream that can no longer be written to the null device.

    Otherwise the interpreter flushes the buffer of the stream again at exit, and prints
    an error.
    """
    if isinstance(stream, io.TextIOWrapper) and not stream.closed:
        with contextlib.suppress(io.UnsupportedOperation), open(os.devnull, "wb") as null:
            os.dup2(null.fileno(), stream.fileno())
