# SPDX-License-Identifier: Apache-2.0
"""The session on a terminal: prompt, history and completion, by prompt_toolkit.

It is imported only when there is a terminal, since it takes a while.
"""

from __future__ import annotations

import functools
import os
import pathlib
import shlex
import subprocess
import typing as t

import prompt_toolkit
from prompt_toolkit import completion, history, output, shortcuts

from cratonclient import secrets
from cratonclient_osc.completion import tree as craton_completion
from cratonclient_osc.output import exit_status
from cratonclient_osc.program import line_split
from cratonclient_osc.program.application import Application

if t.TYPE_CHECKING:
    from prompt_toolkit import document


_MOST_BYTES = 1_000_000


def converse(execute: t.Callable[[str], int], app: Application) -> int:
    """Ask for commands until the user wants no more.

    An interrupted line or command ends nothing else; the end of the input, or
    ``exit``, ends the session.
    """
    asking: prompt_toolkit.PromptSession[str] = prompt_toolkit.PromptSession(
        "craton> ",
        history=_history(),
        output=output.create_output(always_prefer_tty=True),
        completer=Completer(app),
        complete_style=shortcuts.CompleteStyle.READLINE_LIKE,
        complete_in_thread=True,
        enable_history_search=True,
    )
    while True:
        try:
            execute(asking.prompt())
        except KeyboardInterrupt:
            continue
        except EOFError:
            return exit_status.DONE


class Completer(completion.Completer):
    """Complete the word at the cursor, in quotes where it needs them.

    :param app: the application whose commands are typed.
    """

    def __init__(self, app: Application) -> None:
        self._app = app

    @functools.cached_property
    def _tree(self) -> craton_completion.Tree:
        return craton_completion.Tree(self._app)

    def get_completions(
        self, document: document.Document, complete_event: completion.CompleteEvent
    ) -> t.Iterator[completion.Completion]:
        """Generate what the word may be."""
        line = line_split.unfinished(document.text_before_cursor)
        if line is None:
            return
        takes, lead = self._tree.candidates(line.words, line.last)
        begin = line.last.removeprefix(lead)
        try:
            found = craton_completion.values(takes, begin, self._app)
        except (OSError, subprocess.SubprocessError):
            return
        for value in found:
            if value.startswith(begin):
                text = shlex.quote(lead + value) + " "
                yield completion.Completion(text, -len(line.typed), display=value)


class History(history.FileHistory):
    """A history that only its owner can read, without what looks like a secret.

    :param path: the file, which is made.
    :raises OSError: when there cannot be one.
    """

    def __init__(self, path: pathlib.Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            os.fchmod(file.fileno(), 0o600)
            kept = file.read()
            if len(kept) > _MOST_BYTES:
                # Entries begin with a comment; the newest half stays.
                begin = kept.find(b"\n# ", _MOST_BYTES // 2)
                file.seek(0)
                file.truncate()
                file.write(kept[begin:])
        super().__init__(str(path))

    def store_string(self, string: str) -> None:
        """Keep a line."""
        if not secrets.names_secret(string):
            super().store_string(string)


def _history() -> history.History:
    """Open the history in the state folder of the user, else one for this session."""
    folder = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(folder):  # as the XDG specification wants it
        folder = os.path.expanduser("~/.local/state")
    try:
        return History(pathlib.Path(folder, "craton", "history"))
    except OSError:
        return history.InMemoryHistory()
