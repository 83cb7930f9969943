# SPDX-License-Identifier: Apache-2.0
"""A fleet with the objects to which the examples in the help texts refer.

The examples themselves create it.
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
    """Return this project's command classes, by name; without names, all of them."""
    ours = tuple(f"{v1.kind(name).key.replace('_', ' ')} " for name in v1.COLLECTIONS)
    found = {}
    for name in names or commands.names():
        command = commands.find(name.split())
        if command and name.startswith(ours):
            found[name] = command
    return found


def example(name: str) -> list[str]:
    """Return the words of a command's example, without the program name."""
    command: t.Any = classes(name)[name]
    return [*name.split(), *command(None, None).example()]


class ExampleTestCase(programs.CommandTestCase):
    """Tests whose commands each run on a copy of the fleet."""

    original: t.ClassVar[pathlib.Path]
    copies: t.ClassVar[t.Iterator[int]]

    @classmethod
    def setUpClass(cls) -> None:
        """Create the fleet by running the examples."""
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
                words += ["--cell", "c1"]  # so that lists filtered by cell find objects
            done = programs.craton(*words, CRATON_URL=f"sqlite:///{cls.original}")
            if done.status:
                raise AssertionError(f"{words}: {done}")

    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on a new copy of the fleet, or on the original if it only reads."""
        reads = {"list", "show", "help"} & {*words}
        url = f"sqlite:///{self.original}" if reads else self.copy()
        return programs.craton(*words, CRATON_URL=url)

    def copy(self) -> str:
        """Copy the fleet and return the URL of the copy."""
        copy = self.original.parent / str(next(self.copies))
        for path in self.original.parent.glob("original.db*"):
            shutil.copy(path, f"{copy}{path.name.removeprefix('original')}")
        return f"sqlite:///{copy}.db"
