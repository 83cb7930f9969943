# SPDX-License-Identifier: Apache-2.0
"""The commands of the client of 2017, translated into those of today.

``host-list --fields id name`` is ``host list -c id -c name``. The tables below
are all there is to it: which objects had which verbs, what each took, and how
that reads today. The old commands are hidden from the overview and from
completion; ``craton help host-list`` explains one.

Sources: seed document, "Subcommands"; the options of the 2017 program.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
import typing as t

from cratonclient.printable import printable
from cratonclient_osc import base_command
from cratonclient_osc.output import exit_status

#: The words of one command line of today.
Words = list[str]


class Option(t.NamedTuple):
    """An option of 2017.

    :param flags: how it is written. Underscores will do for hyphens.
    :param takes: what is to be given, empty for a switch.
    :param help: what it means.
    :param today: from the value to the words of today.
    :param more: further arguments for argparse.
    """

    flags: str
    takes: str
    help: str
    today: t.Callable[[t.Any], Words] = lambda value: []
    more: t.Mapping[str, t.Any] = {}


class Had(t.NamedTuple):
    """What an object had in 2017: options to create and update it, filters, verbs."""

    fields: str = ""
    filters: str = ""
    verbs: str = "create list show update delete vars-get vars-set vars-delete"


#: The objects.
OBJECTS: dict[str, Had] = {
    "project": Had(
        "name", "name vars", "create list show delete vars-get vars-set vars-delete"
    ),
    "cloud": Had("name note", "vars"),
    "region": Had("name cloud note", "cloud vars"),
    "cell": Had("name cloud region note", "cloud region vars"),
    "host": Had(
        "name ip_address cloud region cell type active note labels",
        "cloud region cell device_type ip label vars",
    ),
    "device": Had("", "cloud region cell parent descendants active", "list"),
    "devices": Had("", "cloud region cell parent descendants active", "list"),
}


def _value(option: str) -> t.Callable[[t.Any], Words]:
    """Translate an option with a value; joined, so that it may begin with a hyphen."""
    return lambda value: [f"--{option}={value}"]


def _active(text: str) -> Words:
    return ["--active" if text.lower() in _TRUE else "--inactive"]


def _labels(text: str) -> Words:
    return [f"--label={label.strip()}" for label in text.split(",") if label.strip()]


def _variables(pairs: list[str]) -> Words:
    """Translate ``path:value,path:value``; the server would split at every comma, too."""
    words = []
    for pair in ",".join(pairs).split(","):
        path, colon, value = pair.partition(":")
        if not (path.strip() and colon):
            raise exit_status.UsageError(f"--vars takes <path>:<value>, not {pair!r}.")
        words.append(f"--var={path.strip()}={value}")
    return words


_TRUE, _FALSE = ("1", "t", "true", "y", "yes", "on"), ("0", "f", "false", "n", "no", "off")


def _boolean(text: str) -> str:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text


#: What can be given, by the names that the objects above and the verbs below use.
OPTIONS: dict[str, Option] = {
    "name": Option("-n --name", "<name>", "its name", _value("name")),
    "ip_address": Option(
        "-i --ip_address", "<address>", "its IP address", _value("ip-address")
    ),
    "cloud": Option("--cloud", "<cloud>", "cloud it is in", _value("cloud")),
    "region": Option("-r --region", "<region>", "region it is in", _value("region")),
    "cell": Option("-c --cell", "<cell>", "cell it is in", _value("cell")),
    "type": Option("-t --type", "<type>", "kind of device", _value("device-type")),
    "active": Option(
        "-a --active",
        "<true|false>",
        "whether it is in use",
        _active,
        {"nargs": "?", "const": "true", "type": _boolean},
    ),
    "note": Option("--note", "<note>", "free text", _value("note")),
    "labels": Option("-l --labels", "<label>,...", "words to find it by", _labels),
    "device_type": Option("--device-type", "<type>", "kind of device", _value("device-type")),
    "ip": Option("--ip", "<address>", "IP address", _value("ip-address")),
    "label": Option("--label", "<label>", "label that it carries", _value("label")),
    "vars": Option(
        "--vars",
        "<path>:<value>",
        "variable that it has",
        _variables,
        {"action": "extend", "nargs": "+"},
    ),
    "parent": Option("--parent", "<device>", "device it is a part of", _value("parent")),
    "descendants": Option(
        "--descendants",
        "",
        "also what is below the children of the parent",
        lambda _: ["--descendants"],
    ),
    "detail": Option("--detail", "", "show all fields", lambda _: ["--long"]),
    "fields": Option(
        "--fields",
        "<field>",
        "show these fields only",
        lambda names: [word for name in names for word in ("-c", name)],
        {"action": "extend", "nargs": "+"},
    ),
    # How these read depends on each other: see _list.
    "sort_key": Option("--sort-key", "<field>", "sort by this field"),
    "sort_dir": Option(
        "--sort-dir", "<asc|desc>", "how to sort", more={"choices": ("asc", "desc")}
    ),
    "all": Option("--all", "", "show all, whatever --limit says"),
    "limit": Option("--limit", "<number>", "show no more than so many"),
    "marker": Option("--marker", "<id>", "begin after this one", _value("marker")),
}
_LIST = "detail fields sort_key sort_dir all limit marker"


class LegacyCommand(base_command.CratonCommand):
    """A command of 2017, which runs commands of today.

    :cvar noun: the object, a key of :data:`OBJECTS`.
    :cvar verb: one of its verbs.
    """

    noun: t.ClassVar[str]
    verb: t.ClassVar[str]

    def get_description(self) -> str:
        """Say what to use instead."""
        verb = VERBS[self.verb]
        return (
            f"{verb.does}. This is the spelling of 2017; today: "
            f"craton {self.object} {verb.today}"
        )

    @property
    def object(self) -> str:
        """What the object is called today."""
        return self.noun.removesuffix("s")

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of 2017."""
        parser = super().get_parser(prog_name)
        verb = VERBS[self.verb]
        if verb.one:
            parser.add_argument("object", metavar=f"<{self.object}>", help="its id or name")
        if verb.rest:
            parser.add_argument(
                "rest", metavar=verb.rest, nargs="*", help="what to set, or names to delete"
            )
        for name in verb.options(OBJECTS[self.noun]):
            _add(parser, name, required=name == "name" and self.verb == "create")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Run what the command is today; the first that fails ends it."""
        lines = [[self.object, *words] for words in VERBS[self.verb].translate(parsed_args)]
        if sys.stderr.isatty() or self.app.options.verbose_level > 1:
            said = "; ".join(shlex.join(["craton", *words]) for words in lines)
            print(printable(f"The spelling of 2017. Today: {said}"), file=sys.stderr)
        for words in lines:
            result = self.app.run_subcommand(words)
            if result:
                return result
        return exit_status.DONE


def _add(parser: argparse.ArgumentParser, name: str, required: bool) -> None:
    option = OPTIONS[name]
    flags = [
        flag
        for given in option.flags.split()
        for flag in dict.fromkeys((given, _hyphens(given), _underscores(given)))
    ]
    how: dict[str, t.Any] = {"metavar": option.takes, "required": required, **option.more}
    if not option.takes:
        how = {"action": "store_true"}
    parser.add_argument(*flags, dest=name, default=argparse.SUPPRESS, help=option.help, **how)


def _hyphens(flag: str) -> str:
    return flag.replace("_", "-")


def _underscores(flag: str) -> str:
    return re.sub(r"(?<=\w)-", "_", flag)


def _given(parsed_args: argparse.Namespace, *but: str) -> Words:
    """Translate the options that were given, in the order of the table."""
    return [
        word
        for name, option in OPTIONS.items()
        if hasattr(parsed_args, name) and name not in but
        for word in option.today(getattr(parsed_args, name))
    ]


def _list(parsed_args: argparse.Namespace) -> list[Words]:
    given = vars(parsed_args)
    words = ["list", *_given(parsed_args)]
    if "sort_key" in given or "sort_dir" in given:
        keys = given.get("sort_key", "created_at").split(",")
        direction = given.get("sort_dir", "asc")
        words.append(f"--sort={','.join(f'{key}:{direction}' for key in keys)}")
    if "limit" in given and "all" not in given:
        words.append(f"--limit={given['limit']}")
    return [words]


def _create(parsed_args: argparse.Namespace) -> list[Words]:
    return [["create", *_given(parsed_args, "name"), "--", parsed_args.name]]


def _show(parsed_args: argparse.Namespace) -> list[Words]:
    return [["show", "--", parsed_args.object]]


def _update(parsed_args: argparse.Namespace) -> list[Words]:
    """Change it and show it, by its new name if it is called by a name."""
    one = parsed_args.object
    for place in ("cloud", "region", "cell"):
        if hasattr(parsed_args, place):
            raise exit_status.UsageError(
                f"--{place}: what is in a {place} stays there for life."
            )
    after = one if one.isdigit() else getattr(parsed_args, "name", one)
    return [["set", *_given(parsed_args), "--", one], ["show", "--", after]]


def _delete(parsed_args: argparse.Namespace) -> list[Words]:
    return [["delete", "--", parsed_args.object]]


def _vars_get(parsed_args: argparse.Namespace) -> list[Words]:
    return [["variable", "show", "--", parsed_args.object]]


def _vars_set(parsed_args: argparse.Namespace) -> list[Words]:
    """Set what has a value and delete what has none; without words, read JSON."""
    one, pairs = parsed_args.object, parsed_args.rest
    if not pairs:
        if sys.stdin is None or sys.stdin.isatty():
            raise exit_status.UsageError("Give <name>=<value>, or an object of JSON on stdin.")
        return [["variable", "set", "--", one, "-"]]
    wrong = [pair for pair in pairs if not pair.partition("=")[0] or "=" not in pair]
    if wrong:
        raise exit_status.UsageError(f"{wrong[0]!r} is not <name>=<value>.")
    parts = [pair.partition("=") for pair in pairs]
    adds = [f"{_path(name)}={_plain(value)}" for name, _, value in parts if value]
    drops = [_path(name) for name, _, value in parts if not value]
    lines = [["variable", "set", "--", one, *adds]] if adds else []
    return lines + ([["variable", "unset", "--", one, *drops]] if drops else [])


def _vars_delete(parsed_args: argparse.Namespace) -> list[Words]:
    if not parsed_args.rest:
        raise exit_status.UsageError("Give the names of the variables to delete.")
    names = [_path(name) for name in parsed_args.rest]
    return [["variable", "unset", "--", parsed_args.object, *names]]


def _path(name: str) -> str:
    """Write a name of 2017, which was no path, so that it is none today."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) else json.dumps(name)


def _plain(value: str) -> str:
    """Write a value of 2017, when ``@`` did not mean a file."""
    return json.dumps(value) if value.startswith("@") else value


class Verb(t.NamedTuple):
    """A verb of 2017: what it does, its name today, what it takes, its translation."""

    does: str
    today: str
    translate: t.Callable[[argparse.Namespace], list[Words]]
    options: t.Callable[[Had], Words] = lambda had: []
    one: bool = True
    rest: str = ""


def _fields(had: Had) -> Words:
    return had.fields.split()


#: The verbs.
VERBS: dict[str, Verb] = {
    "list": Verb("List", "list", _list, lambda h: f"{_LIST} {h.filters}".split(), one=False),
    "create": Verb("Create", "create", _create, _fields, one=False),
    "show": Verb("Show", "show", _show),
    "update": Verb("Change", "set", _update, _fields),
    "delete": Verb("Delete", "delete", _delete),
    "vars-get": Verb("Show the variables", "variable show", _vars_get),
    "vars-set": Verb("Set variables", "variable set", _vars_set, rest="<name>=<value>"),
    "vars-delete": Verb("Delete variables", "variable unset", _vars_delete, rest="<name>"),
}


def names() -> list[str]:
    """Give the commands of 2017, such as ``'host-list'``."""
    return [f"{noun}-{verb}" for noun, had in OBJECTS.items() for verb in had.verbs.split()]


def find(name: str) -> type[LegacyCommand] | None:
    """Find a command of 2017.

    :param name: such as ``'host-list'``; underscores will do for hyphens.
    :returns: its class, ``None`` where there was none.
    """
    noun, _, verb = name.replace("_", "-").partition("-")
    if f"{noun}-{verb}" not in names():
        return None
    return type("LegacyCommand", (LegacyCommand,), {"noun": noun, "verb": verb})
