# SPDX-License-Identifier: Apache-2.0
"""The base class of the commands about the history."""

from __future__ import annotations

import argparse
import contextlib
import typing as t

from cratonclient import exceptions
from cratonclient_osc import base_command
from cratonclient_osc.output import exit_status

#: The collections of the options that take names of objects, by destination. Completion
#: reads them.
Targets = dict[str, str]


class ChangeCommand(base_command.CratonCommand):
    """A command about the history."""

    #: The object of the command, in the help.
    noun = "change"
    #: The collections whose names options complete, by destination of the option.
    targets: t.ClassVar[Targets] = {"project": "projects"}

    @property
    def client(self) -> t.Any:
        """The client, created on first use."""
        return t.cast("t.Any", self.app).client_manager.fleet_management

    @contextlib.contextmanager
    def needing(self, feature: str, revision: int | None = None) -> t.Iterator[None]:
        """Say that the server lacks a feature or a change, if that is why it refuses a request.

        :param feature: name of the feature, such as ``undo``.
        :param revision: revision of the change that is requested.
        :raises cratonclient.exceptions.FeatureMissing: if the server does not have the feature.
        """
        try:
            yield
        except exceptions.HTTPError as exc:
            self.client.require_feature(feature)
            if revision is None or not isinstance(exc, exceptions.NotFound):
                raise
            raise exceptions.NotFound(
                f"The history has no change with revision {revision}.", response=exc.response
            ) from exc

    def project_id(self, parsed_args: argparse.Namespace) -> str | None:
        """Return the id of the project whose history is asked for; ``None`` for the own."""
        if parsed_args.project is None:
            return None
        from cratonclient import ids
        from cratonclient_osc.verbs import lookup, places

        if ids.is_id(parsed_args.project, str):
            return str(parsed_args.project)
        found = lookup.find_id(self.client, "projects", parsed_args.project, places.Where())
        return str(found)


def add_project_option(parser: argparse.ArgumentParser) -> None:
    """Add the option for the history of another project."""
    parser.add_argument(
        "--project",
        metavar="<project>",
        help="project of the history (name or id), by default the own one; needs the role root",
    )


def add_revision(parser: argparse.ArgumentParser) -> None:
    """Add the argument for one change, and the option for its project."""
    parser.add_argument(
        "revision", metavar="<revision>", type=revision, help="revision of the change"
    )
    add_project_option(parser)


def revision(text: str) -> int:
    """Parse a revision: a positive whole number.

    :raises argparse.ArgumentTypeError: if the text is none.
    """
    number = from_zero(text)
    if not number:
        raise argparse.ArgumentTypeError(f"{text!r} is not a revision, such as 7")
    return number


def from_zero(text: str) -> int:
    """Parse a revision, or 0 for the time before the first change.

    :raises argparse.ArgumentTypeError: if the text is neither.
    """
    if text.isascii() and text.isdigit() and str(int(text)) == text and len(text) < 19:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a revision, such as 7")


def refuse(option: str, needed: str) -> exit_status.UsageError:
    """Return the error for an option that needs another one."""
    return exit_status.UsageError(f"{option} needs {needed}.")
