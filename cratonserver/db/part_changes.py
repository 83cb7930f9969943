# SPDX-License-Identifier: Apache-2.0
"""Change the parts of a row that have tables of their own: variables and labels."""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa

from cratonclient.fields import Field
from cratonserver.db import clock, consistency, labels, variables
from cratonserver.db.aliases import Row
from cratonserver.db.rows import Rows

#: Stands for a value that a mapping does not have.
_ABSENT = object()


class PartChanges(Rows):
    """The rows of one kind, and changes of their parts. A change moves ``updated_at``."""

    def put_mapping(self, item_id: int | str, values: Row, part: str = "variables") -> Row:
        """Set values of a mapping part, and keep the other values.

        :returns: all own values of the row, without inherited ones.
        :raises cratonserver.errors.Refused: with status 404.
        """
        self.lock(item_id)
        where = self.connection, self.tables, self.kind
        before = variables.own(*where, [item_id], part).get(item_id, {})
        new = {n: v for n, v in values.items() if not _same_json(before.get(n, _ABSENT), v)}
        if new:
            variables.put(*where, item_id, new, part)
            self._touch(item_id)
        return {**before, **new}

    def remove_from_mapping(
        self, item_id: int | str, names: t.Iterable[str], part: str = "variables"
    ) -> None:
        """Delete values of a mapping part by name.

        :raises cratonserver.errors.Refused: with status 404.
        """
        self.lock(item_id)
        where = self.connection, self.tables, self.kind
        if variables.remove(*where, item_id, names, part):
            self._touch(item_id)

    def add_labels(
        self, item_id: int | str, given: t.Iterable[str], part: str = "labels"
    ) -> list[str]:
        """Add labels to a row.

        :returns: all labels of the row.
        :raises cratonserver.errors.Refused: with status 404.
        """
        self.lock(item_id)
        before = self.labels(item_id, part)
        new = _missing(self.kind.parts[part], given, before)
        if new:
            labels.add(self.connection, self.tables, self.kind, item_id, new, part)
            self._touch(item_id)
        return sorted([*before, *new])

    def remove_labels(
        self, item_id: int | str, given: t.Iterable[str], part: str = "labels"
    ) -> None:
        """Remove labels from a row.

        :raises cratonserver.errors.Refused: with status 404.
        """
        self.lock(item_id)
        going = {
            same for one in given for same in consistency.spellings(self.kind.parts[part], one)
        }
        if labels.remove(self.connection, self.tables, self.kind, item_id, going, part):
            self._touch(item_id)

    def create_parts(self, item_id: int | str, given: t.Mapping[str, t.Any]) -> None:
        """Store the parts of a new row.

        :param given: values of the request, with or without the parts.
        """
        where = self.connection, self.tables, self.kind, item_id
        for name, part in self.kind.parts.items():
            if name in given:
                if part.type is dict:
                    variables.put(*where, given[name], name)
                else:
                    labels.add(*where, _missing(part, given[name], []), name)
        if "variables" in given and "variables" not in self.kind.parts:
            variables.put(*where, given["variables"])

    def _touch(self, item_id: int | str) -> None:
        """Set the time of the last change of a row, because one of its parts changed."""
        update = sa.update(self.table).where(self.table.c.id == item_id)
        self.connection.execute(update.values(updated_at=clock.now()))


def _missing(
    field: Field[t.Any], given: t.Iterable[str], present: t.Iterable[str]
) -> list[str]:
    """Return the elements of a list that another list does not have, each once."""
    known, missing = {*present}, []
    for one in given:
        same = {*consistency.spellings(field, one)}
        if not same & known:
            missing.append(one)
            known |= same
    return missing


def _same_json(before: t.Any, after: t.Any) -> bool:
    """Return True if two JSON values are the same. In Python, ``1 == 1.0 == True``."""
    return before is not _ABSENT and _canonical_json(before) == _canonical_json(after)


def _canonical_json(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True)
