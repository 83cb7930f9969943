# SPDX-License-Identifier: Apache-2.0
"""Functions of 2017 for command-line programs: tables, arguments, passwords."""

from __future__ import annotations

import collections.abc
import getpass
import inspect
import json
import os
import sys
import textwrap
import typing as t

from cratonclient.printable import printable, printable_lines

F = t.TypeVar("F", bound=t.Callable[..., t.Any])


class MissingArgs(Exception):
    """A function was called without some of its required arguments.

    :param missing: names of the arguments.
    """

    def __init__(self, missing: t.Iterable[str]) -> None:
        self.missing = list(missing)
        super().__init__(f"Missing arguments: {', '.join(self.missing)}")


def validate_args(fn: t.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> None:
    """Check that the required arguments of a function are given.

    :param fn: the function, or a method of an object.
    :param args: positional arguments.
    :param kwargs: keyword arguments.
    :raises MissingArgs: if required arguments are missing.

    >>> validate_args(lambda name: None, 'web1')
    """
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [p for p in inspect.signature(fn).parameters.values() if p.kind in kinds]
    missing = [
        parameter.name
        for parameter in positional[len(args) :]
        if parameter.default is parameter.empty and parameter.name not in kwargs
    ]
    if missing:
        raise MissingArgs(missing)


def arg(*args: t.Any, **kwargs: t.Any) -> t.Callable[[F], F]:
    """Return a decorator that stores the arguments of ``add_argument`` in a function.

    The function has them in its attribute ``arguments``, in the order of the decorators.

    :param args: names or flags.
    :param kwargs: keywords of :meth:`argparse.ArgumentParser.add_argument`.

    >>> @arg('--name', help='name of the host')
    ... def do_host_create(client, args): ...
    >>> do_host_create.arguments
    [(('--name',), {'help': 'name of the host'})]
    """

    def decorate(func: F) -> F:
        add_arg(func, *args, **kwargs)
        return func

    return decorate


def add_arg(func: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
    """Store the arguments of ``add_argument`` in a function, as :func:`arg` does.

    :param func: the function.
    :param args: names or flags.
    :param kwargs: keywords of ``add_argument``.
    """
    if not hasattr(func, "arguments"):
        func.arguments = []
    # Decorators run from the bottom up, so that the last argument comes first.
    if (args, kwargs) not in func.arguments:
        func.arguments.insert(0, (args, kwargs))


def env(*args: str, **kwargs: str) -> str:
    """Return the value of the first environment variable that is set and not empty.

    :param args: names of variables.
    :param kwargs: ``default``, the value if none is set. Without it, an empty text.

    >>> env('CRATON_NOT_SET', default='none')
    'none'
    """
    found = (os.environ.get(name) for name in args)
    return next(filter(None, found), kwargs.get("default", ""))


def unauthenticated(func: F) -> F:
    """Mark a function as one that needs no authentication.

    :param func: the function.
    :returns: the function.
    """
    func.unauthenticated = True  # type: ignore[attr-defined]
    return func


def isunauthenticated(func: t.Callable[..., t.Any]) -> bool:
    """Return True if a function is marked by :func:`unauthenticated`."""
    return bool(getattr(func, "unauthenticated", False))


def service_type(stype: str) -> t.Callable[[F], F]:
    """Return a decorator that sets the type of service of a function.

    :param stype: the type, such as ``'fleet_management'``.
    """

    def decorate(func: F) -> F:
        func.service_type = stype  # type: ignore[attr-defined]
        return func

    return decorate


def get_service_type(f: t.Callable[..., t.Any]) -> str | None:
    """Return the type of service that :func:`service_type` set, or None."""
    return getattr(f, "service_type", None)


def field_labels_from(attributes: t.Iterable[str]) -> list[str]:
    """Return titles of columns for names of attributes.

    >>> field_labels_from(['id', 'parent_id'])
    ['Id', 'Parent Id']
    """
    return [name.replace("_", " ").title() for name in attributes]


def pretty_choice_list(l: t.Iterable[object]) -> str:  # noqa: E741  # the name of 2017
    """Return quoted values, separated by commas.

    >>> pretty_choice_list(['asc', 'desc'])
    "'asc', 'desc'"
    """
    return ", ".join(f"'{choice}'" for choice in l)


def print_list(
    objs: t.Iterable[t.Any],
    fields: t.Sequence[str],
    formatters: t.Mapping[str, t.Callable[[t.Any], t.Any]] | None = None,
    sortby_index: int | None = 0,
    mixed_case_fields: t.Collection[str] | None = None,
    field_labels: t.Sequence[str] | None = None,
) -> None:
    """Print objects as a table.

    :param objs: the objects.
    :param fields: names of attributes. ``'Parent Id'`` means ``parent_id``.
    :param formatters: functions from an object to its value, by field.
    :param sortby_index: index of the field to sort by, or ``None`` for the given order.
    :param mixed_case_fields: fields whose attributes have capital letters.
    :param field_labels: titles of the columns; default ``fields``.
    :raises ValueError: if ``field_labels`` and ``fields`` have different lengths.

    >>> print_list(craton.hosts.list(), ['id', 'name'])
    +----+------+
    | id | name |
    +----+------+
    | 1  | web1 |
    +----+------+
    """
    labels = list(field_labels or fields)
    if len(labels) != len(fields):
        raise ValueError(f"{len(fields)} fields, but {len(labels)} labels: {labels}")
    own = formatters or {}
    attributes = [_attribute(field, mixed_case_fields or ()) for field in fields]
    rows = [
        [
            own[field](item) if field in own else getattr(item, attribute, "")
            for field, attribute in zip(fields, attributes, strict=True)
        ]
        for item in objs
    ]
    if sortby_index is not None and labels:
        rows.sort(key=lambda row: _sort_key(row[sortby_index]))
    _print_table(labels, rows)


def print_dict(
    dct: t.Mapping[str, t.Any],
    dict_property: str = "Property",
    wrap: int = 0,
    dict_value: str = "Value",
) -> None:
    """Print a dictionary as a table with one row for each key, in order of the keys.

    :param dct: the dictionary.
    :param dict_property: title of the column of keys.
    :param wrap: maximum width of values in characters; 0 for no maximum.
    :param dict_value: title of the column of values.

    >>> print_dict({'id': 1})
    +----------+-------+
    | Property | Value |
    +----------+-------+
    | id       | 1     |
    +----------+-------+
    """
    rows = [[name, _wrapped(_text(value), wrap)] for name, value in sorted(dct.items())]
    _print_table([dict_property, dict_value], rows)


def get_password(max_password_prompts: int = 3) -> str | None:
    """Ask for a password twice, until both answers are the same.

    :param max_password_prompts: number of attempts.
    :returns: the password; None without a terminal or after the last attempt.
    """
    if not (hasattr(sys.stdin, "isatty") and sys.stdin.isatty()):
        return None
    for _ in range(max_password_prompts):
        try:
            first, second = getpass.getpass("Password: "), getpass.getpass("Please verify: ")
        except EOFError:
            return None
        if first and first == second:
            return first
    return None


def convert_arg_value(v: str) -> t.Any:
    """Convert a text of a command line to a JSON value: null, boolean, number or text.

    >>> [convert_arg_value(text) for text in ('null', 'yes', '12', '1.5', '"12"', 'web')]
    [None, True, 12, 1.5, '12', 'web']
    """
    lower = v.lower()
    if lower in ("null", "none"):
        return None
    if lower in ("true", "yes", "on"):
        return True
    if lower in ("false", "no", "off"):
        return False
    if len(v) > 1 and v[0] == v[-1] == '"':
        return v[1:-1]
    for number in (int, float):
        try:
            return number(v)
        except ValueError:
            continue
    return v


def exit(msg: str = "") -> t.NoReturn:
    """End the program with exit status 1.

    :param msg: message for standard error.
    """
    if msg:
        print(msg, file=sys.stderr)
    sys.exit(1)


def _attribute(field: str, mixed_case_fields: t.Collection[str]) -> str:
    name = field.replace(" ", "_")
    return name if field in mixed_case_fields else name.lower()


def _sort_key(value: t.Any) -> tuple[int, t.Any]:
    """Return a key that sorts numbers before texts, and None last."""
    if isinstance(value, (int, float)):
        return 0, value
    return (2, "") if value is None else (1, str(value))


def _text(value: t.Any) -> str:
    """Return a value as text that is safe to print on a terminal."""
    if isinstance(value, (collections.abc.Mapping, list, tuple)):
        try:
            return printable(json.dumps(value, sort_keys=True))
        except TypeError:
            pass
    return printable_lines(str(value))


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width) if width > 0 else text


def _print_table(labels: t.Sequence[str], rows: t.Iterable[t.Sequence[t.Any]]) -> None:
    # Imported late, because it is slow to import.
    import prettytable

    table = prettytable.PrettyTable(list(map(printable, labels)))
    table.align = "l"
    for row in rows:
        table.add_row([_text(value) for value in row])
    print(table.get_string())
