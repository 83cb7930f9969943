# SPDX-License-Identifier: Apache-2.0
"""Paths into variables, as they are typed: ``hw.bios.version``, ``nics[0].mac``.

A path is the name of a variable, then members of objects and indexes of lists. A
name that holds a dot, a bracket or an equals sign stands in double quotes, as
JSON writes it, or in single quotes, as it is: ``"k8s.io/role"``.
"""

from __future__ import annotations

import copy
import enum
import json
import re
import typing as t

from cratonclient_osc.output import exit_status


class Every(enum.Enum):
    """A step of a filter that leads to all members of an object, or of a list."""

    MEMBER = ".*"
    ELEMENT = "[*]"


#: The names of members, and indexes of elements.
Step = str | int | Every
Path = tuple[Step, ...]

_STEP = re.compile(
    r"""
    \[ (?P<index> -?[0-9]{1,9} | \* ) \]
    | (?P<dot> \.?) (?: (?P<json> "(?:[^"\\]|\\.)*" ) | '(?P<plain> [^']*)'
                      | (?P<bare> [^."'\[\]=]+ ) )
    """,
    re.VERBOSE,
)
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
#: What needs no quotes in a filter: names of variables, and of members below them.
_VARIABLE = re.compile(r"[A-Za-z_@][A-Za-z0-9_@-]*")
_MEMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class PathError(exit_status.UsageError):
    """A path that means nothing, or leads nowhere."""


class Assignment(t.NamedTuple):
    """A path, and the JSON value that is to be there."""

    path: Path
    value: t.Any


def parse(text: str) -> Path:
    """Read a path.

    :raises PathError: when it is none.

    >>> parse('nics[0]."a.b"')
    ('nics', 0, 'a.b')
    """
    steps, end = _steps(text)
    if end < len(text) or not steps:
        raise PathError(f"{text!r} is not a path, such as hw.bios.version.")
    return _single(text, steps)


def assignment(text: str) -> Assignment:
    """Read ``<path>=<value>``. What is not JSON is a string; ``@file`` is read.

    :raises PathError: when it is something else.

    >>> assignment('hw.cores=64'), assignment('rack=r1')
    (Assignment(path=('hw', 'cores'), value=64), Assignment(path=('rack',), value='r1'))
    """
    steps, end = _steps(text)
    if not steps or text[end : end + 1] != "=":
        raise PathError(f"{text!r} is not <path>=<value>.")
    return Assignment(_single(text, steps), value(text[end + 1 :]))


def condition(text: str) -> str:
    """Read ``<path>=<value>`` and write it as the API's ``vars`` filter does.

    A path may hold ``[*]`` and ``.*`` here. Source: wire document, section 7. An
    original server splits conditions at every comma, also within a value.

    :raises PathError: when it is something else.

    >>> condition('nics[*].mac=52:54'), condition('hw.cores=64')
    ('nics[*].mac:"52:54"', 'hw.cores:64')
    """
    steps, end = _steps(text)
    if not steps or text[end : end + 1] != "=":
        raise PathError(f"{text!r} is not <path>=<value>.")
    said = ""
    for step in steps:
        if isinstance(step, int) and step < 0:
            raise PathError(f"{text!r}: a filter counts from the beginning of a list.")
        if isinstance(step, Every):
            said += step.value
        elif isinstance(step, int):
            said += f"[{step}]"
        else:
            bare = _MEMBER if said else _VARIABLE
            name = step if bare.fullmatch(step) else json.dumps(step, ensure_ascii=False)
            said += f".{name}" if said else name
    wanted = json.dumps(value(text[end + 1 :]), ensure_ascii=False, separators=(",", ":"))
    return f"{said}:{wanted}"


def _single(text: str, path: Path) -> Path:
    """Refuse a path that leads to many places."""
    if any(isinstance(step, Every) for step in path):
        raise PathError(f"{text!r}: * is for the filters of lists; put a name in quotes.")
    return path


def value(text: str) -> t.Any:
    """Read a value: JSON if it is JSON, else a string; ``@`` names a file to read."""
    if text.startswith("@"):
        from cratonclient_osc.verbs import input_files

        text = input_files.read(text[1:])
    try:
        return json.loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return text.removesuffix("\n")


def write(path: Path) -> str:
    """Write a path so that :func:`parse` reads the same.

    >>> write(('nics', 0, 'a.b'))
    'nics[0]."a.b"'
    """
    said = ""
    for step in path:
        if isinstance(step, int):
            said += f"[{step}]"
        elif isinstance(step, str):
            name = step if _BARE.fullmatch(step) else json.dumps(step, ensure_ascii=False)
            said += f".{name}" if said else name
    return said


def get(values: t.Any, path: Path) -> t.Any:
    """Give what is at a path.

    :raises KeyError: when there is nothing.
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


def put(values: dict[str, t.Any], path: Path, new: t.Any) -> None:
    """Set what is at a path, in place; objects and lists on the way are made.

    An index right behind the end of a list makes it longer.

    :raises PathError: when something on the way is no object, or no such list.
    """
    here: t.Any = values
    for place, step in enumerate(path[:-1]):
        _make_room(here, path, place)
        if here[step] is None:
            here[step] = [] if isinstance(path[place + 1], int) else {}
        here = here[step]
    _make_room(here, path, len(path) - 1)
    here[path[-1]] = new


def has(values: t.Any, path: Path) -> bool:
    """Tell whether there is something at a path."""
    try:
        get(values, path)
    except KeyError:
        return False
    return True


def remove_all(values: dict[str, t.Any], given: t.Iterable[Path]) -> None:
    """Take away what is at paths, in place.

    Indexes are those from before: ``nics[0]`` and ``nics[1]`` are the first two.

    :raises KeyError: when there is nothing at one of them.
    """
    wanted = {_counted(values, path) for path in given}
    inside = {
        path for path in wanted if any(path[:end] in wanted for end in range(1, len(path)))
    }
    # From the back, so that nothing moves before it is taken away.
    for path in sorted(wanted - inside, key=_order, reverse=True):
        del get(values, path[:-1])[path[-1]]


def _order(path: Path) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, str(step)) for step in path]


def _counted(values: t.Any, path: Path) -> Path:
    """Count the indexes of a path from the beginning of their lists."""
    counted: list[Step] = []
    for step in path:
        if isinstance(step, int) and step < 0:
            step += len(get(values, tuple(counted)))
        counted.append(step)
    return tuple(counted)


def changed(
    values: t.Mapping[str, t.Any], assignments: t.Iterable[Assignment]
) -> dict[str, t.Any]:
    """Give the variables that assignments change, as they are to be.

    :param values: the variables as they are.
    :raises PathError: when a path leads through what is no object.
    """
    new: dict[str, t.Any] = {}
    for path, wanted in assignments:
        name = t.cast("str", path[0])
        if len(path) > 1 and name not in new and name in values:
            new[name] = copy.deepcopy(values[name])
        put(new, path, wanted)
    return new


def _make_room(here: t.Any, path: Path, place: int) -> None:
    """See to it that something can stand at a step of a path.

    :raises PathError: when it cannot.
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


def _steps(text: str) -> tuple[Path, int]:
    """Read the path at the beginning of a text, and where it ends."""
    steps: list[Step] = []
    end = 0
    while match := _STEP.match(text, end):
        index = match["index"]
        if (index is not None) != bool(steps) and not (steps and match["dot"]):
            break  # a name first, then dots and brackets
        if not steps and match["dot"]:
            break
        if index is not None:
            steps.append(Every.ELEMENT if index == "*" else int(index))
        elif match["json"] is not None:
            try:
                steps.append(json.loads(match["json"]))
            except ValueError:
                break
        elif match["bare"] == "*" and steps:
            steps.append(Every.MEMBER)
        else:
            steps.append(match["plain"] if match["plain"] is not None else match["bare"])
        end = match.end()
    return tuple(steps), end


def _not_json(constant: str) -> t.NoReturn:
    raise ValueError(constant)
