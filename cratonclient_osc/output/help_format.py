# SPDX-License-Identifier: Apache-2.0
"""The layout of ``--help``, with colours on a terminal."""

from __future__ import annotations

import argparse
import re
import sys
import typing as t

_UNDERLINE, _ITALIC, _NORMAL = "\x1b[4m", "\x1b[3m", "\x1b[0m"


class HelpFormatter(argparse.HelpFormatter):
    """A formatter that adds colours after the layout, so that columns stay aligned.

    The formatters of cliff add them before, and count the escape sequences as text. From
    Python 3.14 on, argparse itself adds colours.

    :param parser: parser whose attribute ``color`` says if colours are wanted.
    :param kwargs: passed on to :class:`argparse.HelpFormatter`.
    """

    def __init__(self, parser: argparse.ArgumentParser, **kwargs: t.Any) -> None:
        super().__init__(**kwargs)
        self._parser = parser

    def format_help(self) -> str:
        """Return the help."""
        text = super().format_help()
        wanted = sys.version_info < (3, 14) and getattr(self._parser, "color", False)
        return _coloured(text) if wanted else text


def _coloured(text: str) -> str:
    """Underline the headings, and print placeholders and choices in italics."""
    text = re.sub(r"^(\S.*):$", rf"{_UNDERLINE}\1{_NORMAL}:", text, flags=re.MULTILINE)
    return re.sub(r"<[^<>\n]+>|\{[\w,.-]+\}", rf"{_ITALIC}\g<0>{_NORMAL}", text)
