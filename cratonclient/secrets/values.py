# SPDX-License-Identifier: Apache-2.0
"""Find the values in a text that have secret names: in JSON, headers, URLs, assignments."""

from __future__ import annotations

import re
import typing as t
from urllib import parse

from cratonclient.secrets import names
from cratonclient.secrets.names import MASK

#: A quoted name. It may have escapes, such as ``\\u00e4``, but none of a quote.
_NAME = r"""(?P<name>(?:[^"'\\\n]|\\++(?!["'])){1,255})"""
#: The name of a member of a JSON object, or of a dictionary as Python prints it, up to
#: its value. Inside other strings, backslashes are before the quotes. Prose is no value:
#: ``'/etc/tls.key': No such file``.
_MEMBER = re.compile(rf"""(?P<quote>\\*["']){_NAME}(?P=quote)\s*:\s*+(?![A-Za-z]++ [A-Za-z])""")
#: A pair, as Python prints lists of headers, and a line of YAML with a single word.
_PAIR = re.compile(rf"""\((?P<quote>["']){_NAME}(?P=quote), """)
_LINE = re.compile(
    r"""(?P<quote>)^[ \t-]*(?P<name>[\w.-]++): (?=\S+$|"[^"]*"$|'[^']*'$)""", re.MULTILINE
)
#: A value with a quote or without; a value without quotes may end in a call: ``f('x')``.
_QUOTED = re.compile(r"""[bBuU]?(["'])(?:\\.|(?!\1)[^\\])*\1?""", re.DOTALL)
_BARE = re.compile(r"""[^\s,\[\](){}"']*""")
#: A quote inside another string.
_ESCAPED_QUOTE = re.compile(r"""\\+["']""")
#: A bracket, or a string that may contain brackets.
_BRACKET = re.compile(r""""(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|([\[({])|[\])}]""", re.DOTALL)

#: A header. Its value ends before the next one: keystoneauth logs all in one line.
_HEADER = re.compile(
    r"(?P<quote>)(?<![\w-])"
    r"(?P<name>(?i:authorization|cookie)|[A-Za-z]++(?:-[A-Za-z]++)++) ?:(?: |(?=\S))"
)
_END_OF_HEADER = re.compile(r""" [\w-]+: |['"]|$""", re.MULTILINE)
#: A query parameter of a URL, or another assignment: ``token=5f4d``, ``password = 'a b'``,
#: ``password:="5f4d"``, ``"ipmi password"=5f4d``.
_ASSIGNMENT = re.compile(
    r"""(?P<quote>)(?<![\w.\]-])"""
    r"""(?P<name>(?:[\w.\[\]-]|"[^"=\n]{1,255}"|'[^'=\n]{1,255}')++)"""
    r"""[ \t]*+:?=(?![=~])>?[ \t]*+"""
)
_ASSIGNED = re.compile(
    rf"{re.escape(MASK)}(?=\.?(?:\s|\Z))|{_QUOTED.pattern}|[^&#\s'\"]*", re.DOTALL
)
#: The parameter ``vars`` of a URL, as it is or percent-encoded: ``vars=name:value,name:value``.
_CONDITIONS = re.compile(r"(?<!\w)vars=([^&#\s]+)")
#: The parameter ``where`` of a URL, which has one comparison.
_COMPARISON = re.compile(r"(?<!\w)where=([^&#\s]+)")
_COMMA = re.compile("(,|%2c)", re.IGNORECASE)
_COLON = re.compile(":|%3a", re.IGNORECASE)

#: A private key, as it is or in the query of a URL.
_WORDS = "(?:[A-Z +]|%20)*"
_PEM_LABEL = f"{_WORDS}PRIVATE(?: |[+]|%20)KEY{_WORDS}-----"
_PEM = re.compile(rf"-----BEGIN{_PEM_LABEL}.*?(?:-----END{_PEM_LABEL}|\Z)", re.DOTALL)


def mask_named(text: str) -> str:
    """Mask the values in a text that have secret names."""
    text = _mask_values(_PEM.sub(MASK, text), _MEMBER, _end_of_member)
    text = _mask_values(text, _PAIR, _end_of_member)
    text = _mask_values(text, _HEADER, _end_of_header)
    text = _mask_values(text, _LINE, _end_of_line)
    if "=" in text:
        text = _CONDITIONS.sub(_masked_conditions, text)
        text = _COMPARISON.sub(_masked_comparison, text)
        text = _mask_values(text, _ASSIGNMENT, _end_of_assigned)
    return text


def _masked_conditions(match: re.Match[str]) -> str:
    """Mask the conditions of a parameter, from the first one with a secret name.

    Commas may be part of a value, so nothing after that condition is shown.
    """
    parts = _COMMA.split(match[1])
    for index, part in enumerate(parts):
        if names.names_secret(parse.unquote_plus(part)):
            colon = _COLON.search(part)
            name = part[: colon.end()] if colon else ""
            return "".join(["vars=", *parts[:index], name, MASK])
    return match[0]


def _masked_comparison(match: re.Match[str]) -> str:
    """Mask a comparison with a secret name."""
    secret = names.names_secret(parse.unquote_plus(match[1]))
    return f"where={MASK}" if secret else match[0]


def _mask_values(text: str, named: re.Pattern[str], end_of: t.Callable[[str, int], int]) -> str:
    """Mask the values that follow secret names.

    :param named: expression that ends where the value starts, with the groups ``name`` and
        ``quote``.
    :param end_of: function that returns the end of the value that starts at a position.
    """
    parts, end = [], 0
    for found in named.finditer(text):
        if found.start() >= end and names.is_secret(found["name"]):
            start, quote = found.end(), found["quote"]
            parts += [text[end:start], quote, MASK, quote]
            end = end_of(text, start)
    return "".join([*parts, text[end:]])


def _end_of_member(text: str, start: int) -> int:
    """Return where the value of a member ends. A value that is cut off ends with the text."""
    if text.startswith("\\", start):
        return _end_of_escaped(text, start)
    quoted = _QUOTED.match(text, start)
    if quoted:
        return quoted.end()
    bare = _BARE.match(text, start)
    end = bare.end() if bare else start
    return _end_of_brackets(text, end) if text[end : end + 1] in ("[", "{", "(") else end


def _end_of_escaped(text: str, start: int) -> int:
    r"""Return where a value inside another string ends, such as ``\"5f4d\"``."""
    quote = _ESCAPED_QUOTE.match(text, start)
    if quote:
        for found in _ESCAPED_QUOTE.finditer(text, quote.end()):
            if found[0] == quote[0]:
                return found.end()
    return len(text)


def _end_of_brackets(text: str, start: int) -> int:
    """Return where the bracket at a position is closed."""
    depth = 0
    for token in _BRACKET.finditer(text, start):
        if token[0][0] not in "\"'":
            depth += 1 if token[1] else -1
            if depth == 0:
                return token.end()
    return len(text)


def _end_of_header(text: str, start: int) -> int:
    found = _END_OF_HEADER.search(text, start)
    return found.start() if found else len(text)


def _end_of_line(text: str, start: int) -> int:
    found = text.find("\n", start)
    return len(text) if found < 0 else found


def _end_of_assigned(text: str, start: int) -> int:
    if text[start : start + 1] in ("[", "{"):
        return _end_of_brackets(text, start)
    found = _ASSIGNED.match(text, start)
    return found.end() if found else start
