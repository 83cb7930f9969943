# SPDX-License-Identifier: Apache-2.0
"""Comparisons: their texts, and lists of servers without them."""

from __future__ import annotations

import random
import typing as t

from cratonclient import comparisons, exceptions, paths, secrets
from cratonclient.comparisons import ABSENT, EXISTS, OPERATORS, Comparison
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

#: Names that need quotes, and names that do not.
NAMES = (
    "os",
    "a b",
    "a-b",
    "a:b",
    "a:",
    "a.b",
    "a<b",
    "a=b",
    "!a",
    "~",
    "*",
    " a",
    "a ",
    "'",
    '"',
)
VALUES: tuple[t.Any, ...] = (
    *(None, True, 0, -5, 5.1, 2**70, "", "web", "5.10", "16", "true", "=x", "~x", " x ", "@x"),
    *('"x"', "é", "a\nb", [1, "a"], {"x": [None]}, "[x]", "{"),
)


class TestText(base.TestCase):
    def test_each_comparison_has_a_text(self):
        draw = random.Random(3)
        for number in range(3000):
            steps: list[paths.Step] = [draw.choice(NAMES)]
            for _ in range(draw.randrange(3)):
                steps.append(draw.choice([*NAMES, 0, 7, *paths.Every]))
            operator = draw.choice([*OPERATORS, EXISTS, ABSENT])
            value = None if operator in (EXISTS, ABSENT) else draw.choice(VALUES)
            if operator == "~":
                value = str(value)
            given = Comparison(("vars", *steps), operator, value)
            text = comparisons.write(given)
            self.assertEqual(given, comparisons.parse(text), f"{number}: {text}")
            self.assertEqual(given, comparisons.parse(f" {text}"))

    def test_blanks_do_not_matter(self):
        for text in ("vars.os.kernel<5.10", " vars.os.kernel < 5.10 ", "vars.os.kernel  <5.10"):
            self.assertEqual(
                Comparison(("vars", "os", "kernel"), "<", "5.10", "5.10"),
                comparisons.parse(text),
            )

    def test_values(self):
        for text, meanings in {
            "vars.a<16": (16, "16"),
            'vars.a<"16"': ("16",),
            "vars.a:<16": (16,),
            "vars.a<5.10": ("5.10", 5.1),
            "vars.a<1e3": ("1e3", 1000.0),
            "vars.a<007": ("007",),
            "vars.a=true": (True,),
            "vars.a=[1]": ([1],),
            "vars.a=": ("",),
            "vars.a~[ab]": ("[ab]",),
            "vars.a~5": ("5",),
            "vars.a~": ("",),
            "vars.a=a<b": ("a<b",),
        }.items():
            self.assertEqual(meanings, comparisons.parse(text).meanings, text)

    def test_an_invalid_one_is_named(self):
        for text in (
            "",
            "=x",
            "a=>1",
            "a<>1",
            "a==1",
            "vars",
            "vars[0]",
            "!a=1",
            "a:<x",
            "a.b=1",
        ):
            error = self.assertRaises(paths.PathError, comparisons.parse, text)
            self.assertIn(repr(text), str(error))
        error = self.assertRaises(paths.PathError, comparisons.parse, "vars.password=~hunter2")
        self.assertNotIn("hunter2", str(error))

    def test_a_secret_in_a_url_is_masked(self):
        url = "https://craton.example/v1/hosts?where=vars.password%3Dhunter2&where=vars.rack~r1"
        shown = secrets.mask(url)
        self.assertNotIn("hunter2", shown)
        self.assertIn("vars.rack~r1", shown)


class TestGiven(base.TestCase):
    """Comparisons as programs write them."""

    def test_texts_and_tuples(self):
        one = Comparison(("name",), "!=", "web-1")
        for given in ("name!=web-1", ["name!=web-1"], [one], one, [("name", "!=", "web-1")]):
            self.assertEqual([one], comparisons.all_of(given))
        (found,) = comparisons.all_of([("vars.load", "<", "5.10")])
        self.assertEqual(("5.10",), found.meanings)

    def test_what_is_none(self):
        for given in (
            *(5, None, b"name=x", {"name": "x"}, ["name=>x"], [5], [("name", "!=")]),
            *([("name", "==", "x")], [("name=", "=", "x")], [("name", "~", 5)]),
            *([("vars.a", "=", object())], [("vars.a", "=", float("nan"))]),
        ):
            self.assertRaises(exceptions.BadRequest, comparisons.all_of, given)


class TestLists(base.TestCase):
    """Lists ask for the feature, and only lists with comparisons."""

    def craton(self, *features: str) -> tuple[client.Client, fakes.FakeSession]:
        version = {"id": "v1.0", "features": [*features]}
        answers: list[t.Any] = [fakes.answer({"versions": [version]})]
        answers += [fakes.answer({"hosts": [], "links": []}) for _ in range(3)]
        session, below = fakes.session_on(*answers)
        return client.Client(session, fakes.URL), below

    def test_they_are_sent(self):
        craton, below = self.craton("comparisons")
        where: list[t.Any] = ["name~^web", ("vars.load", "<", 5.1)]
        self.assertEqual([], [*craton.hosts.list(where=where, region_id=1)])
        self.assertEqual(0, craton.hosts.count(where="!vars.rack"))
        self.assertIsNone(craton.hosts.find(where="name=x"))
        sent = [call["params"]["where"] for call in below.calls[1:]]
        self.assertEqual([["name~^web", "vars.load:<5.1"], ["!vars.rack"], ["name=x"]], sent)

    def test_an_original_server_compares_variables_for_equality_only(self):
        craton, below = self.craton()
        found = craton.hosts.list(
            where=['vars.os."a b"=5.10', "vars.up=true"], vars={"rack": 1}
        )
        self.assertEqual([], [*found])
        self.assertEqual('rack:1,os."a b":"5.10",up:true', below.calls[1]["params"]["vars"])
        self.assertNotIn("where", below.calls[1]["params"])
        for where in ("name=web-1", "vars.a<5", "vars.a", "!vars.a"):
            error = self.assertRaises(
                exceptions.FeatureMissing, lambda where=where: [*craton.hosts.list(where=where)]
            )
            self.assertIn("comparisons in filters", str(error))
        self.assertEqual(2, len(below.calls))

    def test_other_lists_ask_for_nothing(self):
        session, below = fakes.session_on(fakes.answer({"hosts": [], "links": []}))
        self.assertEqual([], [*client.Client(session, fakes.URL).hosts.list(where=None)])
        self.assertEqual(1, len(below.calls))

    def test_a_field_that_does_not_exist(self):
        craton, below = self.craton("comparisons")
        for where, hint in (("nam=x", "Did you mean name?"), ("rack=r1", "begin with vars.")):
            error = self.assertRaises(
                exceptions.BadRequest, lambda where=where: [*craton.hosts.list(where=where)]
            )
            self.assertIn(hint, str(error))
        self.assertRaises(
            exceptions.BadRequest, lambda: [*craton.users.list(where="api_key~x")]
        )
        self.assertEqual([], below.calls)
