# SPDX-License-Identifier: Apache-2.0
"""The columns of a file with objects: fields, labels and variables, and their values."""

from __future__ import annotations

import typing as t

from cratonclient import paths, suggestions, typed_values
from cratonclient.fields import Field, Ref
from cratonclient_osc.verbs import field_options

#: The beginnings of columns with a variable.
_VARIABLES = ("variables.", "vars.", "var.")


class Refused(Exception):
    """A column is unknown, or a value cannot be used. The text is the reason."""


class Row(t.NamedTuple):
    """The values of a line.

    :param values: values by field. References are still words.
    :param problems: why columns and values cannot be used.
    :param failed: the fields whose values cannot be used.
    """

    values: dict[str, t.Any]
    problems: list[str]
    failed: set[str]


class Columns:
    """The columns that a file with objects of a kind can have.

    :param fields: the fields that a new object can have.
    :param others: fields that only responses have.
    """

    def __init__(
        self, fields: t.Mapping[str, Field[t.Any]], others: t.Collection[str] = ()
    ) -> None:
        self._fields = fields
        self._others = others
        self._names = {_plain(name): name for name in fields}
        for name, field in fields.items():
            self._names.setdefault(_plain(field_options.option_name(name, field)), name)
        if "variables" in fields:
            self._names.setdefault("vars", "variables")

    def row(self, given: t.Mapping[str, t.Any]) -> Row:
        """Return the values of a line, and all problems of them.

        :param given: the values by column.
        """
        row = Row({}, [], set())
        assigned: list[tuple[paths.Path, t.Any]] = []
        for column, value in given.items():
            try:
                path = self._path(column)
                if path is not None:
                    assigned.append((path, self._variable(column, value)))
                else:
                    self._add(row, column, value)
            except Refused as exc:
                row.problems.append(str(exc))
        if assigned:
            before = row.values.get("variables", {})
            try:
                changed = paths.changed(before, assigned)
            except paths.PathError as exc:
                row.problems.append(str(exc).rstrip("."))
            else:
                row.values["variables"] = {**before, **changed}
        return row

    def _add(self, row: Row, column: str, value: t.Any) -> None:
        """Add the value of a field to a line.

        :raises Refused: if the column is unknown, or the value cannot be used.
        """
        name = self._field(column)
        if name in row.values:
            raise Refused(f"{column}: {name} is given twice, by different columns")
        row.failed.add(name)
        row.values[name] = self._value(column, self._fields[name], value)
        row.failed.remove(name)

    def _path(self, column: str) -> paths.Path | None:
        """Return the path of a variable in the name of a column, or None."""
        for beginning in _VARIABLES if "variables" in self._fields else ():
            if column.startswith(beginning):
                try:
                    return paths.parse(column.removeprefix(beginning))
                except paths.PathError as exc:
                    raise Refused(f"{column}: {str(exc).rstrip('.')}") from None
        return None

    def _field(self, column: str) -> str:
        name = self._names.get(_plain(column))
        if name is not None:
            return name
        if _plain(column) in self._others:
            raise Refused(f"the column {column!r} cannot be set by create: remove it")
        known = [field_options.option_name(n, f) for n, f in self._fields.items()]
        hint = suggestions.did_you_mean(column, [*known, *self._fields])
        hint = hint or f" Known: {', '.join(known)}, variables.<path>."
        raise Refused(f"the column {column!r} is unknown.{hint}".rstrip("."))

    @staticmethod
    def _variable(column: str, value: t.Any) -> t.Any:
        """Return the value of a variable; a text follows the rule of the command line."""
        if not isinstance(value, _Cell):
            return value
        try:
            return typed_values.parse(value)
        except ValueError as exc:
            raise Refused(f"{column}: {value!r} is not valid JSON: {exc}") from None

    def _value(self, column: str, field: Field[t.Any], value: t.Any) -> t.Any:
        """Return the value of a field.

        :raises Refused: if it has another type.
        """
        if value is None and field.null:
            return None
        if isinstance(value, _Cell):
            value = _from_text(column, field, str(value))
        if isinstance(field, Ref):
            if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
                raise Refused(f"{column}: {value!r} is not a name or an id")
            return f"id:{value}" if isinstance(value, int) else value
        wanted = field.type
        is_right = isinstance(value, wanted) and not (
            wanted is int and value in (True, False) and isinstance(value, bool)
        )
        if wanted is list:
            is_right = is_right and all(isinstance(one, str) for one in value)
        if not is_right:
            raise Refused(f"{column}: {value!r} is not {_IN_WORDS[wanted]}")
        if field.choices and value not in field.choices:
            raise Refused(f"{column}: {value!r} is not one of {', '.join(field.choices)}")
        return value


_IN_WORDS: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list of texts",
    dict: "an object",
}


class _Cell(str):
    """A text whose type the column decides: a cell of CSV."""

    __slots__ = ()


def cells(values: t.Mapping[str, str]) -> dict[str, str]:
    """Mark texts as cells of CSV."""
    return {column: _Cell(text) for column, text in values.items()}


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _from_text(column: str, field: Field[t.Any], text: str) -> t.Any:
    """Return the value of a cell."""
    if field.type is str or isinstance(field, Ref):
        return text
    if field.type is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    if field.type is bool:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    try:
        return typed_values.parse(text.strip())
    except ValueError as exc:
        raise Refused(f"{column}: it is not valid JSON: {exc}") from None
