# SPDX-License-Identifier: Apache-2.0
"""The interactive session, ``craton`` without words. cmd2 is slow to import."""

from __future__ import annotations

import typing as t

import cmd2
from cliff import interactive


class Repl(interactive.InteractiveApp):
    """cliff's session, with the completion that today's cmd2 expects."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        if self.prompt:
            self.prompt = "craton> "

    def completedefault(  # type: ignore[override]
        self, text: str, line: str, begidx: int, endidx: int
    ) -> cmd2.Completions:
        """Complete the next word of a command."""
        return self.basic_complete(text, line, begidx, endidx, self._next(line[:begidx]))

    def _next(self, before: str) -> list[str]:
        """Give the words that may follow what was typed so far."""
        names = [name for name, _ in self.command_manager if name.startswith(before)]
        return sorted({name[len(before) :].split()[0] for name in names if name != before})
