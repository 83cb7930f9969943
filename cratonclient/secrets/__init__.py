# SPDX-License-Identifier: Apache-2.0
"""Mask secrets in logs, messages and files.

Only this package decides which values are secret: for the logs of the library, the access
log of the server, the history of interactive sessions, printed configuration, exceptions
and debug output.

A value is secret if a word in its name says so, such as ``password``, ``token`` or ``key``,
or if a kind declares the field of this name secret. Other values are masked only if they
are registered with :func:`hide`, as the credentials that this process sends are, or if
their form says so: API keys of Craton, and private keys in PEM.
"""

from __future__ import annotations

import json
import re

from cratonclient.secrets import names
from cratonclient.secrets.names import MASK, declare, is_secret, names_secret

__all__ = [
    "MASK",
    "declare",
    "hide",
    "install",
    "is_secret",
    "mask",
    "mask_command_line",
    "mask_joined_words",
    "mask_url",
    "names_secret",
]

#: An option and its value, as two words of a command line.
_OPTION = re.compile(r"(?<!\S)(-{1,2}(?P<name>[A-Za-z][\w-]*)) (?!-)\S+?(?=\.?(?:\s|$))")

#: What follows a masked value, up to the next option.
_REST = re.compile(rf"(?<={re.escape(MASK)})(?:(?!\s--[a-z]).)+", re.DOTALL)

#: The user name and the password in a URL. A password may contain characters that end it in
#: a valid URL, ``http://ada:5f/4d@h``, but ``http://h:80/a@b`` has none.
_LOGIN = re.compile(
    r"(?<=://)(?:[^/?#\s]*@|[^/?#\s:@\[\]]*:(?!\d+(?:[/?#\s\"']|$))[^\s\"'<>]{0,255}@)"
)
#: The same in a text that is a URL. It may lack its scheme and contain blanks.
#: A path has none: ``sqlite:///a@b.db``.
_LOGIN_TO_LAST_AT = re.compile(
    r"(?:(?<=://)(?!/)"
    r"|\A(?P<start>https?:/+|(?:[a-z][\w+.-]*:)?//?(?!/)|(?=[^/?#@]*:(?!/)))).*@",
    re.IGNORECASE | re.DOTALL,
)
#: An API key of Craton.
_API_KEY = re.compile(r"craton_[0-9a-f]{40}(?:[0-9a-f]{8})?")

#: Credentials that this process sends. A server may quote them in its response.
_hidden: set[str] = set()
#: Minimum length of a hidden value. A shorter one may be part of an ordinary word.
_SHORTEST = 8


def hide(value: object) -> None:
    """Register a value that :func:`mask` replaces in any text from now on.

    :param value: credential of this process, such as the API key of the user. Strings of
        fewer than eight characters and other types are not registered.
    """
    if isinstance(value, str) and len(value) >= _SHORTEST:
        from urllib import parse

        # As it is, in a URL, and as Python and JSON print it.
        _hidden.update((value, parse.quote(value, safe="")))
        _hidden.update(quoted[1:-1] for quoted in (repr(value), json.dumps(value)))


def mask(text: str) -> str:
    """Return a text with its secrets replaced by ``***``.

    Secrets are: the values of JSON members, assignments, headers and ``vars`` conditions
    with a secret name, user names and passwords in URLs, registered values (see
    :func:`hide`), API keys of Craton, and private keys in PEM.

    >>> mask('{"username": "demo", "api_key": "5f4d"}')
    '{"username": "demo", "api_key": "***"}'
    """
    for value in _hidden:
        text = text.replace(value, MASK)
    text = _API_KEY.sub(MASK, text)
    if "@" in text:
        text = _LOGIN.sub(f"{MASK}@", text)
    if names.may_be_in(text):
        from cratonclient.secrets import values  # its expressions take a millisecond

        text = values.mask_named(text)
    return text


def mask_url(url: str) -> str:
    """Return a URL with its user name, password and secret parameters replaced.

    The URL may be malformed.

    >>> mask_url('postgresql://craton:p@ss@db/fleet?sslpassword=x')
    'postgresql://***@db/fleet?sslpassword=***'
    """
    return mask(_LOGIN_TO_LAST_AT.sub(lambda login: f"{login['start'] or ''}{MASK}@", url))


def mask_command_line(text: str) -> str:
    """Return a text that quotes a command line, with the values of secrets replaced.

    >>> mask_command_line('unrecognized arguments: --api-token 5f4d pw=5f4d')
    'unrecognized arguments: --api-token *** pw=***'
    """
    return mask(_OPTION.sub(_masked_option, text))


def mask_joined_words(text: str) -> str:
    """Return a command line whose words are joined by blanks, with secrets replaced.

    A value may contain blanks, so whatever follows a secret is left out, up to the next
    option.

    >>> mask_joined_words('host set web1 pw=5f 4d --note x')
    'host set web1 pw=*** --note x'
    """
    return _REST.sub("", mask_command_line(text))


def _masked_option(match: re.Match[str]) -> str:
    return f"{match[1]} {MASK}" if is_secret(match["name"]) else match[0]


def install(*loggers: str) -> None:
    """Mask secrets in the records of loggers. Further calls have no effect.

    :param loggers: names of loggers. The default is all loggers of the HTTP libraries.
    """
    from cratonclient.secrets import logs

    logs.install(mask, *loggers)
