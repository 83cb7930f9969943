# SPDX-License-Identifier: Apache-2.0
"""The verbs ``set`` and ``unset``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions
from cratonclient.fields import Field, Ref
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import bulk, field_options, lookup, moves, part_changes, places
from cratonclient_osc.verbs.bulk_variables import has_nested, set_variables, unset_variables


class Update(bulk.Bulk):
    """The base class of verbs that change an object."""

    writes = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Explain the options that the verb does not have."""
        parser = super().get_parser(prog_name)
        usage.explain_options(parser, self._refusals())
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add an option for each field that can be changed."""
        changing = []
        for name, field in self.changeable.items():
            if field_options.flag(name, field) not in parser._option_string_actions:
                self.add_option(parser, name, field)
                changing.append(name)
        parser.set_defaults(changing=changing)

    def _refusals(self) -> dict[str, str]:
        """Return an error message for each option of a field that the verb cannot change."""
        return {
            flag: f"{flag}: {self.refusal(name, field)}"
            for name, field in self.fields.items()
            if name not in self.changeable
            for flag in field_options.flags(name, field)
        }

    def refusal(self, name: str, field: Field[t.Any]) -> str:
        """Return the error message for a field that the verb cannot change."""
        what = name.removesuffix("_id") if isinstance(field, Ref) else name
        return f"the {what} of a {self.noun} cannot be changed"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """The fields that the verb can change."""
        raise NotImplementedError

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option for a field."""
        raise NotImplementedError

    def prepare(self, changes: part_changes.PartChanges, value: t.Any) -> part_changes.Change:
        """Prepare to change a part of the object, that is, labels or variables.

        :param changes: prepares changes of the part.
        :param value: the value of the option for the part.
        """
        raise NotImplementedError

    def add_part(self, changes: t.Any, found: t.Any, name: str, value: t.Any) -> None:
        """Add the change of a part of an object to a change set.

        :param changes: a :class:`cratonclient.changes.ChangeSet`.
        :param found: the object, with its variables if the value has paths inside them.
        :param name: name of the part.
        :param value: the value of the option for the part.
        """
        raise NotImplementedError

    #: The variables of an object to change that the verb reads: ``own`` or ``resolved``.
    reads: t.ClassVar[str]

    def take_action(self, parsed_args: argparse.Namespace) -> int | None:
        """Change one object or many."""
        one = self.selects_one(parsed_args)
        changing = {n: f for n, f in self.changeable.items() if n in parsed_args.changing}
        others = self.has_values(parsed_args)
        left = self.leave(parsed_args, others)
        move = self.move(parsed_args, others or bool(left))
        if not (left or move or others):
            self._refuse_nothing(parsed_args, changing)
        if one and move:
            # One that is in the new place already is no reason to choose it among several.
            found = lookup.find(self.manager, parsed_args.object[0], move.within)
            self.manager.update(found.id, **move.values(found))
            return None
        if move or (left and not others):
            self.verb, self.past = "Move", "moved"
            self.aim = move.aim if move else moves.out_of(self, left)
        where = move.within if move else self.look_up_scopes(parsed_args)
        if one:
            found = self.find_to_change(parsed_args, where)
            self._change(found, {**left, **self.values(changing, parsed_args, where)})
            return None
        values = {**left, **self.values(changing, parsed_args, where)}
        return self._change_many(parsed_args, where, values, move)

    def has_values(self, parsed_args: argparse.Namespace) -> bool:
        """Return True if the command changes fields or parts, besides the place."""
        return any(hasattr(parsed_args, name) for name in parsed_args.changing)

    def _change_many(
        self,
        parsed_args: argparse.Namespace,
        where: places.Where,
        values: dict[str, t.Any],
        move: moves.Move | None,
    ) -> int:
        """Change the selected objects.

        :param where: the place of named objects.
        :param values: the values of fields and parts.
        :param move: the move to another place.
        """
        parts = {n: v for n, v in values.items() if n in self.parts}

        def all_values(found: t.Any) -> dict[str, t.Any]:
            return {**values, **(move.values(found) if move else {})}

        def work(changes: t.Any, found: t.Any) -> None:
            fields = {n: v for n, v in all_values(found).items() if n not in parts}
            if fields:
                changes.update(found, **fields)
            for name, value in parts.items():
                self.add_part(changes, found, name, value)

        def single(found: t.Any) -> None:
            self._change(self.manager.get(found.id), all_values(found))

        nested = has_nested(parts.get("variables", ()))
        return self.change_many(
            parsed_args, work, single, variables=self.reads if nested else None, where=where
        )

    def _change(self, found: t.Any, values: t.Mapping[str, t.Any]) -> None:
        """Prepare all changes of an object, then make all of them or none, if possible."""
        fields = {n: v for n, v in values.items() if n not in self.parts}
        changes: dict[str, part_changes.Change] = {}
        if fields:
            changes[", ".join(fields)] = part_changes.update_of(found, fields)
        for name in values.keys() & self.parts.keys():
            part = part_changes.changes_of(found, name, self.parts[name])
            changes[name] = self.prepare(part, values[name])
        part_changes.apply(self.client, found, changes)

    def find_to_change(self, parsed_args: argparse.Namespace, where: places.Where) -> t.Any:
        """Return the object.

        :raises cratonclient.exceptions.NotFound: if there is none in the place.
        """
        return lookup.find(self.manager, parsed_args.object[0], where)

    def leave(self, parsed_args: argparse.Namespace, others: bool) -> dict[str, None]:
        """Return the places that the objects leave, as values of fields.

        Remove their options from the arguments, unless they say where to look for the objects.

        :param others: the command changes other things, too.
        """
        return {}

    def move(self, parsed_args: argparse.Namespace, others: bool) -> moves.Move | None:
        """Return the move of the objects to another place, such as a cell, if it is wanted.

        :param others: the command changes other things, too.
        """
        return None

    def _refuse_nothing(
        self, parsed_args: argparse.Namespace, changing: t.Mapping[str, Field[t.Any]]
    ) -> t.NoReturn:
        """Refuse a command line that changes nothing.

        :raises cratonclient_osc.output.exit_status.UsageError: always.
        """
        for name in self.scopes if parsed_args.object else ():
            if hasattr(parsed_args, name) and name in self.fields:
                raise moves.refusal(self, name)
        options = [field_options.flag(n, f) for n, f in changing.items()]
        selecting = [
            field_options.flag(n, f)
            for n, f in {**self.scopes, **self.changeable}.items()
            if n not in changing
            and getattr(parsed_args, self._filter_of(n, f), None) is not None
        ]
        hint = ""
        if selecting and not parsed_args.object:
            one, many = selecting[0], self.kind.plural
            hint = (
                f" Without names, {', '.join(selecting)} selects {many}. To set it, name "
                f"{many}, or select them with --where, such as --where {one[2:]}=…."
            )
        raise exit_status.UsageError(
            f"Nothing to change: use at least one of {', '.join(options)}.{hint}"
        )

    def _filter_of(self, name: str, field: Field[t.Any]) -> str:
        """Return the destination of the filter whose option is that of a field."""
        if name == "variables":
            return "vars"
        return name.removesuffix("s") if field.type is list else name


class Set(Update):
    """Change the given fields of an object."""

    summary = "Change a {one}; only the given fields change"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """The fields that can be set."""
        usual = {n for n, f in self.fields.items() if f.update} - {*self.scopes}
        return {n: f for n, f in self.fields.items() if n in self.parts or n in usual}

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option that sets a field."""
        field_options.add_option(parser, name, field)

    def example(self) -> list[str]:
        """Return an example that changes an optional field, or else the name."""
        from cratonclient_osc.verbs import examples

        choice = sorted(self.changeable.items(), key=lambda item: not _is_good_example(item[1]))
        name, field = choice[0]
        if name == self.kind.resource_class.NAME_ATTR:
            return ["--name", f"{examples.name_of(self.kind)}-2", *super().example()]
        return [*examples.option(name, field), *super().example()]

    reads = "resolved"

    def prepare(self, changes: part_changes.PartChanges, value: t.Any) -> part_changes.Change:
        """Prepare to add labels, or to set variables."""
        return changes.prepare_add(value)

    def add_part(self, changes: t.Any, found: t.Any, name: str, value: t.Any) -> None:
        """Add labels, or set variables."""
        if self.parts[name].type is list:
            changes.add_labels(found, *value, part=name)
        else:
            set_variables(changes, found, name, value)

    def find_to_change(self, parsed_args: argparse.Namespace, where: places.Where) -> t.Any:
        """Return the object. The error says how to move it to the place."""
        try:
            return super().find_to_change(parsed_args, where)
        except exceptions.NotFound as exc:
            raise moves.explained(self, exc, where) from None

    def add_scope_option(
        self, parser: argparse.ArgumentParser, name: str, field: Ref[t.Any], looked_up: str
    ) -> None:
        """Add the option for a scope. It also moves the object."""
        if moves.is_movable(self, name) and not self._filters_first:
            moves.add_moving_option(parser, self.noun, name, field)
        else:
            super().add_scope_option(parser, name, field, looked_up)

    def sets_place(self, name: str, parsed: argparse.Namespace) -> bool:
        """Return True for a place that the objects move to, if nothing else changes."""
        return moves.is_movable(self, name) and not self.has_values(parsed)

    def moving_hint(self, names: t.Collection[str]) -> str:
        """Return a sentence on how to move the objects."""
        return moves.hint(self, names)

    def move(self, parsed_args: argparse.Namespace, others: bool) -> moves.Move | None:
        """Return the move, if a place is given and nothing else says what it is for."""
        names = [n for n in self.given_scopes(parsed_args) if moves.is_movable(self, n)]
        chosen = bool(parsed_args.object or parsed_args.where or parsed_args.all)
        if others or not (names and chosen):
            return None
        moves.check(self, names)
        return moves.Move(self, parsed_args)


class Unset(Update):
    """Clear fields of an object, or remove labels or variables from it."""

    summary = "Remove values from a {one}"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """The fields that can be cleared, and the parts."""
        usual = {n for n, f in self.fields.items() if f.clear} - {*self.scopes}
        return {n: f for n, f in self.fields.items() if n in self.parts or n in usual}

    def refusal(self, name: str, field: Field[t.Any]) -> str:
        """Return the error message for a field that cannot be cleared."""
        if not field.update:
            return super().refusal(name, field)
        flag = field_options.flag(name, field)
        return (
            f"the {name} of a {self.noun} cannot be removed, only changed, "
            f"with '{self.noun} set {flag}'"
        )

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option that clears a field."""
        field_options.add_clearing_option(parser, name, field)

    def example(self) -> list[str]:
        """Return an example that removes a label or a variable, or else clears a field."""
        from cratonclient_osc.verbs import examples

        name, field = next(iter((self.parts or self.changeable).items()))
        given = examples.option(name, field)
        if field.type is dict:
            given[1] = examples.SHOW
        return [*given[: 2 if name in self.parts else 1], *super().example()]

    reads = "own"

    def prepare(self, changes: part_changes.PartChanges, value: t.Any) -> part_changes.Change:
        """Prepare to remove labels or variables."""
        return changes.prepare_remove(value)

    def add_part(self, changes: t.Any, found: t.Any, name: str, value: t.Any) -> None:
        """Remove labels or variables."""
        if self.parts[name].type is list:
            changes.remove_labels(found, *value, part=name)
        else:
            unset_variables(changes, found, name, value)

    def add_scope_option(
        self, parser: argparse.ArgumentParser, name: str, field: Ref[t.Any], looked_up: str
    ) -> None:
        """Add the option for a scope. It also takes the object out of the place."""
        if moves.can_leave(self, name) and not self._filters_first:
            moves.add_leaving_option(parser, self.noun, name, field)
        else:
            super().add_scope_option(parser, name, field, looked_up)

    def _has_names(self, parsed: argparse.Namespace) -> bool:
        """Return True also if argparse took the name for a value: ``unset --cell web-1``."""
        return super()._has_names(parsed) or bool(self._swallowing(parsed))

    def _swallowing(self, parsed: argparse.Namespace) -> list[str]:
        """Return the places that the object leaves if its name is the value of an option."""
        if self.has_values(parsed) or parsed.object or self._filters_first:
            return []
        names = moves.left(self, parsed, others=False)
        return names if any(getattr(parsed, name) for name in names) else []

    def read_words(self, parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
        """Find the name that argparse took for a value."""
        names = [] if parsed.where or parsed.all else self._swallowing(parsed)
        if names:
            parsed.object = [moves.swallowed(self, parsed, names)]

    def leave(self, parsed_args: argparse.Namespace, others: bool) -> dict[str, None]:
        """Return the places that the objects leave.

        :raises cratonclient_osc.output.exit_status.UsageError: if they are selected with
            ``--where`` or ``--all``, and the command changes other things.
        """
        chosen = bool(parsed_args.where or parsed_args.all)
        if not (parsed_args.object or chosen):
            return {}
        names = moves.left(self, parsed_args, others or chosen)
        if names and others and chosen:
            raise moves.mixed(self, names)
        for name in names:
            if getattr(parsed_args, name) is None:
                delattr(parsed_args, name)
        if names:
            moves.check(self, names)
        return dict.fromkeys(names)


def _is_good_example(field: Field[t.Any]) -> bool:
    """Return true for a boolean field, and for an optional field with an example value."""
    return field.type is bool or bool(field.cli.example and not field.required)
