# SPDX-License-Identifier: Apache-2.0
"""Read the examples of a page, and run them.

``console`` blocks are command lines after ``$``, with what they print; ``pycon``
blocks are Python sessions, and ``python`` blocks are run for what they do. All
blocks of a page are run in order, by one shell and one interpreter. ``...``
stands for any text in what is printed.

A block in any other language, such as ``ini``, is no example. ``shell`` blocks are
commands that a test cannot run, such as those that install something.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import pathlib
import re
import subprocess
import typing as t

from docutils import core, nodes

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_RUN = ("console", "pycon", "python")


class Block(t.NamedTuple):
    """An example.

    :param language: one of ``console``, ``pycon`` and ``python``.
    :param text: without indentation.
    :param line: number of its first line in the page.
    """

    language: str
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
        Block(language, node.astext(), node.line or 0)
        for node in tree.findall(nodes.literal_block)
        for language in node["classes"]
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

    def __init__(self, environment: t.Mapping[str, str], folder: pathlib.Path) -> None:
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> str:
        """Run a command line; give what it prints, on stderr too."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        # Its own stdin is empty: the commands that follow are not for it to read.
        stdin.write(f"{{ {command}\n}} </dev/null\nprintf '%s\\n' '{self._END}'\n")
        stdin.flush()
        printed = []
        for line in stdout:
            before, end, _ = line.partition(self._END)
            printed.append(before)
            if end:
                return "".join(printed)
        raise Failed(f"the shell ended: {command}\n{''.join(printed)}")

    def close(self) -> None:
        """End the shell and what it left running."""
        assert self._process.stdin
        self._process.stdin.write("\nkill $(jobs -p) 2>/dev/null; wait\n")
        self._process.communicate()


def run(page: pathlib.Path, shell: Shell, rewrite: t.Callable[[str], str]) -> int:
    """Run the examples of a page.

    :param rewrite: what a page says of the place of the server becomes what it is.
    :returns: how many examples were run.
    :raises Failed: with the first example that prints something else.
    """
    names: dict[str, t.Any] = {"__name__": "__main__"}
    found = blocks(page)
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
        printed = shell.run(command)
        if not doctest.OutputChecker().check_output(wanted, printed, OPTIONS):
            raise Failed(f"{where}\n$ {command}\nshould print\n{wanted}\nbut prints\n{printed}")


def _run_session(where: str, text: str, names: dict[str, t.Any]) -> None:
    session = doctest.DocTestParser().get_doctest(text, names, where, where, 0)
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    with contextlib.redirect_stdout(io.StringIO()):
        result = runner.run(session, out=said.write, clear_globs=False)
    names.update(session.globs)
    if result.failed:
        raise Failed(said.getvalue())
