# SPDX-License-Identifier: Apache-2.0
"""The verbs of the 2017 commands: the table VERBS, and the translation of each."""

from __future__ import annotations

import argparse
import json
import re
import sys
import typing as t

from cratonclient import ids
from cratonclient_osc.output import exit_status
from cratonclient_osc.program.legacy.options import (
    LIST_OPTIONS,
    LegacyObject,
    Words,
    plain,
    translated,
)


def _list(parsed_args: argparse.Namespace) -> list[Words]:
    """Translate ``list``; ``--sort-key`` and ``--sort-dir`` become ``--sort``.

    In JSON, the 2017 client showed all fields, unless ``--fields`` selected some.
    """
    given = vars(parsed_args)
    words = ["list", *translated(parsed_args)]
    if parsed_args.as_json and not {"detail", "fields"} & given.keys():
        words.append("--long")
    if "sort_key" in given or "sort_dir" in given:
        keys = given.get("sort_key", "created_at").split(",")
        direction = given.get("sort_dir", "asc")
        words.append(f"--sort={','.join(f'{key}:{direction}' for key in keys)}")
    if "limit" in given and "all" not in given:
        words.append(f"--limit={given['limit']}")
    return [words]


def _create(parsed_args: argparse.Namespace) -> list[Words]:
    return [["create", *translated(parsed_args, "name"), "--", parsed_args.name]]


def _show(parsed_args: argparse.Namespace) -> list[Words]:
    return [["show", "--", parsed_args.object]]


def _update(parsed_args: argparse.Namespace) -> list[Words]:
    """Translate ``update`` into ``set`` and ``show``, since it printed the object.

    If the object is given by name and gets a new one, ``show`` uses the new name, with the
    prefix ``name:`` because it may look like an id.
    """
    target = parsed_args.object
    for place in ("cloud", "region", "cell"):
        if hasattr(parsed_args, place):
            raise exit_status.UsageError(
                f"--{place}: this command does not move an object to another {place}. "
                f"To move a host to another cell or region, use 'craton host set'."
            )
    after = target
    if hasattr(parsed_args, "name") and not ids.is_id(target.removeprefix("id:"), int):
        after = f"name:{parsed_args.name}"
    return [["set", *translated(parsed_args), "--", target], ["show", "--", after]]


def _delete(parsed_args: argparse.Namespace) -> list[Words]:
    """Translate ``delete``. In 2017, it succeeded for an object that does not exist."""
    return [["delete", "--ignore-missing", "--", parsed_args.object]]


def _vars_get(parsed_args: argparse.Namespace) -> list[Words]:
    own = ["--own"] if parsed_args.own_variables else []
    return [["variable", "show", *own, "--", parsed_args.object]]


def _vars_set(parsed_args: argparse.Namespace) -> list[Words]:
    """Translate ``vars-set``.

    ``name=value`` and ``name:=JSON`` set a variable, and ``name=`` deletes it. Without
    pairs, the variables come from standard input as a JSON object.
    """
    target, pairs = parsed_args.object, parsed_args.rest
    if not pairs:
        if _nothing_on_stdin():
            raise exit_status.UsageError(
                "No variables: give <name>=<value>, or a JSON object on standard input."
            )
        return [["variable", "set", "--", target, "-"]]
    invalid = [pair for pair in pairs if not pair.partition("=")[0] or "=" not in pair]
    if invalid:
        raise exit_status.UsageError(f"A variable requires <name>=<value>, not {invalid[0]!r}.")
    parts = [_split_pair(pair) for pair in pairs]
    to_set = [f"{_path(name)}{sign}{plain(value)}" for name, sign, value in parts if value]
    to_unset = [_path(name) for name, _, value in parts if not value]
    lines = [["variable", "set", "--", target, *to_set]] if to_set else []
    return lines + (_unset(target, to_unset) if to_unset else [])


def _vars_delete(parsed_args: argparse.Namespace) -> list[Words]:
    """Translate ``vars-delete``. Without names, they come from standard input as JSON."""
    names = parsed_args.rest
    if not names:
        if _nothing_on_stdin():
            raise exit_status.UsageError(
                "No variables: give the names to delete, or a JSON list on standard input."
            )
        names = _names_on_stdin()
    return _unset(parsed_args.object, map(_path, names)) if names else []


def _nothing_on_stdin() -> bool:
    return sys.stdin is None or sys.stdin.isatty()


def _names_on_stdin() -> list[str]:
    """Read names of variables from standard input: a JSON list, or the keys of an object."""
    from cratonclient import typed_values
    from cratonclient_osc.verbs import input_files

    text = input_files.read("-")
    try:
        found = typed_values.parse_json(text)
    except ValueError:
        found = None
    if not isinstance(found, list | dict) or not all(isinstance(n, str) for n in found):
        raise exit_status.UsageError(
            f'Standard input must be a JSON list of names, such as ["rack"], not {text[:40]!r}.'
        )
    return [*found]


def _unset(target: str, names: t.Iterable[str]) -> list[Words]:
    """Return the command that deletes variables. In 2017, unknown ones were ignored."""
    return [["variable", "unset", "--ignore-missing", "--", target, *names]]


def _split_pair(pair: str) -> tuple[str, str, str]:
    """Return the name, the operator ``=`` or ``:=``, and the value of a pair."""
    name, _, value = pair.partition("=")
    typed = name.endswith(":") and len(name) > 1
    return (name[:-1], ":=", value) if typed else (name, "=", value)


def _path(name: str) -> str:
    """Quote the name of a variable where the current command would read it as a path.

    In 2017, ``a.b`` was a plain name. Today it is a path, and ``"a.b"`` is the name.
    """
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) else json.dumps(name)


class Verb(t.NamedTuple):
    """A verb of 2017.

    :param description: its description, in the imperative.
    :param current: the current verb.
    :param translate: function from the parsed arguments to current commands, without the
        object.
    :param options: function from an object to the options, keys of :data:`OPTIONS`.
    :param takes_object: True if its first argument is the name or id of an object.
    :param rest: placeholder of its further arguments; empty if it takes none.
    :param writes: True if it changes something.
    """

    description: str
    current: str
    translate: t.Callable[[argparse.Namespace], list[Words]]
    options: t.Callable[[LegacyObject], Words] = lambda legacy_object: []
    takes_object: bool = True
    rest: str = ""
    writes: bool = True


def _list_options(legacy_object: LegacyObject) -> Words:
    return [*LIST_OPTIONS.split(), *legacy_object.filters.split()]


def _field_options(legacy_object: LegacyObject) -> Words:
    return legacy_object.fields.split()


#: The verbs, by their names in 2017 commands.
VERBS: dict[str, Verb] = {
    "list": Verb("List", "list", _list, _list_options, takes_object=False, writes=False),
    "create": Verb("Create", "create", _create, _field_options, takes_object=False),
    "show": Verb("Show", "show", _show, writes=False),
    "update": Verb("Change", "set", _update, _field_options),
    "delete": Verb("Delete", "delete", _delete),
    "vars-get": Verb("Show the variables", "variable show", _vars_get, writes=False),
    "vars-set": Verb("Set variables", "variable set", _vars_set, rest="<name>=<value>"),
    "vars-delete": Verb("Delete variables", "variable unset", _vars_delete, rest="<name>"),
}
