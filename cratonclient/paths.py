# SPDX-License-Identifier: Apache-2.0
"""Variable paths: ``hw.bios.version``, ``nics[0].mac``, ``nics[*].mac``.

A path is the name of a variable, followed by names of members and indexes of elements.
Two grammars differ in the names that need no quotes:

- :data:`TYPED`, for paths in commands: any characters except ``. [ ] = " '``, and no colon
  before an equals sign, because ``:=`` is an operator.
- :data:`QUERY`, for the ``vars`` parameter of the API: identifiers.

Other names are quoted. Text in double quotes is a JSON string; text in single quotes has
no escape sequences. ``.*`` matches every member of an object, and ``[*]`` every element
of a list.
"""

from __future__ import annotations

import copy
import enum
import json
import re
import typing as t

from cratonclient import exceptions


class Every(enum.Enum):
    """A step to all members of an object, or to all elements of a list."""

    MEMBER = ".*"
    ELEMENT = "[*]"


#: One step of a path: the name of a member, the index of an element, or all of them.
Step = str | int | Every
Path = tuple[Step, ...]


class PathError(exceptions.CommandError, ValueError):
    """A path is not valid, or does not fit the structure of the value."""


class Grammar:
    """A grammar of paths.

    :param variable: regular expression of an unquoted name of a variable.
    :param member: regular expression of an unquoted name of a member.
    :param prefix: regular expression of an optional prefix of the path, such as ``$.``.
    :param index: regular expression of an index.
    :param escapes_members: write quoted names of members in ASCII, without commas and
        colons.
    """

    _QUOTED = r"""(?P<json>"(?:[^"\\]|\\.)*")|'(?P<plain>[^']*)'"""

    def __init__(
        self,
        variable: str,
        member: str,
        *,
        prefix: str = "",
        index: str = "[0-9]{1,9}",
        escapes_members: bool = False,
    ) -> None:
        self._escapes_members = escapes_members
        self._prefix = re.compile(prefix)
        self._first = re.compile(rf"(?P<bare>{variable})|{self._QUOTED}")
        self._member = re.compile(rf"\.(?:(?P<bare>{member})|(?P<every>\*)|{self._QUOTED})")
        self._element = re.compile(rf"\[(?:(?P<index>{index})|(?P<every>\*)|{self._QUOTED})\]")

    def scan(self, text: str, at: int = 0) -> tuple[Path, int]:
        """Parse the path at a position of a text. Other text may follow the path.

        :param text: text that contains the path.
        :param at: position of the path.
        :returns: the path, and the position of its end. The path is empty if there is
            no path at the position.

        >>> QUERY.scan('hw.cores:8')
        (('hw', 'cores'), 8)
        """
        prefix = self._prefix.match(text, at)
        match = self._first.match(text, prefix.end() if prefix else at)
        steps: list[Step] = []
        end = at
        while match:
            try:
                steps.append(_step(match))
            except ValueError:  # not a valid JSON string: the path ends before it
                break
            end = match.end()
            match = self._member.match(text, end) or self._element.match(text, end)
        return tuple(steps), end

    def write(self, path: Path) -> str:
        """Return the text of a path, so that :meth:`scan` returns the same path.

        >>> QUERY.write(('nics', Every.ELEMENT, 'a.b'))
        'nics[*]."a.b"'
        """
        written = ""
        for step in path:
            if isinstance(step, Every):
                written += step.value
            elif isinstance(step, int):
                written += f"[{step}]"
            elif written:
                written += f".{self._name(step, self._member, '.')}"
            else:
                written = self._name(step, self._first, "")
        return written

    def _name(self, name: str, pattern: re.Pattern[str], before: str) -> str:
        match = pattern.fullmatch(before + name)
        if match and match["bare"] is not None:
            return name
        if not (before and self._escapes_members):
            return json.dumps(name, ensure_ascii=False)
        return json.dumps(name).replace(",", r"\u002c").replace(":", r"\u003a")


def _step(match: re.Match[str]) -> Step:
    found = match.groupdict()
    if found.get("every"):
        return Every.MEMBER if match[0].startswith(".") else Every.ELEMENT
    if found.get("index"):
        return int(found["index"])
    if found["json"] is not None:
        return str(json.loads(found["json"]))
    return str(found["plain"] if found["plain"] is not None else found["bare"])


#: Paths in commands.
TYPED = Grammar(
    variable=r"""(?:(?!:=)[^."'\[\]=])+""",
    member=r"""(?!\*(?::=|[."'\[\]=]|\Z))(?:(?!:=)[^."'\[\]=])+""",
    index="-?[0-9]{1,9}",
)
#: Paths in the ``vars`` parameter. The names are those that the original server accepts:
#: a subset of the identifiers of ECMAScript. It finds names of members beyond ASCII only as
#: escapes, but names of variables only without them. It splits the parameter at commas and
#: colons, also in quotes.
QUERY = Grammar(
    variable="[A-Za-z_@][A-Za-z0-9_@-]*",
    member="[A-Za-z_][A-Za-z0-9_]*",
    prefix=r"(?:\$\.)?",
    escapes_members=True,
)
#: Paths in output. It quotes all names that a shell might interpret.
_SHOWN = Grammar(variable="[A-Za-z_][A-Za-z0-9_-]*", member="[A-Za-z_][A-Za-z0-9_-]*")


def parse(text: str) -> Path:
    """Parse a path in the grammar :data:`TYPED`.

    :param text: text of the path, such as ``hw.bios.version``.
    :raises PathError: if the path is not valid, or contains ``.*`` or ``[*]``.

    >>> parse('nics[0]."a.b"')
    ('nics', 0, 'a.b')
    """
    return single(text, parse_pattern(text))


def parse_pattern(text: str) -> Path:
    """Parse a path in the grammar :data:`TYPED`. It may contain ``.*`` and ``[*]``.

    :param text: text of the path, such as ``nics[*].mac``.
    :raises PathError: if the path is not valid.

    >>> parse_pattern('nics[*].mac')
    ('nics', Every.ELEMENT, 'mac')
    """
    path, end = TYPED.scan(text) if isinstance(text, str) else ((), 0)
    if not path or end < len(text):
        raise PathError(f"{text!r} is not a valid path. A valid path is hw.bios.version.")
    return path


def check_name(name: t.Any) -> None:
    """Refuse a name that no variable can have.

    :param name: name of the variable: the first step of a path.
    :raises PathError: if the API does not accept the name.

    >>> check_name('a.b')
    """
    if not name or str(name).startswith("\n"):
        raise PathError(
            f"{name!r} cannot be the name of a variable: a name must not be empty or begin "
            "with a line end."
        )


def single(text: str, path: Path) -> Path:
    """Check that a path leads to a single value of a variable, and return it.

    :param text: text of the path, for the error message.
    :param path: the path.
    :raises PathError: if the path contains ``.*`` or ``[*]``, or no variable can have its
        name.
    """
    check_name(path[0])
    if any(isinstance(step, Every) for step in path):
        raise PathError(
            f"{text!r}: only filters of lists accept *. Put a name with * in quotes."
        )
    return path


def write(path: Path) -> str:
    """Return the text of a path, so that :func:`parse` returns the same path.

    >>> write(('nics', 0, 'a.b'))
    'nics[0]."a.b"'
    """
    return _SHOWN.write(path)


def match(value: t.Any, path: Path) -> list[t.Any]:
    """Return all parts of a value that match a path.

    :param value: JSON value.
    :param path: path into the value. It may contain :class:`Every`.

    >>> match({'nics': [{'mac': 1}, {'mac': 2}]}, ('nics', Every.ELEMENT, 'mac'))
    [1, 2]
    """
    parts = [value]
    for step in path:
        parts = [inner for part in parts for inner in _descend(part, step)]
    return parts


def _descend(part: t.Any, step: Step) -> t.Iterable[t.Any]:
    if isinstance(part, dict):
        if step is Every.MEMBER:
            return part.values()
        return (part[step],) if isinstance(step, str) and step in part else ()
    if isinstance(part, list):
        if step is Every.ELEMENT:
            return part
        return part[step : step + 1] if isinstance(step, int) else ()
    return ()


def get(values: t.Any, path: Path) -> t.Any:
    """Return the value at a path.

    :param values: JSON value.
    :param path: path into the value, without :class:`Every`.
    :raises KeyError: if there is no value at the path.

    >>> get({'nics': [{'mac': 1}]}, ('nics', -1, 'mac'))
    1
    """
    for step in path:
        fits = isinstance(values, list) if isinstance(step, int) else isinstance(values, dict)
        if not fits:
            raise KeyError(step)
        try:
            values = values[step]
        except IndexError:
            raise KeyError(step) from None
    return values


def has(values: t.Any, path: Path) -> bool:
    """Return True if there is a value at a path.

    >>> has({'nics': [{'mac': 1}]}, ('nics', 1))
    False
    """
    try:
        get(values, path)
    except KeyError:
        return False
    return True


def set(values: dict[str, t.Any], path: Path, new: t.Any) -> None:
    """Set the value at a path, in place, and create missing objects and lists.

    An index that is equal to the length of a list appends to the list.

    :param values: variables to modify.
    :param path: path of the value, without :class:`Every`.
    :param new: new value.
    :raises PathError: if a name is used on a value that is not an object, an index on a
        value that is not a list, or the index is out of range.

    >>> values = {}
    >>> set(values, ('nics', 0, 'mac'), 1)
    >>> values
    {'nics': [{'mac': 1}]}
    """
    container: t.Any = values
    for position, step in enumerate(path[:-1]):
        _ensure_exists(container, path, position)
        if container[step] is None:
            container[step] = [] if isinstance(path[position + 1], int) else {}
        container = container[step]
    _ensure_exists(container, path, len(path) - 1)
    container[path[-1]] = new


def unset(values: dict[str, t.Any], given: t.Iterable[Path]) -> None:
    """Remove the values at paths, in place.

    All indexes refer to the original lists: ``nics[0]`` and ``nics[1]`` remove the first
    two elements.

    :param values: variables to modify.
    :param given: paths of the values, without :class:`Every`.
    :raises KeyError: if there is no value at one of the paths.

    >>> values = {'nics': [1, 2, 3]}
    >>> unset(values, [('nics', 0), ('nics', -1)])
    >>> values
    {'nics': [2]}
    """
    wanted = {_without_negative_indexes(values, path) for path in given}
    for path in wanted:
        get(values, path)
    inside = {
        path for path in wanted if any(path[:end] in wanted for end in range(1, len(path)))
    }
    # Remove elements from the back, so that the indexes of the others stay valid.
    for path in sorted(wanted - inside, key=_sort_key, reverse=True):
        del get(values, path[:-1])[path[-1]]


def removed(
    values: t.Mapping[str, t.Any], given: t.Collection[Path]
) -> tuple[dict[str, t.Any], list[str]]:
    """Return the changes of variables that remove the values at paths.

    :param values: the variables before the change. They are not modified.
    :param given: paths of the values, without :class:`Every`.
    :returns: the variables to change, with their new values, and the sorted names of the
        variables to remove.
    :raises KeyError: if there is no value at one of the paths.

    >>> removed({'hw': {'cores': 8, 'ram': 64}, 'rack': 'r1'}, [('hw', 'ram'), ('rack',)])
    ({'hw': {'cores': 8}}, ['rack'])
    """
    names = sorted({str(path[0]) for path in given if len(path) == 1})
    inside = [path for path in given if path[0] not in names]
    touched = {str(path[0]) for path in inside}
    new = copy.deepcopy({name: value for name, value in values.items() if name in touched})
    unset(new, inside)
    return new, names


def changed(
    values: t.Mapping[str, t.Any], assignments: t.Iterable[tuple[Path, t.Any]]
) -> dict[str, t.Any]:
    """Return the variables that assignments change, with their new values.

    :param values: the variables before the change. They are not modified.
    :param assignments: pairs of a path and the new value.
    :raises PathError: as for :func:`set`.

    >>> changed({'hw': {'cores': 8, 'ram': 64}, 'rack': 'r1'}, [(('hw', 'cores'), 16)])
    {'hw': {'cores': 16, 'ram': 64}}
    """
    new: dict[str, t.Any] = {}
    for path, wanted in assignments:
        name = t.cast("str", path[0])
        if len(path) > 1 and name not in new and name in values:
            new[name] = copy.deepcopy(values[name])
        set(new, path, wanted)
    return new


def _sort_key(path: Path) -> list[tuple[int, str]]:
    """Return a key that sorts paths by their indexes, although steps have two types."""
    return [(step, "") if isinstance(step, int) else (-1, str(step)) for step in path]


def _without_negative_indexes(values: t.Any, path: Path) -> Path:
    """Return a path with negative indexes replaced by positive ones.

    :raises KeyError: if there is no value before a negative index.
    """
    steps: list[Step] = []
    for step in path:
        if isinstance(step, int) and step < 0:
            elements = get(values, tuple(steps))
            if not isinstance(elements, list):
                raise KeyError(step)
            step += len(elements)
        steps.append(step)
    return tuple(steps)


def _ensure_exists(container: t.Any, path: Path, position: int) -> None:
    """Add the member or element of one step with the value None, unless it exists.

    :param container: value that the step leads into.
    :param path: whole path.
    :param position: position of the step in the path.
    :raises PathError: if the container is not an object or list, as the step requires, or
        the index is out of range.
    """
    step = path[position]
    before = write(path[:position])
    wanted, what = (list, "a list") if isinstance(step, int) else (dict, "an object")
    if not isinstance(container, wanted):
        found = json.dumps(container, ensure_ascii=False)
        raise PathError(f"{write(path)}: {before} is not {what}, but {found[:60]}.")
    if isinstance(container, dict):
        container.setdefault(step, None)
    elif step == len(container):
        container.append(None)
    elif not -len(container) <= t.cast("int", step) < len(container):
        raise PathError(
            f"{write(path)}: the index is out of range, because the length of {before} is "
            f"{len(container)}."
        )
