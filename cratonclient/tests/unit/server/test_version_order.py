# SPDX-License-Identifier: Apache-2.0
"""The order of versions."""

from __future__ import annotations

import itertools

from cratonclient.tests import base
from cratonserver import version_order

#: Groups of equal versions, in their order.
ORDER: tuple[tuple[str, ...], ...] = (
    ("1.2.0~rc1",),
    ("1.2.dev1", "1.2.0.dev1"),
    ("1.2.0-alpha", "1.2.0_ALPHA"),
    ("1.2a1", "1.2.0-alpha1", "1.2.0-alpha.1"),
    ("1.2.0-beta2", "1.2b2"),
    ("1.2.0-rc1", "1.2rc1", "1.2.0-c1", "v1.2.0-pre1"),
    ("1.2.0-rc2",),
    ("1.2", "1.2.0", "v1.2", "1.2.0.0", "01.2"),
    ("1.2b",),
    ("1.2-generic",),
    ("1.2k",),
    ("1.2-3", "1.2.0-3"),
    ("1.2-3ubuntu1",),
    ("1.2-10",),
    ("1.2.1",),
    ("1.10",),
    ("5.10.0-8-amd64",),
    ("5.10.0-10-amd64",),
    ("9GB",),
    ("10GB",),
    ("10.0.0.9",),
    ("10.0.0.10",),
    ("2026-01-31",),
    ("2026-01-31T10:00:00Z",),
    ("2026-02-01",),
)


class TestOrder(base.TestCase):
    def test_each_is_before_all_that_follow(self):
        for (place, group), (other, later) in itertools.combinations(enumerate(ORDER), 2):
            self.assertLess(place, other)
            for one, two in itertools.product(group, later):
                self.assertTrue(self.key(one) < self.key(two), f"{one} < {two}")

    def test_equal_ones(self):
        for group in ORDER:
            self.assertEqual(1, len({self.key(text) for text in group}), str(group))

    def test_what_does_not_look_like_a_version(self):
        for text in (
            "",
            "web-1",
            "v",
            ".5",
            "-5",
            "5.9 (old)",
            "5/9",
            "5,9",
            "\u0665.9",
            "r5",
            "5\n",
        ):
            self.assertIsNone(version_order.key(text), text)
        self.assertIsNone(version_order.key("1" * (version_order.MAX_LENGTH + 1)))

    @staticmethod
    def key(text: str) -> version_order.Key:
        found = version_order.key(text)
        assert found is not None, text
        return found
