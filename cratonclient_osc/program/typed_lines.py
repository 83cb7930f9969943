# SPDX-License-Identifier: Apache-2.0
"""The lines that the user types or pastes at the prompt of a session.

A terminal marks pasted text (bracketed paste) if it can. Without the marks, pasted lines
look like lines that are typed while a command runs: type-ahead.
"""

from __future__ import annotations

import collections
import select
import typing as t

import prompt_toolkit
from prompt_toolkit import enums, filters, key_binding, shortcuts
from prompt_toolkit.input import typeahead
from prompt_toolkit.key_binding import KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys

from cratonclient.printable import printable
from cratonclient_osc.program import line_split

#: The keys that end a line. A terminal in its usual mode, as while a command runs, sends
#: Ctrl-J for Enter.
_ENTER = (Keys.ControlM, Keys.ControlJ)
#: The keys that end the session: Ctrl-D, and what Linux makes of it while a command runs.
_END = (Keys.ControlD, Keys.ControlAt)
#: Seconds in which more of a paste arrives.
_ARRIVES_WITHIN = 0.05


class TypedLines:
    """The lines that the user enters, one after the other.

    :param reader: the prompt to read them with.
    """

    def __init__(self, reader: prompt_toolkit.PromptSession[str]) -> None:
        self._reader = reader
        given = reader.key_bindings or key_binding.KeyBindings()
        reader.key_bindings = key_binding.merge_key_bindings([given, self._bindings()])
        self._pasted: collections.deque[str] = collections.deque()
        self._unfinished = ""

    def say(self, text: str) -> None:
        """Write text to the terminal, also if standard output is something else."""
        for line in text.split("\n"):
            shortcuts.print_formatted_text(printable(line), output=self._reader.output)

    def read(self) -> str:
        """Return the next line: the next one of a paste, or else one from the prompt.

        :raises EOFError: if the user presses Ctrl-D.
        :raises KeyboardInterrupt: if the user presses Ctrl-C.
        """
        if not self._pasted:
            text, self._unfinished = self._unfinished, ""
            text = self._reader.prompt(default=text)
            while not line_split.is_complete(text) and self._typed_ahead():
                text += f"\n{self._reader.prompt()}"
            # The rest of a paste may wait already, and comes after this text.
            lines, rest = line_split.lines(text)
            self._pasted.extendleft(reversed([*lines, rest] if rest else lines))
            return self._pasted.popleft() if self._pasted else ""
        line = self._pasted.popleft()
        self.say(f"{self._reader.message}{line}")
        self._reader.history.append_string(line)
        return line

    def discard(self) -> int:
        """Discard the lines that wait: the rest of a paste, and what was typed ahead.

        :returns: the number of lines. Empty lines do not count.
        """
        keys = self._take_typed_ahead()
        typeahead.store_typeahead(self._reader.input, [k for k in keys[-1:] if k.key in _END])
        waiting = [*self._pasted, self._unfinished + _text(keys)]
        self._pasted.clear()
        self._unfinished = ""
        found, rest = line_split.lines("\n".join(waiting))
        return len(found) + len([line for line in rest.splitlines() if line.strip()])

    def _typed_ahead(self) -> bool:
        """Return True if a further line was typed ahead."""
        keys = self._take_typed_ahead()
        typeahead.store_typeahead(self._reader.input, keys)
        return "\n" in _text(keys)

    def _take_typed_ahead(self) -> list[KeyPress]:
        """Return the keys that were pressed and not read yet."""
        source = self._reader.input
        keys = typeahead.get_typeahead(source)
        with source.raw_mode():
            while _arrives(source.fileno()):
                more = source.read_keys()
                if not more:
                    break
                keys += more
            return keys + source.flush_keys()

    def _bindings(self) -> key_binding.KeyBindings:
        """Return the key bindings: a paste enters its complete lines."""
        bindings = key_binding.KeyBindings()

        @bindings.add(Keys.BracketedPaste, filter=filters.has_focus(enums.DEFAULT_BUFFER))
        def paste(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            buffer.insert_text(_with_newlines(event.data))
            lines, rest = line_split.lines(buffer.text)
            if lines:
                buffer.text = lines[0]
                self._pasted.extend(lines[1:])
                self._unfinished = rest
                buffer.validate_and_handle()

        @bindings.add(Keys.ControlAt, filter=filters.Condition(self._is_empty))
        def end(event: KeyPressEvent) -> None:
            event.app.exit(exception=EOFError)

        return bindings

    def _is_empty(self) -> bool:
        return not self._reader.default_buffer.text


def _arrives(descriptor: int) -> bool:
    """Return True if there is something to read, or if it arrives within a moment."""
    return bool(select.select([descriptor], [], [], _ARRIVES_WITHIN)[0])


def _text(keys: t.Iterable[KeyPress]) -> str:
    """Return the text that was typed or pasted with some keys; Enter is a newline."""
    return "".join(
        "\n" if press.key in _ENTER else _with_newlines(press.data)
        for press in keys
        if press.key in (*_ENTER, Keys.BracketedPaste) or press.data.isprintable()
    )


def _with_newlines(text: str) -> str:
    """Return a text in which every line ends with a newline only."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
