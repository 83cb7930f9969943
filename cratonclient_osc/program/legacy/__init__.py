# SPDX-License-Identifier: Apache-2.0
"""The commands of the 2017 client, translated into current commands.

``host-list --fields id name`` becomes ``host list -c id -c name``. Three tables define the
translation: ``OBJECTS`` and ``OPTIONS`` in :mod:`.options`, and ``VERBS`` in
:mod:`.verbs`. The 2017 commands are hidden from the overview and from completion;
``craton help host-list`` explains one.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import typing as t

from cratonclient import secrets
from cratonclient.printable import printable
from cratonclient_osc import base_command
from cratonclient_osc.output import exit_status
from cratonclient_osc.program.legacy.options import OBJECTS, OPTIONS
from cratonclient_osc.program.legacy.verbs import VERBS


class LegacyCommand(base_command.CratonCommand):
    """A 2017 command, which runs current commands.

    :cvar noun: its object, a key of :data:`OBJECTS`.
    :cvar verb: its verb, a key of :data:`VERBS`.
    """

    noun: t.ClassVar[str]
    verb: t.ClassVar[str]

    def get_description(self) -> str:
        """Return the description, which names the current command."""
        verb = VERBS[self.verb]
        return (
            f"{verb.description} (2017 command). "
            f"Use instead: craton {self.object} {verb.current}"
        )

    @property
    def object(self) -> str:
        """The noun of the current commands, such as ``'device'`` for ``'devices'``."""
        return self.noun.removesuffix("s")

    @property
    def writes(self) -> bool:  # type: ignore[override]
        """True if the command changes something."""
        return VERBS[self.verb].writes

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return a parser with the options of the 2017 command."""
        parser = super().get_parser(prog_name)
        verb = VERBS[self.verb]
        if verb.takes_object:
            parser.add_argument(
                "object", metavar=f"<{self.object}>", help=f"name or id of the {self.object}"
            )
        if verb.rest:
            parser.add_argument(
                "rest", metavar=verb.rest, nargs="*", help="variables to set or to delete"
            )
        parser.set_defaults(
            as_json=getattr(self.app.options, "format", "") == "json",
            own_variables=OBJECTS[self.noun].own_variables,
        )
        for name in verb.options(OBJECTS[self.noun]):
            _add(parser, name, required=name == "name" and self.verb == "create")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Run the current commands, stop at the first failure, return the exit status.

        On a terminal or with ``--verbose``, print the current commands to standard error.
        """
        lines = [[self.object, *words] for words in VERBS[self.verb].translate(parsed_args)]
        on_terminal = sys.stderr.isatty() and not self.quiet
        if on_terminal or self.app.options.verbose_level > 1:
            current = "; ".join(shlex.join(["craton", *words]) for words in lines)
            note = f"{self.noun}-{self.verb} is a 2017 command. Use instead: {current}"
            print(printable(secrets.mask_joined_words(note)), file=sys.stderr)
        for words in lines:
            result = self.app.run_subcommand(words)
            if result:
                return result
        return exit_status.DONE


def _add(parser: argparse.ArgumentParser, name: str, required: bool) -> None:
    """Add an option to a parser, in all spellings with hyphens and underscores."""
    option = OPTIONS[name]
    flags = [
        spelling
        for flag in option.flags.split()
        for spelling in dict.fromkeys((flag, _hyphens(flag), _underscores(flag)))
    ]
    keywords: dict[str, t.Any] = {
        "metavar": option.metavar,
        "required": required,
        **option.keywords,
    }
    if not option.metavar:
        keywords = {"action": "store_true"}
    parser.add_argument(
        *flags, dest=name, default=argparse.SUPPRESS, help=option.help, **keywords
    )


def _hyphens(flag: str) -> str:
    return flag.replace("_", "-")


def _underscores(flag: str) -> str:
    return re.sub(r"(?<=\w)-", "_", flag)


def names() -> list[str]:
    """Return the names of all 2017 commands, such as ``'host-list'``."""
    return [
        f"{noun}-{verb}"
        for noun, legacy_object in OBJECTS.items()
        for verb in legacy_object.verbs.split()
    ]


def find(name: str) -> type[LegacyCommand] | None:
    """Return the class of a 2017 command.

    :param name: such as ``'host-list'`` or ``'host_list'``.
    :returns: the class; ``None`` if the 2017 client had no such command.
    """
    noun, _, verb = name.replace("_", "-").partition("-")
    if f"{noun}-{verb}" not in names():
        return None
    return type("LegacyCommand", (LegacyCommand,), {"noun": noun, "verb": verb})
