# SPDX-License-Identifier: Apache-2.0
"""The interactive session on a terminal: prompt, history and completion.

It uses prompt_toolkit, which is slow to import. Import this module only for a terminal.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import pathlib
import shlex
import subprocess
import types
import typing as t

import prompt_toolkit
from prompt_toolkit import application, completion, history, key_binding, output, shortcuts
from prompt_toolkit.key_binding.bindings import completion as completing

from cratonclient import secrets, v1
from cratonclient.process import private_files
from cratonclient_osc.completion import automaton, cursor
from cratonclient_osc.output import exit_status
from cratonclient_osc.program import client_manager, global_options, line_split, typed_lines
from cratonclient_osc.program.application import Application

if t.TYPE_CHECKING:
    from prompt_toolkit import document


#: The prompt of the session.
PROMPT = "craton> "
#: Maximum size of the history file, in bytes. Above it, the older half is dropped.
_MAX_HISTORY_SIZE = 1_000_000


def converse(execute: t.Callable[[str], int], app: Application) -> int:
    """Read commands from the terminal and run them until the user leaves.

    Ctrl-C cancels the current line or command only. Ctrl-D and ``exit`` end the session.
    After a failure, the lines that were pasted or typed ahead do not run.

    :param execute: function that runs a line; it raises EOFError to end the session.
    :param app: the application.
    :returns: the exit status 0.
    """
    reader: prompt_toolkit.PromptSession[str] = prompt_toolkit.PromptSession(
        PROMPT,
        history=_history(),
        output=output.create_output(always_prefer_tty=True),
        completer=Completer(app),
        complete_style=shortcuts.CompleteStyle.READLINE_LIKE,
        complete_in_thread=True,
        enable_history_search=True,
        key_bindings=_key_bindings(),
    )
    lines = typed_lines.TypedLines(reader)
    lines.say(f"{client_manager.describe(app.options)} Type ? for help, exit to leave.")
    while True:
        line = ""
        try:
            line = lines.read()
            failed = execute(line)
        except KeyboardInterrupt:
            failed = exit_status.INTERRUPTED
        except EOFError:
            return exit_status.DONE
        left = lines.discard() if failed else 0
        if left:
            why = f"{exit_status.ended(line, failed)} " if line else ""
            which = "1 more line was" if left == 1 else f"{left} more lines were"
            app.LOG.error("%s%s pasted or typed ahead, and did not run.", why, which)


def _key_bindings() -> key_binding.KeyBindings:
    """Return a binding of Tab that completes, and asks before it prints many words."""
    bindings = key_binding.KeyBindings()

    @bindings.add("tab")
    def complete(event: key_binding.KeyPressEvent) -> None:
        given: t.Any = types.SimpleNamespace(
            app=_Interruptible(event.app), current_buffer=event.current_buffer
        )
        completing.display_completions_like_readline(given)

    return bindings


class _Interruptible:
    """An application of prompt_toolkit in which Ctrl-C ends a background task.

    prompt_toolkit asks in a background task whether to display many words. There, an
    interrupt would end the event loop with a traceback.
    """

    def __init__(self, app: application.Application[str]) -> None:
        self._app = app

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._app, name)

    def create_background_task(self, coroutine: t.Coroutine[t.Any, t.Any, None]) -> t.Any:
        """Run a coroutine in the background."""

        async def until_interrupted() -> None:
            with contextlib.suppress(KeyboardInterrupt):
                await coroutine

        return self._app.create_background_task(until_interrupted())


class Completer(completion.Completer):
    """The completer of the word at the cursor. It quotes words where necessary.

    :param app: the application, whose commands and options it completes.
    """

    def __init__(self, app: Application) -> None:
        self._app = app

    @functools.cached_property
    def _automaton(self) -> automaton.Automaton:
        return automaton.Automaton(self._app, global_options.is_for_start)

    def get_completions(
        self, document: document.Document, complete_event: completion.CompleteEvent
    ) -> t.Iterator[completion.Completion]:
        """Generate the completions of the word at the cursor."""
        line = line_split.unfinished(document.text_before_cursor)
        if line is None:
            return
        words = line_split.command_words(line.words)
        takes, kept = cursor.expected(self._automaton, words, line.last)
        prefix = line.last.removeprefix(kept)
        try:
            values = cursor.candidates(takes, prefix, self._app)
        except (OSError, subprocess.SubprocessError):
            return
        for value in values:
            if value.startswith(prefix):
                text = shlex.quote(kept + value) + " "
                yield completion.Completion(text, -len(line.typed), display=value)


class History(history.FileHistory):
    """The history file. Only its owner can read it, and it stores no line with a secret.

    :param path: path of the file; it is created if it does not exist.
    :raises OSError: if the file cannot be created or written.
    """

    def __init__(self, path: pathlib.Path) -> None:
        private_files.make_folders(path.parent)
        with private_files.open_binary(path, os.O_RDWR) as file:
            os.fchmod(file.fileno(), private_files.FILE_MODE)
            content = file.read()
            if len(content) > _MAX_HISTORY_SIZE:
                # Each entry begins with a comment line. Cut there, not inside an entry.
                begin = content.find(b"\n# ", _MAX_HISTORY_SIZE // 2)
                file.seek(0)
                file.truncate()
                file.write(content[begin:])
        self._path = path
        super().__init__(str(path))

    def store_string(self, string: str) -> None:
        """Append an entry to the file, unless it may contain a secret."""
        if secrets.names_secret(string) or secrets.mask(string) != string:
            return
        lines = "".join(f"+{line}\n" for line in string.split("\n"))
        # The base class would create a deleted file again, readable by others.
        with private_files.open_binary(self._path, os.O_WRONLY | os.O_APPEND) as file:
            file.write(f"\n# {datetime.datetime.now()}\n{lines}".encode())


def _history() -> history.History:
    """Return the history file of the user; in memory if there is none to write."""
    v1.kinds()  # the kinds declare names of secrets, which History leaves out
    folder = private_files.user_folder("XDG_STATE_HOME", ".local/state")
    if folder:
        with contextlib.suppress(OSError):
            return History(folder / "craton" / "history")
    return history.InMemoryHistory()
