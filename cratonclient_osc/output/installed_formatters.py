# SPDX-License-Identifier: Apache-2.0
"""Formatters of other packages, in the entry point group ``cratonclient.formatters``.

They have the interface of 2017, :class:`cratonclient.formatters.base.Formatter`. The group
is read only for a name that is not one of this package's formats, because reading the
metadata of all installed packages is slow.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import typing as t
from importlib import metadata

from cratonclient import exceptions
from cratonclient_osc.output.values import Names, Row, Rows

if t.TYPE_CHECKING:
    from cratonclient import crud

GROUP = "cratonclient.formatters"
#: The formats of the 2017 client itself.
_OWN = ("default", "json")
#: The width of values of single objects in 2017.
_WRAP = 72


class FormatterFailed(exceptions.CommandError):
    """A formatter of another package does not work."""


class Choices(list[str]):
    """The names that an option accepts: those in the list, and those of other packages.

    Error messages of argparse list the names of other packages as well.
    """

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        self.extend(
            other for other in _entry_points() if not super(Choices, self).__contains__(other)
        )
        return super().__contains__(name)


@functools.cache
def _entry_points() -> dict[str, metadata.EntryPoint]:
    """Return the formatters of other packages by name; the first on the path wins."""
    found: dict[str, metadata.EntryPoint] = {}
    for entry in metadata.entry_points(group=GROUP):
        if entry.name not in _OWN:
            found.setdefault(entry.name, entry)
    return found


class InstalledFormatter:
    """A formatter of another package, with the interface of this package's formatters.

    :param name: its name.
    :raises KeyError: if no package has a formatter of this name.
    """

    #: It gets all fields of the objects of a list, and the names of the shown columns.
    whole = True

    def __init__(self, name: str) -> None:
        self.name = name
        self._entry = _entry_points()[name]

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add no options: these formatters have none."""

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a list. ``options.shown`` has the names of the shown columns."""
        objects = (_resource(names, row) for row in rows)
        self._handle(objects, out, options, fields=list(options.shown))

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print an object."""
        self._handle(_resource(names, row), out, options, wrap=_WRAP)

    def _handle(
        self, item: t.Any, out: t.TextIO, options: argparse.Namespace, **settings: t.Any
    ) -> None:
        """Run the formatter, whose standard output is the output of the command."""
        try:
            with contextlib.redirect_stdout(out):
                formatter = self._entry.load()(options)
                configured = formatter.configure(**settings)
                (formatter if configured is None else configured).handle(item)
        except exceptions.ClientException:  # the rows are requested while it prints them
            raise
        except (Exception, SystemExit) as exc:
            # A failed write has no file name. It is no error of the formatter.
            if isinstance(exc, OSError) and exc.filename is None:
                raise
            reason = f"{type(exc).__name__}: {exc}".rstrip(": .")
            raise FormatterFailed(
                f"The formatter {self.name!r} ({self._entry.value}{self._origin()}) failed: "
                f"{reason}. Use another format, such as -f json.",
                exception=exc if isinstance(exc, Exception) else None,
            ) from exc

    def _origin(self) -> str:
        """Return the name and version of the package, as the end of a phrase."""
        package = self._entry.dist
        return f" of {package.name} {package.version}" if package else ""


def _resource(names: Names, row: Row) -> crud.Resource:
    # Imported late: every command imports this module, and few use it.
    from cratonclient import crud

    return crud.Resource(None, dict(zip(names, row, strict=True)), loaded=True)
