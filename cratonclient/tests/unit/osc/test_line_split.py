# SPDX-License-Identifier: Apache-2.0
"""Unfinished lines of a session, as completion sees them."""

from __future__ import annotations

import time

from cratonclient.tests import base
from cratonclient_osc.program import line_split


class TestUnfinished(base.TestCase):
    def test_the_last_word_is_the_one_at_the_cursor(self):
        for line, before, last in (
            ("", [], ""),
            ("hos", [], "hos"),
            ("host li", ["host"], "li"),
            ("host  list ", ["host", "list"], ""),
            ("host show 'a b' \"c d", ["host", "show", "a b"], "c d"),
            ("host show a\\ b", ["host", "show"], "a b"),
            ("host show a\\", ["host", "show"], "a"),
        ):
            found = line_split.unfinished(line)
            self.assertEqual((before, last), found and found[:2], line)

    def test_what_makes_no_sense_is_none(self):
        self.assertIsNone(line_split.unfinished("host list | "))

    def test_long_lines_take_no_time(self):
        began = time.process_time()
        line_split.unfinished(" " * 5000 + "a'b" * 2000)
        line_split.unfinished("a" * 20000)
        self.assertLess(time.process_time() - began, 5)
