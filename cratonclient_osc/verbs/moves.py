# SPDX-License-Identifier: Apache-2.0
"""Move objects: ``set --cell``, ``set --region`` and ``unset --cell``.

The options for the place of an object say where to look for it, as in all commands. If a
command changes nothing else, they say where the object moves to. So a command with other
changes never moves an object that is not where the user believes it is: with names, it does
not find it, and with ``--where`` or ``--all``, the option is refused.
"""

from __future__ import annotations

import argparse
import shlex
import typing as t

from cratonclient import exceptions
from cratonclient.fields import Ref
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import field_options, lookup, places

if t.TYPE_CHECKING:
    from cratonclient_osc.verbs.resource_command import ResourceCommand


class Move:
    """The move of objects to the place in the arguments of a command.

    :param command: the command.
    :param parsed_args: its parsed arguments.
    """

    def __init__(self, command: ResourceCommand, parsed_args: argparse.Namespace) -> None:
        self._command = command
        given = {n: getattr(parsed_args, n) for n in command.given_scopes(parsed_args)}
        #: The words for the parts of the new place, by field, the outermost first.
        self._words = {n: word for n, word in given.items() if is_movable(command, n)}
        fixed = {n: word for n, word in given.items() if n not in self._words}
        #: The place where the objects are now, as far as it is given.
        self.within = command.look_up_scopes(argparse.Namespace(**fixed))
        self._ids: dict[tuple[str, str], t.Any] = {}

    @property
    def aim(self) -> str:
        """The new place in the words of the user, such as `` to region west and cell c2``."""
        names = {n: field_options.option_name(n, self._command.scopes[n]) for n in self._words}
        parts = [f"{name} {shlex.quote(self._words[n])}" for n, name in names.items()]
        return f" to {' and '.join(parts)}"

    def values(self, found: t.Any) -> dict[str, t.Any]:
        """Return the values of the fields that move an object.

        A cell is looked up in the region where the object is, or where it moves to.
        """
        known = {
            n: getattr(found, n) for n in self._command.scopes if n in self._command.fields
        }
        where = places.Where({n: v for n, v in known.items() if v is not None}, {})
        for name, word in self._words.items():
            where = self._with(where, name, word)
        return {name: where[name] for name in self._words}

    def _with(self, where: places.Where, name: str, word: str) -> places.Where:
        """Return a place with the object that a word means, which is looked up in the place."""
        field = self._command.scopes[name]
        near = where.within(self._command.target_fields(field))
        key = name, f"{word}{sorted(near.items())}"
        if key not in self._ids:
            found = lookup.find_id(self._command.client, field.target, word, near)
            self._ids[key] = found
        return places.Where(
            {**where, name: self._ids[key]}, {**self.within.typed, **where.typed, name: word}
        )


def is_movable(command: ResourceCommand, name: str) -> bool:
    """Return True for a part of the place that a server with the feature can change."""
    return name in command.fields and bool(command.scopes[name].feature)


def check(command: ResourceCommand, names: t.Iterable[str]) -> None:
    """Refuse to move objects on a server that cannot, before anything is looked up.

    :raises cratonclient.exceptions.FeatureMissing: if it cannot.
    """
    for feature in sorted({command.scopes[name].feature for name in names}):
        command.client.require_feature(feature)


def refusal(command: ResourceCommand, name: str) -> exit_status.UsageError:
    """Return the error for a place that a command cannot change.

    :param name: field of the place.
    """
    field, noun = command.scopes[name], command.noun
    option, place = field_options.flag(name, field), field_options.option_name(name, field)
    only = f"{option} only says where to look up the {noun}"
    if is_movable(command, name):
        return exit_status.UsageError(f"{only}. To move it, use '{noun} set {option}'.")
    return exit_status.UsageError(f"A {noun} cannot be moved to another {place}: {only}.")


def hint(command: ResourceCommand, filters: t.Iterable[str]) -> str:
    """Return a sentence on how to move objects, for a filter that could be the new place.

    :param filters: the filters.
    """
    if any(name in command.scopes and is_movable(command, name) for name in filters):
        return f" To move {command.kind.plural}, use a command that changes nothing else."
    return ""


def mixed(command: ResourceCommand, names: t.Sequence[str]) -> exit_status.UsageError:
    """Return the error for leaving a place together with other changes.

    :param names: the fields of the place.
    """
    option = _flag(command, names[0])
    return exit_status.UsageError(
        f"{option}: with --where and --all, {command.kind.plural} leave their "
        f"{option[2:]} only if the command changes nothing else. Use two commands."
    )


def out_of(command: ResourceCommand, names: t.Iterable[str]) -> str:
    """Return the places that objects leave in words, such as `` out of the cell``.

    :param names: the fields of the places.
    """
    return f" out of the {' and the '.join(_flag(command, name)[2:] for name in names)}"


def explained(
    command: ResourceCommand, error: exceptions.NotFound, where: t.Iterable[str]
) -> exceptions.NotFound:
    """Return the error for an object that is not in the place, with a way to move it there.

    :param where: the fields of the place.
    """
    options = [_flag(command, name) for name in where if is_movable(command, name)]
    if not options:
        return error
    say = "only says" if len(options) == 1 else "only say"
    return exceptions.NotFound(
        f"{error.message} With other changes, {' and '.join(options)} {say} where to look up "
        f"the {command.noun}. To move it there, use a command that changes nothing else."
    )


def _flag(command: ResourceCommand, name: str) -> str:
    return field_options.flag(name, command.scopes[name])


def add_moving_option(
    parser: argparse.ArgumentParser, noun: str, name: str, field: Ref[t.Any]
) -> None:
    """Add the option that moves an object to another place, such as ``--cell``.

    :param noun: name of the kind of the object.
    :param name: name of the field.
    """
    place = field_options.option_name(name, field)
    effect = (
        f"move the {noun} to this {place} (name or id), if nothing else changes; with other "
        f"changes, look up the {noun} only in this {place}; without names, --where and --all, "
        "a filter"
    )
    field_options.add_place_option(parser, name, field, effect)


def add_leaving_option(
    parser: argparse.ArgumentParser, noun: str, name: str, field: Ref[t.Any]
) -> None:
    """Add the option that takes an object out of a place, such as ``--cell``.

    :param noun: name of the kind of the object.
    :param name: name of the field.
    """
    place = field_options.option_name(name, field)
    effect = (
        f"take the {noun} out of its {place}; with a name or id and other changes, look up the "
        f"{noun} only in this {place}; without names, --where and --all, a filter"
    )
    field_options.add_place_option(parser, name, field, effect, nargs="?")


def can_leave(command: ResourceCommand, name: str) -> bool:
    """Return True for a place that an object can leave without moving to another one."""
    return is_movable(command, name) and command.scopes[name].clear


def left(command: ResourceCommand, parsed_args: argparse.Namespace, others: bool) -> list[str]:
    """Return the fields of the places that an object leaves.

    :param others: the command also changes other things. Then an option with a value only says
        where to look for the object.
    """
    given = [n for n in command.scopes if hasattr(parsed_args, n) and can_leave(command, n)]
    return [n for n in given if getattr(parsed_args, n) is None] if others else given


def swallowed(
    command: ResourceCommand, parsed_args: argparse.Namespace, names: t.Iterable[str]
) -> str:
    """Return the object that argparse took for the value of an option of :func:`left`.

    :param names: the fields of these options.
    :raises cratonclient_osc.output.exit_status.UsageError: if there is none.
    """
    for name in names:
        word: str | None = getattr(parsed_args, name)
        if word:
            setattr(parsed_args, name, None)
            return word
    raise exit_status.UsageError(
        f"the following arguments are required: <{command.kind.hyphenated}>"
    )
