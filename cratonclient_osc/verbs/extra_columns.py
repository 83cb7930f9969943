# SPDX-License-Identifier: Apache-2.0
"""Columns that are not fields: names of referenced objects, and single variables.

``-c region`` shows the name of the region, where ``-c region_id`` shows its id.
``-c variables.os.kernel`` shows one variable, or a value inside it.
"""

from __future__ import annotations

import shlex
import typing as t

from cratonclient import paths
from cratonclient.fields import Field, Ref
from cratonclient.kinds import Kind
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs.reference_names import ReferenceNames

VARIABLE = "variables."

Fields = t.Mapping[str, Field[t.Any]]
Info = t.Mapping[str, t.Any]
Page = t.Sequence[Info]


class Columns:
    """A command that shows objects of a kind, with the columns that it accepts."""

    kind: t.ClassVar[Kind]

    @property
    def field_columns(self) -> list[str]:
        """The columns that are fields. Some are shown only if ``-c`` selects them."""
        raise NotImplementedError

    @property
    def columns(self) -> list[str]:
        """Every column that can be asked for.

        Columns of single variables, such as ``variables.rack``, come in addition.
        """
        return all_of(self.kind.fields, self.field_columns)

    def help_of_columns(self) -> str:
        """Return the help of ``-c``, with the columns that are not fields."""
        return help_of(self.kind.fields, self.field_columns)


def references(fields: Fields) -> dict[str, str]:
    """Return the columns with names of other objects.

    :param fields: fields of the kind.
    :returns: the reference fields by the names of the columns.

    >>> references(v1.kind('hosts').fields)['region']
    'region_id'
    """
    bare = {n.removesuffix("_id"): n for n, field in fields.items() if isinstance(field, Ref)}
    return {column: name for column, name in bare.items() if column not in fields}


def all_of(fields: Fields, own: t.Sequence[str]) -> list[str]:
    """Return every column that ``-c`` accepts, except those of single variables.

    :param fields: fields of the kind.
    :param own: the fields that can be columns.
    """
    return [*own, *(column for column, name in references(fields).items() if name in own)]


def check(option: str, asked: t.Iterable[str], known: t.Collection[str]) -> None:
    """Refuse unknown columns.

    :param option: the option that takes one column, such as ``-c``.
    :param asked: the columns that were asked for.
    :param known: the result of :func:`all_of`.
    :raises cratonclient_osc.output.exit_status.UsageError: for the first unknown column, or
        for several columns in one word.
    :raises cratonclient.paths.PathError: if the path of a variable is not valid.
    """
    more = [f"{VARIABLE}<path>"] if "variables" in known else []
    for column in asked:
        _refuse_several(option, column, known)
        if more and column.startswith(VARIABLE):
            variable_path(column)
        else:
            usage.check_names("column", [column], [*known, *more])


def _refuse_several(option: str, column: str, known: t.Collection[str]) -> None:
    """Refuse several columns with commas between them, such as ``name,region``.

    The name of a variable may contain a comma. So after ``variables.``, all parts must be
    columns.
    """
    parts = [part.strip() for part in column.split(",")]
    if len(parts) < 2 or column in known or not any(parts):
        return
    if not column.startswith(VARIABLE) or all(_is_column(part, known) for part in parts):
        repeated = " ".join(f"{option} {shlex.quote(part)}" for part in parts if part)
        raise exit_status.UsageError(
            f"{option} takes one column, not {column!r}. Repeat it: {repeated}"
        )


def _is_column(name: str, known: t.Collection[str]) -> bool:
    """Return True if a name is a known column, or the column of a variable."""
    if "variables" not in known or not name.startswith(VARIABLE):
        return name in known
    try:
        variable_path(name)
    except paths.PathError:
        return False
    return True


def variable_path(column: str) -> paths.Path:
    """Return the path of the variable in a column, such as ``variables.os.kernel``.

    :raises cratonclient.paths.PathError: if the path is not valid.
    """
    try:
        return paths.parse(column.removeprefix(VARIABLE))
    except paths.PathError as exc:
        raise paths.PathError(f"Column {column!r}: {exc}") from None


def needed_fields(fields: Fields, names: t.Iterable[str]) -> set[str]:
    """Return the fields from which columns get their values.

    :param fields: fields of the kind.
    :param names: names of the columns.
    """
    known = references(fields)
    return {
        "variables" if name.startswith(VARIABLE) else known.get(name, name) for name in names
    }


def with_values(
    client: t.Any, fields: Fields, names: t.Iterable[str], pages: t.Iterable[Page]
) -> t.Iterator[Page]:
    """Add the values of the columns of this module to the objects of pages.

    :param client: a :class:`cratonclient.v1.client.Client`.
    :param fields: fields of the kind.
    :param names: names of all columns.
    :param pages: the pages.
    """
    known = references(fields)
    wanted = {name: known[name] for name in names if name in known}
    variables = {n: variable_path(n) for n in names if n.startswith(VARIABLE)}
    targets = {name: t.cast("Ref[t.Any]", fields[name]).target for name in wanted.values()}
    found = {target: ReferenceNames(client, target) for target in targets.values()}
    if not wanted and not variables:
        yield from pages
        return
    for page in pages:
        added: list[dict[str, t.Any]] = [
            {column: _value(info, path) for column, path in variables.items()} for info in page
        ]
        for column, name in wanted.items():
            names_by_id = found[targets[name]].of(info.get(name) for info in page)
            for more, info in zip(added, page, strict=True):
                more[column] = names_by_id.get(info.get(name))
        yield [{**info, **more} for info, more in zip(page, added, strict=True)]


def _value(info: Info, path: paths.Path) -> t.Any:
    """Return the value at a path of the variables of an object, or None."""
    variables = info.get("variables") or {}
    return paths.get(variables, path) if paths.has(variables, path) else None


def help_of(fields: Fields, own: t.Collection[str]) -> str:
    """Return the help of ``-c``.

    :param fields: fields of the kind.
    :param own: the fields that can be columns.
    """
    found = [column for column in all_of(fields, [*own]) if column not in own]
    text = "column to show (repeatable), in the given order: a field"
    if found:
        text += f"; {', '.join(found)} for the name of that object"
    if "variables" in own:
        text += "; variables.<path> for the value of a variable"
    return text
