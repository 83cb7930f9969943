# SPDX-License-Identifier: Apache-2.0
"""The commands of the 2017 client, translated into current commands.

``host-list --fields id name`` becomes ``host list -c id -c name``. Three tables define the
translation: :data:`OBJECTS`, :data:`OPTIONS` and :data:`VERBS`. The 2017 commands are
hidden from the overview and from completion; ``craton help host-list`` explains one.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
import typing as t

from cratonclient import secrets
from cratonclient.printable import printable
from cratonclient_osc import base_command
from cratonclient_osc.output import exit_status

#: The words of a current command line, or a part of them.
Words = list[str]


class Option(t.NamedTuple):
    """An option of a 2017 command.

    :param flags: its spellings, separated by blanks. Hyphens and underscores are
        interchangeable.
    :param metavar: placeholder of its value; empty for a switch.
    :param help: its help text.
    :param translate: function from its value to the words of the current command.
    :param keywords: further keyword arguments of ``add_argument``.
    """

    flags: str
    metavar: str
    help: str
    translate: t.Callable[[t.Any], Words] = lambda value: []
    keywords: t.Mapping[str, t.Any] = {}


class LegacyObject(t.NamedTuple):
    """The 2017 commands of one object. Each attribute is a list of words.

    :param fields: options of ``create`` and ``update``, keys of :data:`OPTIONS`.
    :param filters: options of ``list``, keys of :data:`OPTIONS`.
    :param verbs: keys of :data:`VERBS`.
    :param own_variables: ``True`` if ``vars-get`` shows no inherited variables, although
        the current command does.
    """

    fields: str = ""
    filters: str = ""
    verbs: str = "create list show update delete vars-get vars-set vars-delete"
    own_variables: bool = False


#: The objects, by their names in 2017 commands.
OBJECTS: dict[str, LegacyObject] = {
    "project": LegacyObject(
        "name", "name vars", "create list show delete vars-get vars-set vars-delete"
    ),
    "cloud": LegacyObject("name note", "vars"),
    "region": LegacyObject("name cloud note", "cloud vars", own_variables=True),
    "cell": LegacyObject("name cloud region note", "cloud region vars", own_variables=True),
    "host": LegacyObject(
        "name ip_address cloud region cell type active note labels",
        "cloud region cell device_type ip label vars",
    ),
    "device": LegacyObject("", "cloud region cell parent descendants active", "list"),
    "devices": LegacyObject("", "cloud region cell parent descendants active", "list"),
}


_TRUE = ("1", "t", "true", "y", "yes", "on")
_FALSE = ("0", "f", "false", "n", "no", "off")


def _value(option: str) -> t.Callable[[t.Any], Words]:
    """Return the translation of an option with a value.

    The result is one word, ``--name=VALUE``, because a value may begin with a hyphen.
    """
    return lambda value: [f"--{option}={value}"]


def _active(text: str) -> Words:
    """Translate ``--active true`` and ``--active false``."""
    return ["--active" if text.lower() in _TRUE else "--inactive"]


def _labels(text: str) -> Words:
    """Translate ``--labels a,b``."""
    return [f"--label={label.strip()}" for label in text.split(",") if label.strip()]


def _variables(pairs: list[str]) -> Words:
    """Translate ``--vars path:value,path:value``.

    Every comma separates two pairs, also in a value, as on the 2017 server.
    """
    words = []
    for pair in ",".join(pairs).split(","):
        path, colon, value = pair.partition(":")
        if not (path.strip() and colon):
            raise exit_status.UsageError(f"--vars requires <path>:<value>, not {pair!r}.")
        words.append(f"--var={path.strip()}={_plain(value.strip())}")
    return words


def _fields(names: list[str]) -> Words:
    """Translate ``--fields id name``."""
    for name in names:
        parts = " ".join(filter(None, name.split(",")))
        if parts and "," in name:
            raise exit_status.UsageError(
                f"--fields takes names separated by blanks, not {name!r}: --fields {parts}"
            )
    return [word for name in names for word in ("-c", name)]


def _boolean(text: str) -> str:
    """Check that a text is a spelling of true or false."""
    if text.lower() not in (*_TRUE, *_FALSE):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text


#: The options, by the names that the tables of objects and verbs use.
OPTIONS: dict[str, Option] = {
    "name": Option("-n --name", "<name>", "name of the object", _value("name")),
    "ip_address": Option("-i --ip_address", "<address>", "IP address", _value("ip-address")),
    "cloud": Option("--cloud", "<cloud>", "name or id of the cloud", _value("cloud")),
    "region": Option("-r --region", "<region>", "name or id of the region", _value("region")),
    "cell": Option("-c --cell", "<cell>", "name or id of the cell", _value("cell")),
    "type": Option("-t --type", "<type>", "type of device", _value("device-type")),
    "active": Option(
        "-a --active",
        "<true|false>",
        "true if the device is in use, otherwise false; a missing value means true",
        _active,
        {"nargs": "?", "const": "true", "type": _boolean},
    ),
    "note": Option("--note", "<note>", "free text", _value("note")),
    "labels": Option("-l --labels", "<label>,...", "labels, separated by commas", _labels),
    "device_type": Option("--device-type", "<type>", "type of device", _value("device-type")),
    "ip": Option("--ip", "<address>", "IP address", _value("ip-address")),
    "label": Option("--label", "<label>", "label of the device", _value("label")),
    "vars": Option(
        "--vars",
        "<path>:<value>",
        "show only objects with this variable",
        _variables,
        {"action": "extend", "nargs": "+"},
    ),
    "parent": Option("--parent", "<device>", "name or id of the parent", _value("parent")),
    "descendants": Option(
        "--descendants",
        "",
        "with --parent, show all descendants, not only children",
        lambda _: ["--descendants"],
    ),
    "detail": Option("--detail", "", "show all fields", lambda _: ["--long"]),
    "fields": Option(
        "--fields",
        "<field>",
        "show only these fields",
        _fields,
        {"action": "extend", "nargs": "+"},
    ),
    # The next four options depend on each other, so _list translates them.
    "sort_key": Option("--sort-key", "<field>", "sort by this field"),
    "sort_dir": Option(
        "--sort-dir",
        "<asc|desc>",
        "direction of sorting",
        keywords={"choices": ("asc", "desc")},
    ),
    "all": Option("--all", "", "show all objects and ignore --limit"),
    "limit": Option("--limit", "<number>", "show at most this number of objects"),
    "marker": Option(
        "--marker", "<id>", "begin after the object with this ID", _value("marker")
    ),
}
#: The options of every ``list`` command.
_LIST_OPTIONS = "detail fields sort_key sort_dir all limit marker"


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
            print(printable(secrets.mask_command_line(note)), file=sys.stderr)
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


def _options(parsed_args: argparse.Namespace, *without: str) -> Words:
    """Translate the options on the command line, in the order of :data:`OPTIONS`.

    :param without: names of options to leave out.
    """
    return [
        word
        for name, option in OPTIONS.items()
        if hasattr(parsed_args, name) and name not in without
        for word in option.translate(getattr(parsed_args, name))
    ]


def _list(parsed_args: argparse.Namespace) -> list[Words]:
    """Translate ``list``; ``--sort-key`` and ``--sort-dir`` become ``--sort``.

    In JSON, the 2017 client showed all fields, unless ``--fields`` selected some.
    """
    given = vars(parsed_args)
    words = ["list", *_options(parsed_args)]
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
    return [["create", *_options(parsed_args, "name"), "--", parsed_args.name]]


def _show(parsed_args: argparse.Namespace) -> list[Words]:
    return [["show", "--", parsed_args.object]]


def _update(parsed_args: argparse.Namespace) -> list[Words]:
    """Translate ``update`` into ``set`` and ``show``, since it printed the object.

    If the object is given by name and gets a new one, ``show`` uses the new name.
    """
    target = parsed_args.object
    for place in ("cloud", "region", "cell"):
        if hasattr(parsed_args, place):
            raise exit_status.UsageError(
                f"--{place}: an object cannot be moved to another {place}."
            )
    after = target if target.isdigit() else getattr(parsed_args, "name", target)
    return [["set", *_options(parsed_args), "--", target], ["show", "--", after]]


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
    to_set = [f"{_path(name)}{sign}{_plain(value)}" for name, sign, value in parts if value]
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
    from cratonclient_osc import typed_values
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


def _plain(value: str) -> str:
    """Quote a value that begins with ``@``, which today means the content of a file."""
    return json.dumps(value) if value.startswith("@") else value


class Verb(t.NamedTuple):
    """A verb of 2017.

    :param description: its description, in the imperative.
    :param current: the current verb.
    :param translate: function from the parsed arguments to current commands, without the
        object.
    :param options: function from an object to the options, keys of :data:`OPTIONS`.
    :param takes_object: True if its first argument is the name or id of an object.
    :param rest: placeholder of its further arguments; empty if it takes none.
    """

    description: str
    current: str
    translate: t.Callable[[argparse.Namespace], list[Words]]
    options: t.Callable[[LegacyObject], Words] = lambda legacy_object: []
    takes_object: bool = True
    rest: str = ""


def _list_options(legacy_object: LegacyObject) -> Words:
    return [*_LIST_OPTIONS.split(), *legacy_object.filters.split()]


def _field_options(legacy_object: LegacyObject) -> Words:
    return legacy_object.fields.split()


#: The verbs, by their names in 2017 commands.
VERBS: dict[str, Verb] = {
    "list": Verb("List", "list", _list, _list_options, takes_object=False),
    "create": Verb("Create", "create", _create, _field_options, takes_object=False),
    "show": Verb("Show", "show", _show),
    "update": Verb("Change", "set", _update, _field_options),
    "delete": Verb("Delete", "delete", _delete),
    "vars-get": Verb("Show the variables", "variable show", _vars_get),
    "vars-set": Verb("Set variables", "variable set", _vars_set, rest="<name>=<value>"),
    "vars-delete": Verb("Delete variables", "variable unset", _vars_delete, rest="<name>"),
}


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
