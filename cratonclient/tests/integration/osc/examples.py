# SPDX-License-Identifier: Apache-2.0
"""A fleet with the objects that the examples of the help speak of.

It is made by running the examples themselves.
"""

from __future__ import annotations

import itertools
import pathlib
import shutil
import tempfile
import typing as t

from cratonclient import v1
from cratonclient.tests.integration.osc import programs
from cratonclient_osc import commands
from cratonclient_osc.verbs import resource_command


def classes(*names: str) -> dict[str, type[resource_command.ResourceCommand]]:
    """Give the classes of commands of this project, by name; of all if none is named."""
    ours = tuple(f"{v1.kind(name).key.replace('_', ' ')} " for name in v1.COLLECTIONS)
    found = {}
    for name in names or commands.names():
        command = commands.find(name.split())
        if command and name.startswith(ours):
            found[name] = command
    return found


def example(name: str) -> list[str]:
    """Give the words of the example of a command, without the program."""
    command: t.Any = classes(name)[name]
    return [*name.split(), *command(None, None).example()]


class ExampleTestCase(programs.CommandTestCase):
    """Commands that each run on a copy of the fleet."""

    original: t.ClassVar[pathlib.Path]
    copies: t.ClassVar[t.Iterator[int]]

    @classmethod
    def setUpClass(cls) -> None:
        """Make the fleet with the examples."""
        super().setUpClass()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="craton-test-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.original = folder / "original.db"
        cls.copies = itertools.count()
        making = [
            n for verb in ("create", "variable set") for n in classes() if n.endswith(verb)
        ]
        for name in making:
            words = example(name)
            if (
                name.endswith("create")
                and "cell_id" in classes(name)[name].kind.resource_class.fields()
            ):
                words += ["--cell", "c1"]  # so that they can be looked for there
            done = programs.craton(*words, CRATON_URL=f"sqlite:///{cls.original}")
            if done.status:
                raise AssertionError(f"{words}: {done}")

    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on a new copy of the fleet; what only reads needs none."""
        reads = {"list", "show", "help"} & {*words}
        url = f"sqlite:///{self.original}" if reads else self.copy()
        return programs.craton(*words, CRATON_URL=url)

    def copy(self) -> str:
        """Copy the fleet, and give the URL of the copy."""
        copy = self.original.parent / str(next(self.copies))
        for path in self.original.parent.glob("original.db*"):
            shutil.copy(path, f"{copy}{path.name.removeprefix('original')}")
        return f"sqlite:///{copy}.db"
