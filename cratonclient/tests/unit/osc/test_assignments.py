# SPDX-License-Identifier: Apache-2.0
"""``<path>=<value>``, for setting variables and for filtering by them."""

from __future__ import annotations

from cratonclient.tests import base
from cratonclient_osc.verbs import assignments


class TestAssignment(base.TestCase):
    """The first equals sign outside of quotes separates path and value."""

    def test_equals_signs(self):
        self.assertEqual((("a",), "b=c"), assignments.parse_assignment("a=b=c"))
        self.assertEqual((("a=b",), 1), assignments.parse_assignment('"a=b"=1'))
        self.assertEqual((("a",), ""), assignments.parse_assignment("a="))


class TestCondition(base.TestCase):
    """Filters are quoted as the API requires."""

    def test_conditions(self):
        for text, wanted in {
            "rack=r1": 'rack:"r1"',
            "cores=64": "cores:64",
            'cores="64"': 'cores:"64"',
            "up=true": "up:true",
            "a.b[0].c=x": 'a.b[0].c:"x"',
            "a.b-c=x": 'a."b-c":"x"',
            "a-b=x": 'a-b:"x"',
            "1a=x": '"1a":"x"',
            '"k.dot"=2': '"k.dot":2',
            "l[*].*.x=null": "l[*].*.x:null",
            'o={"a": [1, 2]}': 'o:{"a":[1,2]}',
            "x=a,b:c": 'x:"a,b:c"',
            "ünï=x": '"ünï":"x"',
        }.items():
            self.assertEqual(wanted, assignments.parse_condition(text))
