# SPDX-License-Identifier: Apache-2.0
"""Read the examples of a page and run them.

``console`` blocks hold command lines after ``$`` and their output. ``pycon`` blocks hold
Python sessions. ``python`` blocks run without a check of their output. One shell and one
interpreter run all blocks of a page in order. ``...`` stands for any text in the output.
After a command line that ends with ``&``, the test waits for the output of the background
process.

Blocks with the class ``postgresql`` need a PostgreSQL server, and those with the class
``keystone`` a Keystone server. The tests run the ``keystone`` blocks of a page separately.

Blocks in other languages, such as ``ini``, are not examples. ``shell`` blocks hold
commands that a test cannot run, such as installations.
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
#: The first line of an example, and its options.
_BEGIN = re.compile(
    rf"^ *\.\. code-block:: (?:{'|'.join(_RUN)})\n((?: +:\w+:.*\n)*)", re.MULTILINE
)


ROOT = pathlib.Path(__file__).parents[3]
#: The pages that may contain examples.
PAGES = [ROOT / "README.rst", *sorted((ROOT / "doc/source").rglob("*.rst"))]


def name(page: pathlib.Path) -> str:
    """Return the name of a page for use in the name of a test."""
    return "_".join(page.relative_to(ROOT).with_suffix("").parts).replace("-", "_").lower()


def environment(folder: pathlib.Path) -> dict[str, str]:
    """Return the environment variables for the examples of a page.

    :param folder: home folder.
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
    """Replace the addresses in the text of a page with real ones."""
    for said, real in places.items():
        text = text.replace(said, real)
    return text


class Block(t.NamedTuple):
    """An example.

    :param language: ``console``, ``pycon`` or ``python``.
    :param needs: a requirement besides a Craton server, such as ``keystone``, or ``""``.
    :param text: text of the example, without indentation.
    :param line: number of the first line in the page.
    """

    language: str
    needs: str
    text: str
    line: int


class Failed(AssertionError):
    """The output of an example differs from the page."""


def blocks(page: pathlib.Path) -> list[Block]:
    """Return the examples of a page, including those inside other directives."""
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


def needs(page: pathlib.Path) -> set[str]:
    """Return what the examples of a page need, like ``Block.needs``: empty without examples.

    Each run of the tests asks this for each page, and parsing all pages takes seconds.
    """
    found = set()
    for options in _BEGIN.findall(page.read_text(encoding="utf-8")):
        found.update(_NEEDS.intersection(options.split()) or {""})
    return found


def _without_sphinx(text: str) -> str:
    """Replace Sphinx directives that may contain examples with docutils directives."""
    return re.sub(r"^(\s*)\.\. tab(?:s|-item|-set)::.*$", r"\1.. container::", text, flags=re.M)


class Shell:
    """A bash process that runs the command lines of a page in order.

    :param environment: environment variables.
    :param folder: working directory.
    """

    _END = "\x1eend of output\x1e"
    #: The timeout of a command, in seconds.
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
            start_new_session=True,  # so that close() also stops child processes
        )

    def run(self, command: str) -> str:
        """Run a command line and return its output, including standard error."""
        assert self._process.stdin
        # An empty standard input: otherwise the command would read the next commands.
        line = f"{{ {command}\n}} </dev/null\nprintf '%s\\n' '{self._END}'\n"
        self._process.stdin.write(line.encode())
        end = f"{self._END}\n"
        printed, _, rest = self._wait(lambda printed: end in printed).partition(end)
        return printed + rest

    def wait_for(self, wanted: str, printed: str) -> str:
        """Wait until a background process has printed the wanted text.

        :param printed: the output so far.
        """
        return printed + self._wait(lambda more: _matches(wanted, printed + more))

    def _wait(self, ready: t.Callable[[str], bool]) -> str:
        assert self._process.stdout
        end, printed = time.monotonic() + self.PATIENCE, ""
        while not ready(printed):
            left = max(0, end - time.monotonic())
            found, _, _ = select.select([self._process.stdout], [], [], left)
            more = os.read(self._process.stdout.fileno(), 65536) if found else b""
            if not more:
                raise Failed(f"after {self.PATIENCE} s, the output was:\n{printed}")
            printed += more.decode()
        return printed

    def close(self) -> None:
        """Stop the shell and its child processes."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate()


def run(
    page: pathlib.Path, found: list[Block], shell: Shell, rewrite: t.Callable[[str], str]
) -> int:
    """Run the examples of a page.

    :param found: examples to run.
    :param rewrite: function that replaces the addresses in a text with real ones.
    :returns: the number of examples.
    :raises Failed: the output of an example differs from the page.
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
    """Split a console block into command lines and their output."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        lines = part.splitlines()
        end = 1
        # A command continues after a backslash, and up to the end of a here-document.
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
        if not _matches(wanted, printed):
            raise Failed(f"{where}\n$ {command}\nshould print\n{wanted}\nbut prints\n{printed}")


def _matches(wanted: str, printed: str) -> bool:
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
