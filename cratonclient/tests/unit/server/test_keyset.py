# SPDX-License-Identifier: Apache-2.0
"""Keyset pagination, on a separate table."""

from __future__ import annotations

import itertools
import typing as t

import sqlalchemy as sa

from cratonclient.tests import base
from cratonserver.api import page_links
from cratonserver.db import keyset
from cratonserver.db.markers import Marker


class TestOrder(base.TestCase):
    """Every sort order, with every mix of values and nulls."""

    def setUp(self):
        super().setUp()
        self.table = sa.Table(
            "rows",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer, nullable=True),
            sa.Column("b", sa.String, nullable=True),
            sa.Column("c", sa.Integer, nullable=False),
        )
        engine = sa.create_engine("sqlite://")
        self.addCleanup(engine.dispose)
        self.connection = engine.connect()
        self.addCleanup(self.connection.close)
        self.table.create(self.connection)
        values = itertools.product((None, 1, 2), (None, "x", ""), (1, 2))
        rows = [{"a": a, "b": b, "c": c} for a, b, c in values]
        self.connection.execute(sa.insert(self.table), rows)

    def _rows(self, order: keyset.Order, *where: t.Any, backwards: bool = False) -> list[t.Any]:
        query = sa.select(self.table).where(*where).order_by(*order.clauses(backwards))
        return list(self.connection.execute(query).mappings())

    def test_what_comes_after_a_row_is_the_rest_of_the_list(self):
        for names in ("id", "a id", "b id", "a b id", "c id", "c a id", "b c a id", "a c b id"):
            for descending in (False, True):
                keys = tuple(self.table.c[name] for name in names.split())
                order = keyset.Order(keys, descending)
                rows = self._rows(order)
                for number, row in enumerate(rows):
                    marker = {name: sa.literal(value) for name, value in row.items()}
                    self.assertEqual(rows[number + 1 :], self._rows(order, order.after(marker)))
                    before = order.after(marker, backwards=True)
                    found = self._rows(order, before, backwards=True)
                    self.assertEqual(rows[:number][::-1], found)

    def test_nothing_comes_after_a_row_that_does_not_exist(self):
        for names in ("id", "a id", "c b id"):
            for descending in (False, True):
                order = keyset.Order(tuple(self.table.c[n] for n in names.split()), descending)
                nothing = {n: sa.literal(None, self.table.c[n].type) for n in names.split()}
                self.assertEqual([], self._rows(order, order.after(nothing)))


class TestLinks(base.TestCase):
    """The links of a page."""

    def test_an_empty_page_has_no_next(self):
        found = page_links.links("http://x/v1/hosts", {"limit": 10}, None, None, None)
        self.assertEqual(["first", "prev", "self"], [link["rel"] for link in found])

    def test_each_has_its_marker(self):
        here, before, last = Marker("5"), Marker("2"), Marker("9", ("a", None))
        found = page_links.links("http://x/v1/hosts", {"limit": 10}, here, before, last)
        self.assertEqual(
            {
                "first": "http://x/v1/hosts?limit=10",
                "prev": "http://x/v1/hosts?limit=10&marker=2",
                "self": "http://x/v1/hosts?limit=10&marker=5",
                "next": "http://x/v1/hosts?limit=10&marker=9"
                "&marker_values=%5B%22a%22%2C+null%5D",
            },
            {link["rel"]: link["href"] for link in found},
        )

    def test_long_values_are_in_no_link(self):
        last = Marker("9", ("x" * 1000,))
        *_, found = page_links.links("http://x", {"limit": 10}, None, None, last)
        self.assertEqual("http://x?limit=10&marker=9", found["href"])

    def test_values_are_quoted(self):
        (link, *_) = page_links.links("http://x", {"name": "a&b=ü c"}, None, None, None)
        self.assertEqual("http://x?name=a%26b%3D%C3%BC+c", link["href"])
