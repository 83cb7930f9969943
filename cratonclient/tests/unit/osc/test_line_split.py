# SPDX-License-Identifier: Apache-2.0
"""Unfinished lines of a session, as completion sees them."""

from __future__ import annotations

import time

from cratonclient.tests import base
from cratonclient_osc.program import line_split


class TestHelp(base.TestCase):
    def test_an_unquoted_question_mark_asks_for_help(self):
        for line, topic in (
            ("?", []),
            ("craton ?", []),
            ("? host", ["host"]),
            ("?host  # the commands", ["host"]),
            ("craton ? host list", ["host", "list"]),
            ("host list ?", ["host", "list"]),
            ("openstack craton host list ? | head -3", ["host", "list"]),
            ("host list ? > 'a file'", ["host", "list"]),
            ("host list > file ?", ["host", "list"]),
        ):
            self.assertEqual(["help", *topic], line_split.parse(line).words, line)

    def test_a_question_mark_may_be_a_value(self):
        for line in (
            "cloud create '?'",
            'cloud set prod --note "?"',
            r"cloud set prod --note \?",
            "cloud set prod --note why?",
            "cloud set prod --note 'why ?'",
            "cloud variable set prod a=? b=?",
            "cloud set prod --note ? --name x",
            "cloud list > '?'",
        ):
            self.assertEqual("cloud", line_split.parse(line).words[0], line)


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
