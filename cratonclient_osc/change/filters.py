# SPDX-License-Identifier: Apache-2.0
"""The options that select changes: by object, by user, by time."""

from __future__ import annotations

import argparse
import datetime
import re
import typing as t

from cratonclient import exceptions, formats, v1
from cratonclient_osc import usage
from cratonclient_osc.change import command
from cratonclient_osc.output import exit_status

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_TIME = (
    "a time in UTC such as 2027-01-31 or 2027-01-31T12:00, or how long ago, such as 2h or 7d"
)
#: The beginning of the destinations of the options that name an object.
_OBJECT = "object_"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for objects and users."""
    command.add_project_option(parser)
    parser.add_argument(
        "--user", metavar="<name>", dest="username", help="name of the user who made the change"
    )
    kinds = [kind.collection for kind in v1.kinds()]
    parser.add_argument(
        "--kind",
        metavar="<kind>",
        choices=kinds,
        type=_kind,
        help=f"kind of a changed object: {', '.join(kinds)}",
    )
    parser.add_argument(
        "--id",
        metavar="<object>",
        type=usage.nonempty_name,
        help="id or name of a changed object of that --kind",
    )
    parser.add_argument(
        "--name",
        metavar="<name>",
        help="name of changed objects of that --kind: all objects that have the name now, or "
        "had it before they were renamed or deleted",
    )
    for dest, collection in targets().items():
        noun = v1.kind(collection).noun
        parser.add_argument(
            f"--{noun.replace(' ', '-')}",
            metavar=f"<{noun.replace(' ', '-')}>",
            dest=dest,
            type=usage.nonempty_name,
            help=f"the same as --kind {collection} --id <{noun.replace(' ', '-')}>",
        )


def add_times(parser: argparse.ArgumentParser) -> None:
    """Add the options for times and reasons."""
    since, until = (usage.argument_type(one) for one in (_since, _until))
    parser.add_argument("--since", metavar="<time>", type=since, help=f"from then on: {_TIME}")
    parser.add_argument(
        "--until",
        metavar="<time>",
        type=until,
        help="up to then; a date includes the whole day",
    )
    parser.add_argument(
        "--reason", metavar="<text>", help="part of the reason; upper and lower case matter"
    )


def targets() -> command.Targets:
    """Return the collections whose objects have an option, by its destination.

    ``--user`` and ``--project`` say whose changes are meant, not which object changed.
    """
    return {
        f"{_OBJECT}{kind.key}": kind.collection
        for kind in v1.kinds()
        if kind.noun not in ("user", "project")
    }


def values(one: command.ChangeCommand, parsed_args: argparse.Namespace) -> dict[str, t.Any]:
    """Return the filters that were given, with ids in place of names.

    :param one: the command.
    :param parsed_args: the parsed arguments.
    :raises cratonclient_osc.output.exit_status.UsageError: if options contradict each other.
    """
    kind, word = _object(parsed_args)
    given = {
        "kind": kind,
        "project_id": one.project_id(parsed_args),
        **{
            name: getattr(parsed_args, name, None)
            for name in ("name", "username", "since", "until", "reason")
        },
    }
    found = {name: value for name, value in given.items() if value is not None}
    if kind is not None and word is not None:
        place = {name: value for name, value in found.items() if name == "project_id"}
        found |= _found(one, kind, word, place)
    return found


def _object(parsed_args: argparse.Namespace) -> tuple[str | None, str | None]:
    """Return the kind of the objects and the object that the options name."""
    named = [
        (collection, getattr(parsed_args, dest))
        for dest, collection in targets().items()
        if getattr(parsed_args, dest, None) is not None
    ]
    if len(named) + (parsed_args.kind is not None) > 1:
        raise exit_status.UsageError(
            "Name one object: a change is found by one object or kind at a time."
        )
    for option in ("id", "name"):
        if getattr(parsed_args, option) is not None and parsed_args.kind is None:
            raise command.refuse(f"--{option}", "--kind, such as --kind hosts")
    if parsed_args.id is not None and parsed_args.name is not None:
        raise exit_status.UsageError("Use --id for one object, or --name, not both.")
    return named[0] if named else (parsed_args.kind, parsed_args.id)


def _found(
    one: command.ChangeCommand, collection: str, word: str, place: dict[str, str]
) -> dict[str, str]:
    """Return the filter for an object: its id, or the name of an object that is gone.

    :param place: the filter for the project.
    :raises cratonclient.exceptions.NotFound: if no object has or had the name.
    """
    try:
        return {"id": _find(one, collection, word)}
    except exceptions.NotFound:
        from cratonclient_osc.verbs import words

        name = words.parse(word, v1.kind(collection)).name
        if name is not None:
            filters = {"kind": collection, "name": name, **place}
            with one.needing("changes"):
                if any(one.client.changes.list(limit=1, **filters)):
                    return {"name": name}
        raise


def _find(one: command.ChangeCommand, collection: str, word: str) -> str:
    """Return the id of an object. An id is not looked up: the object may be deleted."""
    from cratonclient_osc.verbs import lookup, places, words

    parsed = words.parse(word, v1.kind(collection))
    if parsed.name is None or (parsed.item_id is not None and not parsed.is_number):
        return str(parsed.item_id)
    return str(lookup.find_id(one.client, collection, word, places.Where()))


def _kind(text: str) -> str:
    """Return the collection of a kind, which may be given by its noun, such as ``host``."""
    found = {kind.hyphenated: kind.collection for kind in v1.kinds()}
    return found.get(text.replace(" ", "-").replace("_", "-"), text)


def _since(text: str) -> str:
    return _time(text, "00:00:00.000000")


def _until(text: str) -> str:
    return _time(text, "23:59:59.999999")


def _time(text: str, of_day: str) -> str:
    """Return a time as the API has it.

    :param text: a time, a date, or a duration before now.
    :param of_day: the time that a date stands for.
    """
    duration = re.fullmatch(f"([0-9]{{1,9}})([{''.join(_UNITS)}])", text)
    if duration:
        ago = {_UNITS[duration[2]]: int(duration[1])}
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        try:
            return (now - datetime.timedelta(**ago)).isoformat(timespec="microseconds")
        except OverflowError:
            raise exit_status.UsageError(f"{text!r} is too long ago") from None
    try:
        is_date = re.fullmatch(r"\d{4}-?\d\d-?\d\d", text, re.ASCII)
        return formats.canonical("time", f"{text}T{of_day}" if is_date else text)
    except ValueError:
        raise exit_status.UsageError(f"{text!r} is not {_TIME}") from None
