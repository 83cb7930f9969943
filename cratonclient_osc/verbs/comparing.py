# SPDX-License-Identifier: Apache-2.0
"""The options ``--var`` and ``--where`` of lists: conditions and comparisons."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import conditions, paths, sentences, suggestions
from cratonclient.fields import Field, Ref
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import assignments

if t.TYPE_CHECKING:
    from cratonclient.comparisons import Comparison

_OPERATORS = "!=, <, <=, >, >= or ~ (regular expression)"
#: The first characters of values that are rather a misspelled operator.
_SIGNS = ("=", "<", ">", "~", "!")


def add_var_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--var``, for lists of objects with variables.

    :param parser: the parser, or a group of it.
    """
    parser.add_argument(
        "--var",
        metavar="<path>=<value>",
        action="append",
        dest="vars",
        type=usage.argument_type(assignments.parse_filter),
        help="show only objects whose variable has or contains this value; in the path, [*] "
        f"matches any element and .* any member; {assignments.HELP}; in place of =, there can "
        f"be {_OPERATORS}; <path> alone finds objects with the variable, and !<path> those "
        "without it (repeatable)",
    )


def add_where_option(parser: argparse._ActionsContainer, has_variables: bool) -> None:
    """Add ``--where``, for all lists.

    :param parser: the parser, or a group of it.
    :param has_variables: the objects have variables.
    """
    variable = "vars.<path> is a variable; " if has_variables else ""
    parser.add_argument(
        "--where",
        metavar="<field><operator><value>",
        action="append",
        default=[],
        help="show only objects whose field compares so, such as 'name~^web'; the operator is "
        f"=, {_OPERATORS}; <field> alone and !<field> find objects with and without a value; "
        f"{variable}<option>=<value> is an option of this command (repeatable)",
    )


def parse_where(
    parser: argparse.ArgumentParser,
    fields: t.Mapping[str, Field[t.Any]],
    given: t.Sequence[str],
    has_variables: bool,
) -> argparse.Namespace:
    """Parse the values of ``--where``.

    :param parser: parser with the options that can be written as ``<option>=<value>``.
    :param fields: fields that can be compared, by name.
    :param given: the values.
    :param has_variables: the objects have variables.
    :returns: the parsed options, with the comparisons as ``where``.
    :raises cratonclient_osc.output.exit_status.UsageError: if a value is not valid.
    """
    known = parser._option_string_actions

    def refuse(message: str) -> t.NoReturn:
        raise exit_status.UsageError(f"--where: {sentences.ended(message)}")

    parser.error = refuse  # type: ignore[method-assign]
    words: list[str] = []
    compared: list[Comparison] = []
    for one in given:
        name, equals, value = one.partition("=")
        option = f"--{name.replace('_', '-')}"
        if not equals or value[:1] in _SIGNS or option not in known or known[option].nargs == 0:
            compared.append(_comparison(one))
            _check_field(one, compared[-1], known, fields, has_variables)
            continue
        if option != "--var" and any(w.startswith(f"{option}=") for w in words):
            refuse(f"{name} is given twice")
        words.append(f"{option}={value}")
    found = parser.parse_args(words)
    found.where = compared
    return found


def _check_field(
    text: str,
    comparison: Comparison,
    options: t.Mapping[str, argparse.Action],
    fields: t.Mapping[str, Field[t.Any]],
    has_variables: bool,
) -> None:
    """Refuse a comparison with a field that the kind does not have.

    :raises cratonclient_osc.output.exit_status.UsageError: if it has no such field. For an
        option, such as ``region``, it names the field to compare: ``region_id``.
    """
    name = str(comparison.operand[0])
    if comparison.variable is not None or name in fields:
        return
    option = options.get(f"--{name.replace('_', '-')}")
    if option is not None and option.nargs != 0:
        field = fields.get(option.dest)
        instead = f"the field {option.dest}{', an id' if isinstance(field, Ref) else ''}"
        instead = "vars.<path>" if option.dest == "vars" else instead if field else ""
        more = f" Other comparisons need {instead}." if instead else ""
        raise exit_status.UsageError(
            f"--where: {text!r}: {name} allows only =, as in {name}=<value>.{more}"
        )
    filters = [text for text, action in options.items() if action.nargs != 0]
    only_equal = comparison.operator != "="
    known = [o.removeprefix("--") for o in filters if not only_equal]
    known = [*dict.fromkeys([*known, *fields])]
    hint = suggestions.did_you_mean(name, known)
    variables = ", or vars.<path>" if has_variables else ""
    raise exit_status.UsageError(
        f"--where: {text!r} must have the form <filter>=<value> or <field><operator><value>. "
        f"The filter or field must be one of {', '.join(known)}{variables}.{hint}"
    )


def add_parsed(parsed_args: argparse.Namespace, found: argparse.Namespace) -> None:
    """Add what ``--where`` of a list selects to the other arguments.

    :param parsed_args: the parsed arguments, changed in place.
    :param found: result of :func:`parse_where`.
    :raises cratonclient_osc.output.exit_status.UsageError: if an option is given twice.
    """
    parsed_args.where = found.where
    for name, value in vars(found).items():
        before = getattr(parsed_args, name, None)
        if name == "where" or value is None:
            continue
        if name == "vars":
            value = [*(before or []), *value]
        elif before is not None:
            raise exit_status.UsageError(f"--where: {name} is given as an option, too.")
        setattr(parsed_args, name, value)


def query_of(parsed_args: argparse.Namespace) -> dict[str, t.Any]:
    """Return the query parameters of the options.

    :param parsed_args: the parsed arguments.
    """
    given = getattr(parsed_args, "vars", None) or []
    equal = [one for one in given if not hasattr(one, "operator")]
    others = [one for one in given if hasattr(one, "operator")]
    compared = [*others, *(getattr(parsed_args, "where", None) or [])]
    query: dict[str, t.Any] = {"vars": conditions.joined(equal)} if equal else {}
    return {**query, "where": compared} if compared else query


def _comparison(text: str) -> Comparison:
    from cratonclient import comparisons

    try:
        return comparisons.parse(text)
    except paths.PathError as exc:
        raise exit_status.UsageError(f"--where: {exc}") from None
