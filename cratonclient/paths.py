# SPDX-License-Identifier: Apache-2.0
"""The grammar of variable paths: ``hw.bios.version``, ``nics[0].mac``, ``nics[*].mac``.

A path is the name of a variable, followed by names of members and indexes of elements.
There is one grammar with two sets of unquoted names:

- :data:`TYPED`, for what a person types: any characters but ``. [ ] = " '``.
- :data:`QUERY`, for the ``vars`` parameter of the API: identifiers.

Other names are quoted: in double quotes as a JSON string, or in single quotes as they
are. ``.*`` stands for every member of an object and ``[*]`` for every element of a list.
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


#: The name of a member, the index of an element, or all of them.
Step = str | int | Every
Path = tuple[Step, ...]


class PathError(exceptions.CommandError, ValueError):
    """A path does not fit the grammar, or does not lead into a value."""


class Grammar:
    """How paths are written.

    :param variable: regular expression of a name without quotes at the beginning,
    :param member: and of a name without quotes after that.
    :param prefix: regular expression of what may stand before the path.
    :param index: regular expression of an index.
    """

    _QUOTED = r"""(?P<json>"(?:[^"\\]|\\.)*")|'(?P<plain>[^']*)'"""

    def __init__(
        self, variable: str, member: str, *, prefix: str = "", index: str = "[0-9]{1,9}"
    ) -> None:
        self._prefix = re.compile(prefix)
        self._first = re.compile(rf"(?P<bare>{variable})|{self._QUOTED}")
        self._member = re.compile(rf"\.(?:(?P<bare>{member})|(?P<every>\*)|{self._QUOTED})")
        self._element = re.compile(rf"\[(?:(?P<index>{index})|(?P<every>\*)|{self._QUOTED})\]")

    def scan(self, text: str, at: int = 0) -> tuple[Path, int]:
        """Read the path at the beginning of a text.

        :param text: a text that may go on after the path.
        :param at: where to begin.
        :returns: the path, empty if there is none, and where it ends.
        """
        prefix = self._prefix.match(text, at)
        match = self._first.match(text, prefix.end() if prefix else at)
        steps: list[Step] = []
        end = at
        while match:
            try:
                steps.append(_step(match))
            except ValueError:
                break
            end = match.end()
            match = self._member.match(text, end) or self._element.match(text, end)
        return tuple(steps), end

    def write(self, path: Path) -> str:
        """Write a path so that :meth:`scan` reads the same path.

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

    @staticmethod
    def _name(name: str, pattern: re.Pattern[str], before: str) -> str:
        match = pattern.fullmatch(before + name)
        bare = match is not None and match["bare"] is not None
        return name if bare else json.dumps(name, ensure_ascii=False)


def _step(match: re.Match[str]) -> Step:
    found = match.groupdict()
    if found.get("every"):
        return Every.MEMBER if match[0].startswith(".") else Every.ELEMENT
    if found.get("index"):
        return int(found["index"])
    if found["json"] is not None:
        return str(json.loads(found["json"]))
    return str(found["plain"] if found["plain"] is not None else found["bare"])


#: What a person types.
TYPED = Grammar(
    variable=r"""[^."'\[\]=]+""",
    member=r"""(?!\*(?:[."'\[\]=]|\Z))[^."'\[\]=]+""",
    index="-?[0-9]{1,9}",
)
#: The paths of the ``vars`` parameter. A member is an identifier of ECMAScript, as far
#: as the original server accepts it.
QUERY = Grammar(
    variable="[A-Za-z_@][A-Za-z0-9_@-]*", member="[A-Za-z_][A-Za-z0-9_]*", prefix=r"(?:\$\.)?"
)
#: What needs no quotes where a path is shown: names that a shell leaves alone, too.
_SHOWN = Grammar(variable="[A-Za-z_][A-Za-z0-9_-]*", member="[A-Za-z_][A-Za-z0-9_-]*")


def parse(text: str) -> Path:
    """Read a path that a person typed.

    :param text: the path, such as ``hw.bios.version``.
    :raises PathError: if it is not a path, or has ``.*`` or ``[*]`` in it.

    >>> parse('nics[0]."a.b"')
    ('nics', 0, 'a.b')
    """
    path, end = TYPED.scan(text)
    if end < len(text) or not path:
        raise PathError(f"{text!r} is not a path, such as hw.bios.version.")
    return single(text, path)


def single(text: str, path: Path) -> Path:
    """Return a path that leads to one place.

    :param text: the path as it was typed, for the message.
    :raises PathError: if it has ``.*`` or ``[*]`` in it.
    """
    if any(isinstance(step, Every) for step in path):
        raise PathError(f"{text!r}: only filters of lists take *. Put a name in quotes.")
    return path


def write(path: Path) -> str:
    """Write a path so that :func:`parse` reads the same path.

    >>> write(('nics', 0, 'a.b'))
    'nics[0]."a.b"'
    """
    return _SHOWN.write(path)


def match(value: t.Any, path: Path) -> list[t.Any]:
    """Return all parts of a value that a path leads to.

    :param value: a JSON value.
    :param path: steps into the value; it may have :class:`Every` in it.

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

    :raises KeyError: if there is no such value.

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
    """Tell whether there is a value at a path."""
    try:
        get(values, path)
    except KeyError:
        return False
    return True


def set(values: dict[str, t.Any], path: Path, new: t.Any) -> None:
    """Set the value at a path, in place. Missing objects and lists are created.

    An index that equals the length of a list appends to it.

    :raises PathError: if a step leads into a value that is not an object, or not a
        list with such an index.

    >>> values = {}
    >>> set(values, ('nics', 0, 'mac'), 1)
    >>> values
    {'nics': [{'mac': 1}]}
    """
    here: t.Any = values
    for place, step in enumerate(path[:-1]):
        _make_room(here, path, place)
        if here[step] is None:
            here[step] = [] if isinstance(path[place + 1], int) else {}
        here = here[step]
    _make_room(here, path, len(path) - 1)
    here[path[-1]] = new


def unset(values: dict[str, t.Any], given: t.Iterable[Path]) -> None:
    """Remove the values at paths, in place.

    All indexes refer to the lists before the change: ``nics[0]`` and ``nics[1]`` are
    the first two elements.

    :raises KeyError: if there is no value at one of the paths.

    >>> values = {'nics': [1, 2, 3]}
    >>> unset(values, [('nics', 0), ('nics', -1)])
    >>> values
    {'nics': [2]}
    """
    wanted = {_counted(values, path) for path in given}
    inside = {
        path for path in wanted if any(path[:end] in wanted for end in range(1, len(path)))
    }
    # From the back, so that no element moves before it is removed.
    for path in sorted(wanted - inside, key=_order, reverse=True):
        del get(values, path[:-1])[path[-1]]


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


def _order(path: Path) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, str(step)) for step in path]


def _counted(values: t.Any, path: Path) -> Path:
    """Replace negative indexes by those from the beginning of the list."""
    counted: list[Step] = []
    for step in path:
        if isinstance(step, int) and step < 0:
            step += len(get(values, tuple(counted)))
        counted.append(step)
    return tuple(counted)


def _make_room(here: t.Any, path: Path, place: int) -> None:
    """Make sure that a value can be set at one step of a path.

    :raises PathError: if it cannot.
    """
    step = path[place]
    before = write(path[:place])
    wanted, what = (list, "a list") if isinstance(step, int) else (dict, "an object")
    if not isinstance(here, wanted):
        found = json.dumps(here, ensure_ascii=False)
        raise PathError(f"{write(path)}: {before} is not {what}, but {found[:60]}.")
    if isinstance(here, dict):
        here.setdefault(step, None)
    elif step == len(here):
        here.append(None)
    elif not -len(here) <= t.cast("int", step) < len(here):
        raise PathError(f"{write(path)}: {before} has {len(here)} elements.")
