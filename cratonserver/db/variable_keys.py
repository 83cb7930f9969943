# SPDX-License-Identifier: Apache-2.0
"""The keys of the index of variables, which lists look up in the place of values.

A key is a hash of 64 bits of the project, the kind, the name of the variable, a path and a
scalar. So an entry takes the same space for each value, however long its path and its text
are, and a search reads nothing of other projects. Keys only find candidates: the condition
is then tested on the values themselves.

The value of ``rack`` of a host, ``{"row": 7, "ports": [5, "eth0"]}``, has these keys:

- one for the variable, because its value is an object or a list;
- one for each scalar, with the names of the members that lead to it: ``row`` and 7,
  ``ports`` and 5, ``ports`` and ``"eth0"``. An index of a list is no part of such a path,
  so that ``rack.ports:5``, ``rack.ports[*]:5`` and ``rack:{"ports":[5]}`` are one lookup;
- one for each scalar with the index as well, for ``rack.ports[0]:5``.

A value with too many scalars has one key instead, which all conditions on the variable look
up.
"""

from __future__ import annotations

import decimal
import functools
import hashlib
import json
import typing as t
from json import encoder

from cratonclient import paths
from cratonserver.db.list_query import Condition

#: The maximum number of keys of a value, and of the parts that are looked at to find them.
MAX_KEYS, MAX_PARTS = 500, 5000
#: Indexes below this number, in so many lists around a scalar, have keys of their own.
MAX_INDEX, MAX_INDEXES = 16, 3

#: The keys of so many values are kept, if the texts of these are not longer. Both bound memory.
_KEPT, _SHORT = 2048, 128

#: The ends of the texts that are hashed. No path ends with them.
_PRESENT, _LARGE = "*", "+"

#: Paths to a part of a value: with no indexes, with the first index, …. The last one is the
#: path with all indexes, ``None`` if the part has no such key.
_Paths = tuple[tuple[str, ...], str | None]


class Scope(t.NamedTuple):
    """The project and kind that a variable belongs to.

    :param project_id: id of the project.
    :param kind: key of the kind of the owner, such as ``host``.
    """

    project_id: str
    kind: str


def keys_of_text(scope: Scope, name: str, text: str) -> t.Sequence[int]:
    """Return the keys of a stored value, sorted. Many objects have the same short values.

    :param text: the value as JSON. The other parameters are those of :func:`keys_of`.
    """
    return (_keys_kept if len(text) <= _SHORT else _keys)(scope, name, text)


def _keys(scope: Scope, name: str, text: str) -> tuple[int, ...]:
    return tuple(sorted(keys_of(scope, name, json.loads(text))))


_keys_kept = functools.lru_cache(_KEPT)(_keys)


def keys_of(scope: Scope, name: str, value: t.Any) -> set[int]:
    """Return the keys of the value of a variable.

    :param scope: project and kind of the owner.
    :param name: name of the variable.
    :param value: JSON value.

    >>> len(keys_of(Scope("p", "host"), "rack", {"row": 7, "ports": [5, "eth0"]}))
    6
    """
    hashed = _hash_of(scope, name)
    if not isinstance(value, dict | list):
        return {hashed(_scalar(value))}
    texts = {_PRESENT}
    if _is_flat(value):
        texts.update(_member(member) + _scalar(inner) for member, inner in value.items())
        return {hashed(text) for text in texts}
    for text in _texts(value):
        texts.add(text)
        if len(texts) > MAX_KEYS or text == _LARGE:
            return {hashed(_PRESENT), hashed(_LARGE)}
    return {hashed(text) for text in texts}


def _is_flat(value: t.Any) -> t.TypeGuard[dict[str, t.Any]]:
    """Return True for an object with a few scalars, for which there is a short way."""
    return (
        isinstance(value, dict)
        and len(value) < MAX_KEYS
        and not any(isinstance(inner, dict | list) for inner in value.values())
    )


def keys_for(scope: Scope, condition: Condition) -> list[int]:
    """Return the keys that the values of a variable which match a condition can have.

    Each value that matches has one of the keys. Others can have one, too.

    :param scope: project and kind of the owners.
    """
    hashed = _hash_of(scope, condition.name)
    if paths.Every.MEMBER in condition.steps:
        return [hashed(_PRESENT)]
    scalars = [*_scalars(condition.wanted)]
    if not scalars:
        return [hashed(_PRESENT)]
    # The longest text is likely to be the rarest.
    return [hashed(_path(condition.steps) + max(scalars, key=len)), hashed(_LARGE)]


#: A hash function for the texts of one variable.
_Hash = t.Callable[[str], int]


@functools.lru_cache(maxsize=1024)
def _hash_of(scope: Scope, name: str) -> _Hash:
    """Return the hash function of a variable. Many objects have the same variables."""
    start = hashlib.blake2b(json.dumps([*scope, name]).encode(), digest_size=8)

    def hashed(text: str) -> int:
        one = start.copy()
        one.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(one.digest(), "big", signed=True)

    return hashed


def _texts(value: t.Any) -> t.Iterator[str]:
    """Yield the texts of all scalars of a value, with their paths.

    The text :data:`_LARGE` is the end if the value has more than :data:`MAX_PARTS` parts.
    """
    parts: list[tuple[_Paths, t.Any]] = [(((), ""), value)]
    seen = 0
    while parts:
        (cut, whole), part = parts.pop()
        if isinstance(part, dict | list):
            seen += len(part)
            if seen > MAX_PARTS:
                yield _LARGE
                return
        if isinstance(part, dict):
            for name, inner in part.items():
                step = _member(name)
                longer = None if whole is None else whole + step
                parts.append(((tuple([path + step for path in cut]), longer), inner))
        elif isinstance(part, list):
            if whole is not None:
                cut = (*cut, whole)
            for index, inner in enumerate(part):
                indexed = whole is not None and index < MAX_INDEX and len(cut) <= MAX_INDEXES
                parts.append(((cut, f"{whole}[{index}]" if indexed else None), inner))
        else:
            scalar = _scalar(part)
            for path in cut if whole is None else (*cut, whole):
                yield path + scalar


def _scalars(wanted: t.Any, path: str = "") -> t.Iterator[str]:
    """Yield the texts of the scalars of a wanted value, with the paths to them."""
    if isinstance(wanted, dict):
        for name, inner in wanted.items():
            yield from _scalars(inner, path + _member(name))
    elif isinstance(wanted, list):
        for inner in wanted:
            yield from _scalars(inner, path)
    else:
        yield path + _scalar(wanted)


def _path(steps: paths.Path) -> str:
    """Return the text of a path, with as many indexes as keys have."""
    indexes = [place for place, step in enumerate(steps) if not isinstance(step, str)]
    kept = 0  # the number of first steps that keep their indexes
    for place in indexes[:MAX_INDEXES]:
        step = steps[place]
        if not isinstance(step, int) or not 0 <= step < MAX_INDEX:
            break
        kept = place + 1
    texts = [_member(step) if isinstance(step, str) else f"[{step}]" for step in steps[:kept]]
    texts += [_member(step) for step in steps[kept:] if isinstance(step, str)]
    return "".join(texts)


def _member(name: str) -> str:
    return f".{encoder.encode_basestring_ascii(name)}"  # as json.dumps does, but faster


def _scalar(value: t.Any) -> str:
    """Return the text of a scalar. Equal scalars have the same text, others have not.

    >>> _scalar(1) == _scalar(1.0), _scalar(1) == _scalar("1"), _scalar(1) == _scalar(True)
    (True, False, False)
    """
    if isinstance(value, str):
        return f"={value}"
    if value is None or isinstance(value, bool):
        return f":{value}"
    return f"#{_number(value)}"


def _number(value: float | decimal.Decimal) -> str:
    """Return a number as its digits, without zeros at the end, and its exponent."""
    exponent = 0
    if isinstance(value, int):
        digits, negative = str(abs(value)), value < 0
    else:
        exact = value if isinstance(value, decimal.Decimal) else decimal.Decimal(repr(value))
        sign, figures, exponent = t.cast("tuple[int, tuple[int, ...], int]", exact.as_tuple())
        digits, negative = "".join(map(str, figures)).lstrip("0"), bool(sign)
    kept = digits.rstrip("0")
    if not kept:
        return "0"
    return f"{'-' if negative else ''}{kept}e{exponent + len(digits) - len(kept)}"
