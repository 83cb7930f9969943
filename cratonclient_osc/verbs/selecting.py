# SPDX-License-Identifier: Apache-2.0
"""Select the objects of a writing verb: by their names, or with the filters of ``list``.

Names come first: with names, an option that could set a value sets it. Without names, the
options that ``list`` has select, and only the others set values::

    craton host set --label lb --inactive web-1        add the label to web-1, deactivate it
    craton host set --label lb --inactive              deactivate the hosts with the label
    craton host set --where label=lb --label old       add a label to them

Nothing is selected without a name or a filter, except with ``--all``.
"""

from __future__ import annotations

import argparse
import functools
import typing as t

from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import field_options, lookup, resource_command

if t.TYPE_CHECKING:
    from cratonclient_osc.verbs import lists

#: The options that change how a filter works, by destination. They select nothing.
_MODIFIERS = ("resolved_values",)


class Selecting(resource_command.ResourceCommand):
    """A writing verb for one object, for many, or for those that filters select."""

    #: True while the parser is built in which filters have precedence over values.
    _filters_first = False

    @functools.cached_property
    def lister(self) -> lists.List:
        """The command ``list`` of the kind, which has the filters."""
        return t.cast("lists.List", self.list_class()(self.app, None))

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the objects, the options of the verb, and the filters."""
        parser = super().get_parser(prog_name)
        usage.allow_intermixed_arguments(parser)
        self.add_object(parser, nargs="*")
        if self._filters_first:
            self._add_filters(parser)
            self.add_arguments(parser)
        else:
            self.add_arguments(parser)
            self._add_filters(parser)
        self._add_ways(parser)
        parse = parser.parse_args
        parser.parse_args = functools.partial(  # type: ignore[method-assign, assignment]
            self._parse, parser, parse, prog_name
        )
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the verb. Options of filters may be there already."""

    def _add_filters(self, parser: argparse.ArgumentParser) -> None:
        """Add the filters of ``list`` that are not options of the verb."""
        before = {*parser._option_string_actions}
        group = parser.add_argument_group(
            f"selecting {self.kind.plural} in place of names, as 'list' does"
        )
        self.lister.add_filters(t.cast("t.Any", group), before)
        group.add_argument(
            "--where",
            metavar="<filter>=<value>",
            action="append",
            default=[],
            help="a filter with the name of an option of 'list', such as "
            f"{self._example_of_where()}, or a comparison as for 'list', such as 'name~^web'; "
            "all other options then set values (repeatable)",
        )
        group.add_argument("--all", action="store_true", help=f"select all {self.kind.plural}")
        added = [
            parser._option_string_actions[o]
            for o in parser._option_string_actions.keys() - before
        ]
        known = {action.dest for action in added} - {"where", "all"}
        parser.set_defaults(filter_names=sorted(known | {*self.scopes}))

    def _example_of_where(self) -> str:
        name, field = next(iter(self.lister.filters.items()))
        if "label" in self.lister.filters:
            return "label=lb"
        return f"{field_options.flag(name, field).removeprefix('--')}=…"

    def _add_ways(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that decide whether to ask."""
        asking = parser.add_mutually_exclusive_group()
        self.add_ways(asking)
        asking.add_argument(
            "-y",
            "--yes",
            action="store_true",
            help="do not ask; by default, a terminal asks about objects that filters select, "
            "and without a terminal this option is required",
        )
        asking.add_argument(
            "--dry-run",
            action="store_true",
            help="show what would be changed, and change nothing",
        )

    def add_ways(self, asking: argparse._MutuallyExclusiveGroup) -> None:
        """Add more ways to ask."""

    def _parse(
        self,
        parser: argparse.ArgumentParser,
        parse: t.Callable[..., argparse.Namespace],
        prog_name: str,
        args: t.Sequence[str] | None = None,
        namespace: argparse.Namespace | None = None,
    ) -> argparse.Namespace:
        """Parse a command line. Without names, filters have precedence over values."""
        if self._filters_first or self._has_names(_unconverted(parser, parse, args)):
            parsed = parse(args, namespace)
        else:
            self._filters_first = True
            try:
                parser = self.get_parser(prog_name)
                parsed = parser.parse_args(args, namespace)
            finally:
                self._filters_first = False
            return parsed
        self.read_words(parser, parsed)
        return parsed

    def _has_names(self, parsed: argparse.Namespace) -> bool:
        """Return True if names, ``--where`` or ``--all`` decide what is selected."""
        return bool(parsed.object or parsed.where or parsed.all)

    def read_words(self, parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
        """Find out which of the words are names.

        :param parser: the parser, for errors.
        :param parsed: the parsed arguments, changed in place.
        """

    def sets_place(self, name: str, parsed: argparse.Namespace) -> bool:
        """Return True if the option for a place moves the selected objects there.

        :param name: field of the place.
        :param parsed: the parsed arguments.
        """
        return False

    def moving_hint(self, names: t.Collection[str]) -> str:
        """Return a sentence on how to move the objects, for messages about filters.

        :param names: the filters.
        """
        return ""

    def given_filters(self, parsed: argparse.Namespace) -> list[str]:
        """Return the names of the filters that are given as options, not with ``--where``.

        With ``--where`` and ``--all``, the option for a place moves the objects there, if the
        command changes nothing else.
        """
        explicit = parsed.where or parsed.all
        return [
            name
            for name in parsed.filter_names
            if name not in _MODIFIERS
            and getattr(parsed, name, None) is not None
            and not (explicit and self.sets_place(name, parsed))
        ]

    def selects_one(self, parsed: argparse.Namespace) -> bool:
        """Return True if the command is about one object, which is named."""
        self.check_selection(parsed)
        return len(parsed.object) == 1 and not parsed.dry_run

    def check_selection(self, parsed: argparse.Namespace) -> None:
        """Refuse a command line that selects nothing, or in two ways.

        :raises cratonclient_osc.output.exit_status.UsageError: if it does.
        """
        filters = self.given_filters(parsed)
        where = [name for name in filters if name not in self.scopes]
        one, many = self.noun, self.kind.plural
        if parsed.object and (where or parsed.where or parsed.all):
            option = "--all" if parsed.all else self._flag(where)
            raise exit_status.UsageError(
                f"{option} selects {many}, and {many} are named, too: remove the names, or "
                f"{option}."
            )
        if parsed.all and (filters or parsed.where):
            raise exit_status.UsageError(
                f"--all selects all {many}: remove --all, or {self._flag(filters)}."
                f"{self.moving_hint(filters)}"
            )
        if parsed.where and filters:
            option = self._flag(filters)
            raise exit_status.UsageError(
                f"With --where, all filters are written so: in place of {option}, write "
                f"--where {option[2:]}=….{self.moving_hint(filters[:1])}"
            )
        selecting = [n for n in filters if n not in self.scopes or n in self.lister.filters]
        if not (parsed.object or parsed.all or parsed.where or selecting):
            raise exit_status.UsageError(
                f"No {one} is selected: name {many}, use filters as in '{one} list', or use "
                "--all."
            )

    def _flag(self, names: t.Sequence[str]) -> str:
        """Return the option of a filter, for messages."""
        for name in names:
            field = {**self.scopes, **self.lister.filters}.get(name)
            return "--var" if field is None else field_options.flag(name, field)
        return "--where"

    def filters_of(self, parsed: argparse.Namespace) -> argparse.Namespace:
        """Return the parsed arguments for ``list``: those of the filters, and of ``--where``.

        :raises cratonclient_osc.output.exit_status.UsageError: if a filter is not valid.
        """
        found = self.lister.parse_where(parsed.where)
        for name in {*self.given_filters(parsed), *_MODIFIERS}:
            if hasattr(parsed, name):
                setattr(found, name, getattr(parsed, name))
        return found

    def find(self, parsed_args: argparse.Namespace, **query: t.Any) -> t.Any:
        """Return the only object that the arguments name."""
        self.check_selection(parsed_args)
        if len(parsed_args.object) != 1:
            raise exit_status.UsageError(f"This needs exactly one {self.noun}.")
        where = self.look_up_scopes(parsed_args)
        return lookup.find(self.manager, parsed_args.object[0], where, **query)


def _unconverted(
    parser: argparse.ArgumentParser,
    parse: t.Callable[..., argparse.Namespace],
    args: t.Sequence[str] | None,
) -> argparse.Namespace:
    """Parse a command line without converting values: some are not valid as values to set."""
    kept = [(action, action.type, action.choices) for action in parser._actions]
    for action in parser._actions:
        action.type = action.choices = None
    try:
        return parse(args, None)
    finally:
        for action, convert, choices in kept:
            action.type, action.choices = convert, choices
