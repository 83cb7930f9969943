# SPDX-License-Identifier: Apache-2.0
"""The help of every command ends with an example, and the examples work."""

from __future__ import annotations

import argparse
import shlex
import typing as t

from cratonclient.tests.integration.osc import examples, programs


class TestExamples(examples.ExampleTestCase):
    """The help texts and their examples."""

    def test_every_command_has_one_that_works(self):
        for name in examples.classes():
            if name == "webhook test":  # needs a receiver
                continue
            said = programs.craton("help", *name.split()).out.splitlines()
            self.assertEqual("example:", said[-2], name)
            program, *words = shlex.split(said[-1])
            self.assertEqual(["craton", *name.split()], [program, *words[: len(name.split())]])
            made = name.endswith(" create")
            done = self.enter(*words) if not made else self.again(*words)
            self.assertEqual(0, done.status, f"{said[-1]}: {done.err}")

    def again(self, *words: str) -> programs.Result:
        """Create an object by another name, since the example was run already."""
        return self.enter(*words[:-1], f"{words[-1]}-2")

    def test_every_option_says_what_it_takes(self):
        for name, command in examples.classes().items():
            made: t.Any = command
            parser = made(self.application(), None).get_parser(f"craton {name}")
            for action in parser._actions:
                self.assertTrue(action.help, f"{name} {action.option_strings}")
                if action.nargs != 0 and not action.choices:
                    self.assertTrue(action.metavar, f"{name} {action.option_strings}")

    @staticmethod
    def application() -> t.Any:
        """Return a fake application for a command."""
        return argparse.Namespace(options=argparse.Namespace(), stdout=None, stderr=None)
