# SPDX-License-Identifier: Apache-2.0
"""Keep secrets out of logs, and control characters out of terminals."""

from __future__ import annotations

import logging
import re

#: Names of JSON members whose values no log may hold. Fields that are declared
#: secret add theirs.
SECRETS = {"api_key", "password", "secret", "token"}

#: A member whose value is a text, which may break off, or a number or the like;
#: as JSON or as Python writes it. No two parts match the same, so it is fast.
_MEMBER = re.compile(
    r"""((["'])(\w+)\2\s*:\s*)((["'])(?:\\.|(?!\5)[^\\])*\5?|[^\s,\[\]{}"']+)""", re.DOTALL
)

#: keystoneauth logs requests and answers here; a filter on a logger does not
#: hold for those below it, so each is named.
_LOGGERS = (
    "keystoneauth.session",
    "keystoneauth.session.request",
    "keystoneauth.session.response",
    "keystoneauth.session.body",
)


#: What stands before the @ of a URL may hold a password.
_LOGIN = re.compile(r"://[^/?#\s]*@")

#: Parameters of a URL.
_PARAMETER = re.compile(r"([?&](\w+)=)[^&#\s'\"]+")

#: Conditions on variables, as a URL has them: a name, a colon, and what it is to be.
_CONDITION = re.compile(
    r"((?:%[0-9a-f]{2}|[^\w%])(\w+)%3a)(?:(?!%2c)[^&\s'\"])+", re.IGNORECASE
)

#: Cookies, up to the next header: keystoneauth logs them in a line.
_COOKIE = re.compile(
    r"((?:set-)?cookie: ).*?(?= [\w-]+: |['\"]|$)", re.IGNORECASE | re.MULTILINE
)

#: Secrets that this process sends, and that a server might send back.
_SENT: set[str] = set()

#: A secret that is shorter is a word, which may well stand for something else.
_SHORTEST = 8


def hide(secret: object) -> None:
    """Replace a secret wherever it occurs from now on.

    :param secret: such as the API key of the user. One of fewer than eight
        characters is hidden only where its name tells that it is a secret.
    """
    if isinstance(secret, str) and len(secret) >= _SHORTEST:
        _SENT.add(secret)


def mask(text: str) -> str:
    """Replace secrets in a text.

    Those are the values of secret JSON members, parameters and variables, logins in
    URLs, cookies, and the credentials of this process.

    >>> mask('{"username": "demo", "api_key": "5f4d"}')
    '{"username": "demo", "api_key": "***"}'
    """
    for secret in _SENT:
        text = text.replace(secret, "***")
    text = _LOGIN.sub("://***@", _MEMBER.sub(_masked, text))
    text = _CONDITION.sub(_masked_condition, _PARAMETER.sub(_masked_parameter, text))
    return _COOKIE.sub(r"\1***", text)


def _masked_parameter(parameter: re.Match[str]) -> str:
    return f"{parameter[1]}***" if parameter[2] in SECRETS else parameter[0]


def _masked_condition(condition: re.Match[str]) -> str:
    return f"{condition[1]}***" if condition[2] in SECRETS else condition[0]


def _masked(member: re.Match[str]) -> str:
    start, _, name, _, quote = member.groups(default='"')
    return f"{start}{quote}***{quote}" if name in SECRETS else member[0]


def printable(text: object) -> str:
    r"""Make control characters visible, so that a terminal does not obey them.

    >>> printable('a\x1b[2Jb')
    'a\\x1b[2Jb'
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class _Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True


_FILTER = _Filter()


def install() -> None:
    """Mask secrets in what keystoneauth logs. It may be called many times."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
