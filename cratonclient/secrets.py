# SPDX-License-Identifier: Apache-2.0
"""Mask secrets in logs, messages and files.

This is the only module that decides which values are secret: for the logs of the library,
the access log of the server, the history of interactive sessions, printed configuration
and debug output.

A value is secret if its name contains a word such as ``password``, ``token`` or
``secret``, or if a kind declares the field of this name secret. Other values are masked
only if they are registered with :func:`hide`. The credentials that this process sends
are registered.
"""

from __future__ import annotations

import functools
import logging
import re
import typing as t

#: Letters that make a name secret wherever they occur: ``dbpassword``, ``apiToken2``.
_SECRET = re.compile("password|passwd|passphrase|passcode|secret|token|credential")
#: A whole word that makes a name secret.
_SECRET_WORD = re.compile(
    r"(?:pass|pwd|pw)\d*|authorization|\w*keys?\d*|key(?:pair|slot|file)s?"
)
#: Words that end in ``key`` and are harmless, and words before ``key`` that make it so.
_HARMLESS = frozenset({"monkey", "turkey", "donkey", "hotkey"})
_HARMLESS_KEYS = frozenset({"sort", "public", "primary", "foreign"})

#: A word in a name: ``apiToken``, ``snmp-password`` and ``ADMIN_PASS`` have two words.
_WORD = re.compile(r"[A-Z]*[a-z0-9]+|[A-Z]+")
_NAME = re.compile(r"[\w-]+")

#: A member of a JSON object, or of a dictionary as Python prints it. The value is a
#: string, which may be truncated, a number, or a constant. The alternatives do not
#: overlap, so matching takes linear time.
_MEMBER = re.compile(
    r"""((["'])([\w.-]+)\2\s*:\s*)((["'])(?:\\.|(?!\5)[^\\])*\5?|[^\s,\[\]{}"']+)""",
    re.DOTALL,
)
#: The user name and the password in a URL. In a malformed URL they may contain ``@``.
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")
_LOGIN_TO_LAST_AT = re.compile(r"(?<=://).*@")
#: A query parameter of a URL.
_PARAMETER = re.compile(r"([?&]([\w.-]+)=)[^&#\s'\"]+")
#: A condition on a variable in a URL: ``name:value``, percent-encoded.
_CONDITION = re.compile(
    r"((?:%[0-9a-f]{2}|[^\w%])(\w+)%3a)(?:(?!%2c)[^&\s'\"])+", re.IGNORECASE
)
#: A cookie, up to the next header: keystoneauth logs all headers in one line.
_COOKIE = re.compile(
    r"((?:set-)?cookie: ).*?(?= [\w-]+: |['\"]|$)", re.IGNORECASE | re.MULTILINE
)

#: The loggers of keystoneauth for requests and responses. A filter on a logger does not
#: apply to its child loggers, so all of them are listed.
_LOGGERS = (
    "keystoneauth.session",
    "keystoneauth.session.request",
    "keystoneauth.session.response",
    "keystoneauth.session.body",
)

MASK = "***"

#: Names of the secret fields of all kinds that this process uses.
_declared: set[str] = set()
#: Credentials that this process sends. A server may quote them in its response.
_hidden: set[str] = set()
#: Minimum length of a hidden value. A shorter one may be part of an ordinary word.
_SHORTEST = 8


def is_secret(name: str) -> bool:
    """Return True if values with this name are secret.

    :param name: name of a field, variable, option, header or parameter.

    >>> [is_secret(name) for name in ('ipmi_password', 'apiToken', 'X-Auth-Token')]
    [True, True, True]
    >>> [is_secret(name) for name in ('sort_key', 'keyboard', 'passenger')]
    [False, False, False]
    """
    return name in _declared or _has_secret_word(name)


@functools.lru_cache(1024)
def _has_secret_word(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if _SECRET.search("".join(words)):
        return True
    return any(
        _SECRET_WORD.fullmatch(word) and word not in _HARMLESS and before not in _HARMLESS_KEYS
        for before, word in zip(["", *words], words, strict=False)
    )


def names_secret(text: str) -> bool:
    """Return True if a text contains the name of a secret.

    >>> names_secret('--os-password=x host list'), names_secret('host list')
    (True, False)
    """
    return any(map(is_secret, _NAME.findall(text)))


def declare(names: t.Iterable[str]) -> None:
    """Declare names as secret. Values with these names are masked from now on.

    :param names: names of fields that a kind declares secret.
    """
    _declared.update(names)


def hide(value: object) -> None:
    """Register a value that :func:`mask` replaces in any text from now on.

    :param value: credential of this process, such as the API key of the user. Strings of
        fewer than eight characters and other types are not registered.
    """
    if isinstance(value, str) and len(value) >= _SHORTEST:
        _hidden.add(value)


def mask(text: str) -> str:
    """Return a text with its secrets replaced by ``***``.

    Secrets are: the values of JSON members, URL parameters and ``vars`` conditions with a
    secret name, user names and passwords in URLs, cookies, and registered values (see
    :func:`hide`).

    >>> mask('{"username": "demo", "api_key": "5f4d"}')
    '{"username": "demo", "api_key": "***"}'
    """
    for value in _hidden:
        text = text.replace(value, MASK)
    text = _MEMBER.sub(_masked_member, text)
    text = _LOGIN.sub(f"{MASK}@", text)
    text = _PARAMETER.sub(_masked_after_name, text)
    text = _CONDITION.sub(_masked_after_name, text)
    return _COOKIE.sub(rf"\1{MASK}", text)


def mask_url(url: str) -> str:
    """Return a URL with its user name, password and secret parameters replaced.

    The URL may be malformed.

    >>> mask_url('postgresql://craton:p@ss@db/fleet?sslpassword=x')
    'postgresql://***@db/fleet?sslpassword=***'
    """
    return _PARAMETER.sub(_masked_after_name, _LOGIN_TO_LAST_AT.sub(f"{MASK}@", url))


def _masked_after_name(match: re.Match[str]) -> str:
    return f"{match[1]}{MASK}" if is_secret(match[2]) else match[0]


def _masked_member(member: re.Match[str]) -> str:
    start, _, name, _, quote = member.groups(default='"')
    return f"{start}{quote}{MASK}{quote}" if is_secret(name) else member[0]


class _Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True


_FILTER = _Filter()


def install() -> None:
    """Mask secrets in the log messages of keystoneauth. Further calls have no effect."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
