# SPDX-License-Identifier: Apache-2.0
"""The functions of 2017 for command-line programs, and the formatters built on them."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import typing as t
from unittest import mock

from cratonclient import crud
from cratonclient.common import cliutils
from cratonclient.formatters import base as formatters_base
from cratonclient.formatters import json_formatter, table
from cratonclient.tests import base


def printed(function: t.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> str:
    """Return what a function prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        function(*args, **kwargs)
    return out.getvalue()


def cells(text: str) -> list[list[str]]:
    """Return the cells of a table, with the titles first."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def resources(*infos: dict[str, t.Any]) -> t.Iterator[crud.Resource]:
    return (crud.Resource(None, info, loaded=True) for info in infos)


class TestArguments(base.TestCase):
    def test_arg_collects_the_arguments_in_order(self):
        @cliutils.arg("id", help="the id")
        @cliutils.arg("-n", "--name", metavar="<name>")
        def do_host_update(client: t.Any, args: t.Any) -> str:
            return "done"

        self.assertEqual(
            [(("id",), {"help": "the id"}), (("-n", "--name"), {"metavar": "<name>"})],
            do_host_update.arguments,  # type: ignore[attr-defined]
        )
        self.assertEqual("done", do_host_update(None, None))

    def test_validate_args(self):
        class Shell:
            def run(self, name: str, region: str, note: str = "") -> None:
                """Take two arguments, besides self."""

        cliutils.validate_args(Shell().run, "web1", region="east")
        error = self.assertRaises(
            cliutils.MissingArgs, cliutils.validate_args, Shell().run, "web1"
        )
        self.assertEqual(["region"], error.missing)
        self.assertIn("region", str(error))

    def test_env_takes_the_first_that_is_set(self):
        with mock.patch.dict(os.environ, {"ONE": "", "TWO": "2", "THREE": "3"}, clear=True):
            self.assertEqual("2", cliutils.env("ZERO", "ONE", "TWO", "THREE"))
            self.assertEqual("x", cliutils.env("ONE", default="x"))
            self.assertEqual("", cliutils.env("ZERO"))

    def test_marks_of_functions(self):
        def function() -> None:
            pass

        self.assertFalse(cliutils.isunauthenticated(function))
        self.assertIsNone(cliutils.get_service_type(function))
        self.assertIs(function, cliutils.unauthenticated(function))
        self.assertIs(function, cliutils.service_type("fleet_management")(function))
        self.assertTrue(cliutils.isunauthenticated(function))
        self.assertEqual("fleet_management", cliutils.get_service_type(function))

    def test_texts(self):
        self.assertEqual(["Id", "Parent Id"], cliutils.field_labels_from(["id", "parent_id"]))
        self.assertEqual("'a', 'b'", cliutils.pretty_choice_list("ab"))
        for text, value in (
            ("null", None),
            ("Yes", True),
            ("off", False),
            ("12", 12),
            ("-1.5", -1.5),
            ('"12"', "12"),
            ("web", "web"),
            ('"', '"'),
            ("", ""),
        ):
            self.assertEqual(repr(value), repr(cliutils.convert_arg_value(text)), text)

    def test_exit(self):
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            error = self.assertRaises(SystemExit, cliutils.exit, "no such host")
        self.assertEqual((1, "no such host\n"), (error.code, err.getvalue()))

    def test_passwords_are_asked_for_until_they_agree(self):
        terminal = mock.Mock(**{"isatty.return_value": True})
        answers = ["a", "b", "", "", "s3cret", "s3cret"]
        with mock.patch.object(sys, "stdin", terminal):
            with mock.patch("getpass.getpass", side_effect=answers):
                self.assertEqual("s3cret", cliutils.get_password())
            with mock.patch("getpass.getpass", side_effect=answers):
                self.assertIsNone(cliutils.get_password(max_password_prompts=2))
            with mock.patch("getpass.getpass", side_effect=EOFError):
                self.assertIsNone(cliutils.get_password())
        with mock.patch.object(sys, "stdin", io.StringIO("x\nx\n")):
            self.assertIsNone(cliutils.get_password())


class TestTables(base.TestCase):
    def test_a_list(self):
        hosts = [
            argparse.Namespace(id=10, name="web", parent_id=None),
            argparse.Namespace(id=9, name="db", parent_id=10),
        ]
        text = printed(cliutils.print_list, hosts, ["ID", "Name", "Parent Id"])

        self.assertEqual(
            [["ID", "Name", "Parent Id"], ["9", "db", "10"], ["10", "web", "None"]], cells(text)
        )

    def test_order_labels_formatters_and_capitals(self):
        hosts = [argparse.Namespace(id=2, IP="b"), argparse.Namespace(id=1)]
        text = printed(
            cliutils.print_list,
            hosts,
            ["id", "IP"],
            {"id": lambda host: f"#{host.id}"},
            None,
            ["IP"],
            ["Number", "Address"],
        )
        self.assertEqual([["Number", "Address"], ["#2", "b"], ["#1", ""]], cells(text))
        self.assertRaises(ValueError, cliutils.print_list, [], ["id"], field_labels=["a", "b"])

    def test_values_that_cannot_be_compared_are_sorted(self):
        hosts = [argparse.Namespace(rack=rack) for rack in (None, "r1", 3, {"a": 1}, 2)]
        text = printed(cliutils.print_list, hosts, ["rack"])
        self.assertEqual(
            ["2", "3", "r1", '{"a": 1}', "None"], [row[0] for row in cells(text)[1:]]
        )

    def test_a_dictionary(self):
        text = printed(cliutils.print_dict, {"b": [1, None], "a": "x y"}, "Variable", 2)
        self.assertEqual(["Variable", "Value"], cells(text)[0])
        self.assertIn(["a", "x"], cells(text))
        self.assertIn(["", "y"], cells(text))

    def test_control_characters_do_not_reach_the_terminal(self):
        evil = argparse.Namespace(name="a\x1b[2J")
        self.assertNotIn("\x1b", printed(cliutils.print_list, [evil], ["name"]))
        self.assertNotIn("\x1b", printed(cliutils.print_dict, {"a\x1b": ["\x1b"], "b": "\x1b"}))


class TestFormatters(base.TestCase):
    ARGS = argparse.Namespace()

    def test_handle_chooses_by_what_it_gets(self):
        class Recorder(formatters_base.Formatter):
            """A formatter that records what it gets."""

            def after_init(self) -> None:
                self.seen: list[str] = []

            def handle_instance(self, instance: t.Any) -> None:
                self.seen.append(instance.to_dict()["name"])

            def handle_generator(self, generator: t.Iterator[t.Any]) -> None:
                self.seen += [f"+{item.to_dict()['name']}" for item in generator]

        recorder = Recorder(self.ARGS)
        self.assertIs(self.ARGS, recorder.args)
        self.assertIs(recorder, recorder.configure(1, wrap=72))
        recorder.handle(next(resources({"name": "a"})))
        recorder.handle(resources({"name": "b"}, {"name": "c"}))
        self.assertEqual(["a", "+b", "+c"], recorder.seen)
        error = self.assertRaises(ValueError, recorder.handle, "web")
        self.assertIn("'web'", str(error))

    def test_the_base_prints_nothing(self):
        unfinished = formatters_base.Formatter(self.ARGS)
        self.assertRaises(NotImplementedError, unfinished.handle, resources())
        one = next(resources({"id": 1}))
        self.assertRaises(NotImplementedError, unfinished.handle, one)

    def test_json(self):
        formatter = json_formatter.Formatter(self.ARGS)
        one, *_ = resources({"id": 1, "name": "web"})
        self.assertEqual({"id": 1, "name": "web"}, json.loads(printed(formatter.handle, one)))
        listed = printed(formatter.handle, resources({"id": 1}, {"id": 2}))
        self.assertEqual([{"id": 1}, {"id": 2}], json.loads(listed))

    def test_table(self):
        formatter = table.Formatter(self.ARGS)
        self.assertIs(formatter, formatter.configure(dict_property="Variable", wrap=72))
        formatter.configure(fields=["parent_id", "id"], sortby_index=1)
        formatter.configure()
        self.assertEqual((1, 72), (formatter.sortby_index, formatter.wrap))
        text = printed(formatter.handle, resources({"id": 2}, {"id": 1, "parent_id": 7}))
        self.assertEqual([["Parent Id", "Id"], ["7", "1"], ["", "2"]], cells(text))
        one, *_ = resources({"id": 1})
        text = printed(formatter.handle, one)
        self.assertEqual([["Variable", "Value"], ["id", "1"]], cells(text))
