# SPDX-License-Identifier: Apache-2.0
"""Parse YAML 1.2 with its core schema, so that every value is a JSON value.

PyYAML reads the syntax, but its rules for plain text are those of YAML 1.1, where ``NO``
is false and ``52:54`` is a number. This module has the rules of YAML 1.2, and stays on the
safe side of them: a number with a zero in front, such as ``0042``, is text.
"""

from __future__ import annotations

import math
import re
import sys
import typing as t

import yaml

from cratonclient import typed_values

_PREFIX = "tag:yaml.org,2002:"
_NULL, _BOOL, _INT, _FLOAT = (_PREFIX + name for name in ("null", "bool", "int", "float"))
_STR, _MAP, _SEQ, _MERGE = (_PREFIX + name for name in ("str", "map", "seq", "merge"))

#: Plain text that is not a string: the tag, the regular expression, the first characters.
_PLAIN = (
    (_NULL, "~|null|Null|NULL|", ["~", "n", "N", ""]),
    (_BOOL, "true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    (_INT, "[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    (
        _FLOAT,
        r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        [*"-+.0123456789"],
    ),
    (_MERGE, "<<", ["<"]),  # not in YAML 1.2, but readers of YAML 1.2 support it
)
_FORMS = {tag: re.compile(form) for tag, form, _ in _PLAIN}

#: Line breaks of YAML 1.1, which are ordinary characters of YAML 1.2.
_OLD_BREAK = re.compile("[\x85\u2028\u2029]")
#: The characters by which aliases may lengthen a file.
_MAX_ALIASES = 100_000


class InvalidYaml(ValueError):
    """A text is not YAML, or has a value that is not a JSON value.

    :param place: the line, and perhaps the column.
    :param reason: the problem.
    :param is_syntax: the text is not YAML.
    """

    def __init__(self, place: str, reason: str, is_syntax: bool = False) -> None:
        super().__init__(f"{place}: {reason}")
        self.is_syntax = is_syntax


class _Loader(yaml.SafeLoader):
    """The scanner and parser of PyYAML, with the rules of YAML 1.2 for plain text."""

    yaml_implicit_resolvers: t.ClassVar[dict[str, t.Any]] = {}  # type: ignore[misc]  # as in yaml

    def compose_scalar_node(self, anchor: t.Any) -> yaml.ScalarNode:
        """Compose a scalar. The tag ``!`` makes it text, which PyYAML ignores."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        event.tag = _STR if event.tag == "!" else event.tag
        return super().compose_scalar_node(anchor)


for _tag, _form, _first in _PLAIN:
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_form})\Z"), _first)


def parse(text: str) -> t.Any:
    """Return the JSON value of a YAML text.

    :raises InvalidYaml: if the text is not YAML, or has a value that is not a JSON value.

    >>> parse('mac: 52:54:00:12:34:56\\nsafe: NO\\nzip: 0042\\ncores: 64')
    {'mac': '52:54:00:12:34:56', 'safe': 'NO', 'zip': '0042', 'cores': 64}
    """
    return _converted(text, lambda node, converter: converter.value(node, ()))


def parse_items(text: str) -> list[tuple[int, t.Any]]:
    """Return the elements of a list in YAML, each with the number of its first line.

    :raises InvalidYaml: if the text is not a list, or as for :func:`parse`.
    """

    def items(node: yaml.Node, converter: _Converter) -> list[tuple[int, t.Any]]:
        if not isinstance(node, yaml.SequenceNode):
            raise _invalid(node, (), "must be a list of objects")
        return [
            (item.start_mark.line + 1, converter.value(item, (index,)))
            for index, item in enumerate(node.value)
        ]

    return _converted(text, items) or []


def _converted(text: str, convert: t.Callable[[yaml.Node, _Converter], t.Any]) -> t.Any:
    """Return what a function makes of the root node of a YAML text; ``None`` if it is empty.

    :raises InvalidYaml: as for :func:`parse`.
    """
    old_break = _OLD_BREAK.search(text)
    if old_break:
        raise InvalidYaml(
            _line(text, old_break.start()),
            f"YAML 1.1 and 1.2 read the character U+{ord(old_break[0]):04X} differently. "
            "Write it as an escape in double quotes",
        )
    try:
        node = yaml.compose(text, _Loader)
        return None if node is None else convert(node, _Converter(text))
    except RecursionError:
        raise InvalidYaml("line 1", "it is nested too deeply") from None
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1"
        reason = ", ".join(part for part in (exc.context, exc.problem) if part)
        raise InvalidYaml(place, reason, is_syntax=True) from None
    except yaml.reader.ReaderError as exc:
        reason = f"the character U+{int(exc.character):04X} is not allowed"
        raise InvalidYaml(_line(text, exc.position), reason, is_syntax=True) from None


def _line(text: str, position: int) -> str:
    return f"line {text.count(chr(10), 0, position) + 1}"


Path = tuple[str | int, ...]


class _Converter:
    """Converts nodes of YAML to JSON values.

    :param text: the text of the nodes.
    """

    def __init__(self, text: str) -> None:
        # Without aliases, the text has more characters than nodes.
        self._room = 2 * len(text) + _MAX_ALIASES
        self._around: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: Path) -> t.Any:
        """Return the value of a node.

        :param path: names and indexes that lead to the node, for messages.
        """
        self._room -= 1 + (len(node.value) if isinstance(node, yaml.ScalarNode) else 0)
        if self._room < 0:
            raise _invalid(node, path, "is too long with its aliases. Write the values out")
        if node in self._around:
            raise _invalid(node, path, "contains itself through an alias")
        convert = self._converters.get((type(node), node.tag))
        if not convert:
            raise _invalid(
                node,
                path,
                f"has the tag {_shown(node.tag)}, but variables have no tags. Write the plain "
                "value (decrypt it first, if the tag marks a secret), or remove the tag",
            )
        self._around.append(node)
        try:
            return convert(self, node, path)
        except ValueError as exc:
            if isinstance(exc, InvalidYaml):
                raise
            # Python refuses to convert very long numbers.
            too_long = len(node.value) > sys.get_int_max_str_digits() > 0
            reason = (
                "is too long for a number" if too_long else "is not a valid value of its tag"
            )
            raise _invalid(node, path, reason) from None
        finally:
            self._around.pop()

    def _list(self, node: yaml.SequenceNode, path: Path) -> list[t.Any]:
        return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]

    def _object(self, node: yaml.MappingNode, path: Path) -> dict[str, t.Any]:
        found: dict[str, t.Any] = {}
        merged: dict[str, t.Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                merged = {**self._merged(value, path), **merged}
                continue
            name = key.value
            if key.tag != _STR:
                shown = name if isinstance(key, yaml.ScalarNode) else "a list or an object"
                raise _invalid(
                    key, path, f"has {shown or 'nothing'} as a name. Put the name in quotes"
                )
            if name in lines:
                raise _invalid(
                    key, (*path, name), f"is there twice, first on line {lines[name]}"
                )
            lines[name] = key.start_mark.line + 1
            found[name] = self.value(value, (*path, name))
        return {**merged, **found}

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, t.Any]:
        """Return the members that a merge key (``<<``) adds to an object."""
        merged: dict[str, t.Any] = {}
        for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            found = self.value(each, (*path, "<<"))
            if not isinstance(found, dict):
                raise _invalid(each, (*path, "<<"), "must be an object, or a list of objects")
            merged = {**found, **merged}
        return merged

    def _bool(self, node: yaml.ScalarNode, path: Path) -> bool:
        return _checked(node).lower() == "true"

    def _int(self, node: yaml.ScalarNode, path: Path) -> int:
        text = _checked(node)
        bases = {"0o": 8, "0x": 16}
        return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)

    def _float(self, node: yaml.ScalarNode, path: Path) -> float:
        text = _checked(node).lower()
        value = math.inf if text.endswith((".inf", ".nan")) else float(text)
        if math.isinf(value) or typed_values.vanishes(text, value):
            raise _invalid(
                node, path, f"is {node.value}, which JSON has no number for. Put it in quotes"
            )
        return value

    def _null(self, node: yaml.ScalarNode, path: Path) -> None:
        _checked(node)

    def _text(self, node: yaml.ScalarNode, path: Path) -> str:
        return str(node.value)

    _converters: t.ClassVar[dict[tuple[type, str], t.Callable[..., t.Any]]] = {
        (yaml.MappingNode, _MAP): _object,
        (yaml.SequenceNode, _SEQ): _list,
        (yaml.ScalarNode, _STR): _text,
        (yaml.ScalarNode, _NULL): _null,
        (yaml.ScalarNode, _BOOL): _bool,
        (yaml.ScalarNode, _INT): _int,
        (yaml.ScalarNode, _FLOAT): _float,
        (yaml.ScalarNode, _MERGE): _text,
    }


def _checked(node: yaml.ScalarNode) -> str:
    """Return the text of a node, if it fits the tag.

    :raises ValueError: if not, such as ``!!int abc``.
    """
    if not _FORMS[node.tag].fullmatch(node.value):
        raise ValueError(node.tag)
    return str(node.value)


def _invalid(node: yaml.Node, path: Path, reason: str) -> InvalidYaml:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    subject = where.removeprefix(".") or "the file"
    return InvalidYaml(f"line {node.start_mark.line + 1}", f"{subject} {reason}")


def _shown(tag: str) -> str:
    """Return a tag as it is usually written, such as ``!!binary``."""
    return f"!!{tag.removeprefix(_PREFIX)}" if tag.startswith(_PREFIX) else tag
