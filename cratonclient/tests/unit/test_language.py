# SPDX-License-Identifier: Apache-2.0
"""Prose is plain English, as far as a program can tell.

A docstring, a help text or a heading that opens with a relative clause has to be read
twice. Ruff checks with D401 that docstrings of functions are in the imperative mood.
"""

from __future__ import annotations

import argparse
import ast
import doctest
import itertools
import pathlib
import re
import typing as t

from cratonclient import v1
from cratonclient.tests import base, structure
from cratonclient.tests.docs import pages
from cratonclient_osc.program import shell
from cratonserver.config import settings
from cratonserver.program import parser

#: Openings that are refused, in any case.
REFUSED = re.compile(r"\W*(?:what|whether|who|whoever|whose|that|those|give)\b", re.IGNORECASE)
#: Underlines of headings in reStructuredText.
UNDERLINE = re.compile(r"([=~^*-])\1{2,}\s*")

ROOT = structure.ROOT


def docstrings() -> t.Iterator[tuple[str, str]]:
    """Yield the place and the text of every docstring, tests included."""
    for package in structure.PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(
                    node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
                ):
                    text = ast.get_docstring(node)
                    name = getattr(node, "name", "module")
                    if text:
                        yield f"{path.relative_to(ROOT)}: {name}", text


def helps_of(parser: argparse.ArgumentParser) -> t.Iterator[str]:
    """Yield the help texts of a parser and of its subcommands."""
    for text in (parser.description, parser.epilog):
        if text:
            yield text
    for action in parser._actions:
        if action.help and action.help != argparse.SUPPRESS:
            yield action.help
        if isinstance(action, argparse._SubParsersAction):
            for _name, command in action.choices.items():
                yield from helps_of(t.cast("argparse.ArgumentParser", command))


def helps() -> t.Iterator[tuple[str, str]]:
    """Yield the place and the text of every help text."""
    for kind in v1.kinds():
        parameters = kind.resource_class.parameters
        for name, field in {**kind.fields, **parameters}.items():
            yield f"{kind.key}.{name}", field.help
    for declared in settings.declarations():
        yield f"[{declared.group}] {declared.name}", declared.setting.help
        for choice, meaning in declared.setting.choices.items():
            yield f"[{declared.group}] {declared.name} = {choice}", meaning
    app: t.Any = shell.Shell()
    app.options, _ = app.parser.parse_known_args([])
    for text in helps_of(app.parser):
        yield "craton", text
    for name, entry in app.command_manager:
        made = entry.load()(app, None, cmd_name=name)
        for text in helps_of(made.get_parser(f"craton {name}")):
            yield f"craton {name}", text
    for text in helps_of(parser.build()):
        yield "craton-server", text


def headings() -> t.Iterator[tuple[str, str]]:
    """Yield the place and the text of every heading in the documentation."""
    pages = [
        *ROOT.glob("*.rst"),
        *(ROOT / "doc/source").rglob("*.rst"),
        *(ROOT / "specs").rglob("*.rst"),
    ]
    for path in pages:
        lines = path.read_text("utf-8").splitlines()
        for text, below in itertools.pairwise(lines):
            if text.strip() and UNDERLINE.fullmatch(below) and len(below) >= len(text):
                yield str(path.relative_to(ROOT)), text


def refused(texts: t.Iterable[tuple[str, str]]) -> list[str]:
    """Return the texts that open with a word that is refused."""
    return [
        f"{place}: {text.strip().splitlines()[0]}"
        for place, text in texts
        if REFUSED.match(text)
    ]


class TestOpenings(base.TestCase):
    def test_docstrings(self):
        found = [*docstrings()]
        self.assertGreater(len(found), 1000)
        self.assertEqual([], refused(found))

    def test_help_texts(self):
        found = [*helps()]
        self.assertGreater(len(found), 500)
        self.assertEqual([], refused(found))

    def test_headings(self):
        found = [*headings()]
        self.assertGreater(len(found), 100)
        self.assertEqual([], refused(found))

    def test_an_opening_would_be_found(self):
        for text in ("What answers.", "whether it is so", "Who asks", ":Those that stay"):
            self.assertEqual([f"here: {text}"], refused([("here", text)]))
        for text in ("Return what answers.", "Whatever", "Thatch", "Whole fleets"):
            self.assertEqual([], refused([("here", text)]))


def examples() -> t.Iterator[tuple[str, str]]:
    """Yield the place and the source of every example in docstrings and pages."""
    parser = doctest.DocTestParser()
    for place, text in docstrings():
        for example in parser.get_examples(text):
            yield place, example.source
    for page in pages.PAGES:
        for block in pages.blocks(page):
            yield f"{page.relative_to(ROOT)}, line {block.line}", block.text


def private(texts: t.Iterable[tuple[str, str]]) -> list[str]:
    """Return the private attributes in texts: a reader would take them for public ones."""
    return [
        f"{place}: {found[0]}"
        for place, text in texts
        for found in re.finditer(r"[\w)\]]\._[a-z]\w*", text)
    ]


class TestExamples(base.TestCase):
    def test_they_use_no_private_attributes(self):
        found = [*examples()]
        self.assertGreater(len(found), 300)
        self.assertEqual([], private(found))

    def test_a_private_attribute_would_be_found(self):
        for text in ("host._info", "craton.hosts.get(1)._load('id')", "hosts[0]._info"):
            self.assertEqual(1, len(private([("here", text)])), text)
        for text in ("vars(x).__name__", "_ = host.get()", "f(_x)", "a_b.c"):
            self.assertEqual([], private([("here", text)]), text)


class TestCitations(base.TestCase):
    def test_code_and_pages_cite_no_document_that_readers_lack(self):
        cited = re.compile(r"(?:wire|seed) document", re.IGNORECASE)
        here = pathlib.Path(__file__)
        files = [
            *(path for name in structure.PACKAGES for path in (ROOT / name).rglob("*.py")),
            *(ROOT / "doc/source").rglob("*.rst"),
            *(ROOT / "specs").rglob("*.rst"),
        ]
        found = [
            str(path.relative_to(ROOT))
            for path in files
            if path != here and cited.search(path.read_text("utf-8"))
        ]
        self.assertEqual([], found)
