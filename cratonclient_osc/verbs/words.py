# SPDX-License-Identifier: Apache-2.0
"""The words that users type for objects: names, ids, ``name:42`` and ``id:42``."""

from __future__ import annotations

import typing as t

from cratonclient import ids
from cratonclient.kinds import Kind
from cratonclient_osc.output import exit_status


class Word(t.NamedTuple):
    """A word that the user typed for an object.

    :param bare: the word without a prefix.
    :param item_id: the id, or None if the word is not an id.
    :param name: the name, or None if the word is only an id.
    """

    bare: str
    item_id: int | str | None
    name: str | None

    @property
    def is_number(self) -> bool:
        """True if both readings are possible: names may be numbers.

        A UUID is only read as an id.
        """
        return isinstance(self.item_id, int) and self.name is not None


def parse(text: str, kind: Kind) -> Word:
    """Parse a word: ``web-1`` is a name, ``42`` is an id or a name.

    :param text: the word. With the prefix ``id:`` it is only an id, with ``name:`` only a
        name.
    :param kind: kind of the object.
    :raises cratonclient_osc.output.exit_status.UsageError: if no id or no name follows the
        prefix.

    >>> parse('42', kind), parse('name:42', kind), parse('0042', kind)
    (Word('42', 42, '42'), Word('42', None, '42'), Word('0042', None, '0042'))
    """
    id_type = kind.fields["id"].type
    if text.startswith("name:"):
        if text == "name:":
            raise exit_status.UsageError(f"{text!r}: a name must follow the colon.")
        return Word(text[5:], None, text[5:])
    if text.startswith("id:"):
        if not ids.is_id(text[3:], id_type):
            form = "a UUID in lowercase" if id_type is str else "a number such as 42"
            raise exit_status.UsageError(
                f"{text!r}: {text[3:]!r} is not an id: the id of a {kind.noun} is {form}. "
                f"If the {kind.noun} is called {text!r}, write {'name:' + text!r}."
            )
        return Word(text[3:], _id_of(text[3:], id_type), None)
    return Word(text, _id_of(text, id_type) if ids.is_id(text, id_type) else None, text)


def _id_of(text: str, id_type: type) -> int | str:
    """Return the id in the form of responses: Keystone prints UUIDs without hyphens."""
    if id_type is int:
        return int(text)
    digits = text.replace("-", "")
    return "-".join(digits[i:j] for i, j in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
