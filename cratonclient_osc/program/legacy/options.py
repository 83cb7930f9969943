# SPDX-License-Identifier: Apache-2.0
"""The objects of the 2017 commands and their options: the tables OBJECTS and OPTIONS."""

from __future__ import annotations

import argparse
import json
import typing as t

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
        words.append(f"--var={path.strip()}={plain(value.strip())}")
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
LIST_OPTIONS = "detail fields sort_key sort_dir all limit marker"


def translated(parsed_args: argparse.Namespace, *without: str) -> Words:
    """Translate the options on the command line, in the order of :data:`OPTIONS`.

    :param without: names of options to leave out.
    """
    return [
        word
        for name, option in OPTIONS.items()
        if hasattr(parsed_args, name) and name not in without
        for word in option.translate(getattr(parsed_args, name))
    ]


def plain(value: str) -> str:
    """Quote a value that begins with ``@``, which today means the content of a file."""
    return json.dumps(value) if value.startswith("@") else value
