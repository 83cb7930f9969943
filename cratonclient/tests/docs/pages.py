# SPDX-License-Identifier: Apache-2.0
"""Read the examples of a page, and run them.

``console`` blocks are command lines after ``$``, with what they print; ``pycon``
blocks are Python sessions, and ``python`` blocks are run for what they do. All
blocks of a page are run in order, by one shell and one interpreter. ``...``
stands for any text in what is printed. What follows a command line that ends with
``&`` is what it prints in the background, which is waited for.

Blocks with the class ``postgresql`` need a PostgreSQL, those with ``keystone`` a
Keystone. Keystone's are run apart from the others of their page.

A block in any other language, such as ``ini``, is no example. ``shell`` blocks are
commands that a test cannot run, such as those that install something.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import time
import typing as t

from docutils import core, nodes

from cratonclient.tests import postgresql

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_RUN = ("console", "pycon", "python")
_NEEDS = {"keystone", "postgresql"}


ROOT = pathlib.Path(__file__).parents[3]
#: The pages that may have examples.
PAGES = [ROOT / "README.rst", *sorted((ROOT / "doc/source").rglob("*.rst"))]


def name(page: pathlib.Path) -> str:
    """Give the name of a page as a part of the name of a test."""
    return "_".join(page.relative_to(ROOT).with_suffix("").parts).replace("-", "_").lower()


def environment(folder: pathlib.Path) -> dict[str, str]:
    """Give the variables that a page begins with.

    :param folder: its home.
    """
    path = [pathlib.Path(sys.executable).parent, os.environ["PATH"]]
    with contextlib.suppress(postgresql.NotInstalled):
        path.append(postgresql.find())
    return {
        "PATH": os.pathsep.join(map(str, path)),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
    }


def rewritten(text: str, places: t.Mapping[str, str]) -> str:
    """Replace what a page calls things by what they are called."""
    for said, is_called in places.items():
        text = text.replace(said, is_called)
    return text


class Block(t.NamedTuple):
    """An example.

    :param language: one of ``console``, ``pycon`` and ``python``.
    :param needs: what it needs beside a Craton server, such as ``keystone``.
    :param text: without indentation.
    :param line: number of its first line in the page.
    """

    language: str
    needs: str
    text: str
    line: int


class Failed(AssertionError):
    """An example does not do what the page says."""


def blocks(page: pathlib.Path) -> list[Block]:
    """Read the examples of a page, those inside other directives too."""
    settings = {"report_level": 5, "halt_level": 5, "file_insertion_enabled": False}
    text = _without_sphinx(page.read_text(encoding="utf-8"))
    tree = core.publish_doctree(text, source_path=str(page), settings_overrides=settings)
    return [
        Block(language, needs, node.astext(), node.line or 0)
        for node in tree.findall(nodes.literal_block)
        for language in node["classes"]
        for needs in [*_NEEDS.intersection(node["classes"]), ""][:1]
        if language in _RUN
    ]


def _without_sphinx(text: str) -> str:
    """Turn the directives of Sphinx that hold examples into ones of docutils."""
    return re.sub(r"^(\s*)\.\. tab(?:s|-item|-set)::.*$", r"\1.. container::", text, flags=re.M)


class Shell:
    """A bash that runs the command lines of a page, one after the other.

    :param environment: its variables.
    :param folder: where it begins.
    """

    _END = "\x1eend of output\x1e"
    #: Seconds that a command may take.
    PATIENCE = 50

    def __init__(self, environment: t.Mapping[str, str], folder: pathlib.Path) -> None:
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,  # all of which can be stopped at once
        )

    def run(self, command: str) -> str:
        """Run a command line; give what it prints, on stderr too."""
        assert self._process.stdin
        # Its own stdin is empty: the commands that follow are not for it to read.
        line = f"{{ {command}\n}} </dev/null\nprintf '%s\\n' '{self._END}'\n"
        self._process.stdin.write(line.encode())
        end = f"{self._END}\n"
        printed, _, rest = self._wait(lambda printed: end in printed).partition(end)
        return printed + rest

    def wait_for(self, wanted: str, printed: str) -> str:
        """Wait until something in the background has printed what is wanted.

        :param printed: what it has printed already.
        """
        return printed + self._wait(lambda more: _is(wanted, printed + more))

    def _wait(self, ready: t.Callable[[str], bool]) -> str:
        assert self._process.stdout
        end, printed = time.monotonic() + self.PATIENCE, ""
        while not ready(printed):
            left = max(0, end - time.monotonic())
            found, _, _ = select.select([self._process.stdout], [], [], left)
            more = os.read(self._process.stdout.fileno(), 65536) if found else b""
            if not more:
                raise Failed(f"in {self.PATIENCE} s, this was printed:\n{printed}")
            printed += more.decode()
        return printed

    def close(self) -> None:
        """End the shell and what it left running."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate()


def run(
    page: pathlib.Path, found: list[Block], shell: Shell, rewrite: t.Callable[[str], str]
) -> int:
    """Run examples of a page.

    :param found: the examples.
    :param rewrite: what a page says of the place of the server becomes what it is.
    :returns: how many examples were run.
    :raises Failed: with the first example that prints something else.
    """
    names: dict[str, t.Any] = {"__name__": "__main__"}
    for block in found:
        where = f"{page.name}, line {block.line}"
        text = rewrite(block.text)
        if block.language == "console":
            _run_console(where, text, shell)
        elif block.language == "pycon":
            _run_session(where, text, names)
        else:
            exec(compile(text, where, "exec"), names)  # noqa: S102
    return len(found)


def commands(text: str) -> t.Iterator[tuple[str, str]]:
    """Split a console block into command lines and what they print."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        lines = part.splitlines()
        end = 1
        # A line goes on after a backslash, and up to the end of a here-document.
        here = re.search(r"<<-?\s*'?(\w+)'?", lines[0])
        while end < len(lines) and (
            lines[end - 1].endswith("\\") or (here and here[1] not in lines[1:end])
        ):
            end += 1
        yield "\n".join(lines[:end]), "\n".join(lines[end:]) + "\n"


def _run_console(where: str, text: str, shell: Shell) -> None:
    for command, wanted in commands(text):
        try:
            printed = shell.run(command)
            if command.endswith("&"):
                printed = shell.wait_for(wanted, printed)
        except Failed as exc:
            raise Failed(f"{where}\n$ {command}\n{exc}") from None
        if not _is(wanted, printed):
            raise Failed(f"{where}\n$ {command}\nshould print\n{wanted}\nbut prints\n{printed}")


def _is(wanted: str, printed: str) -> bool:
    return doctest.OutputChecker().check_output(wanted, printed, OPTIONS)


def _run_session(where: str, text: str, names: dict[str, t.Any]) -> None:
    session = doctest.DocTestParser().get_doctest(text, names, where, where, 0)
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    with contextlib.redirect_stdout(io.StringIO()):
        result = runner.run(session, out=said.write, clear_globs=False)
    names.update(session.globs)
    if result.failed:
        raise Failed(said.getvalue())
