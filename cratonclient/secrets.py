# SPDX-License-Identifier: Apache-2.0
"""Tell what is secret, and keep it out of logs, messages and files.

This is the only module that decides it: for the logs of the library, the access log
of the server, the history of sessions, printed configuration and debug output.

A value is secret when its name is: a name is split into words, and one of the words
is ``password``, ``token``, ``secret`` or the like. A value without such a name is
only hidden when it was registered with :func:`hide`, as the credentials are that
this process sends.
"""

from __future__ import annotations

import functools
import logging
import re
import typing as t

#: A word that makes a name secret. A word may end in one of these: ``dbpassword``.
_SECRET_WORD = re.compile(
    r".*(?:password|passwd|passphrase|secret|token|apikey|credential)s?"
    r"|pass|pwd|pw|authorization"
)
#: A name that ends in ``key`` is secret, unless the word before says otherwise.
_KEY_WORD = "key"
_HARMLESS_KEYS = frozenset({"sort", "public", "primary", "foreign"})

#: Words of a name: ``apiToken``, ``snmp-password`` and ``ADMIN_PASS`` are two each.
_WORD = re.compile(r"[A-Z]*[a-z0-9]+|[A-Z]+")
_NAME = re.compile(r"[\w-]+")

#: A member of a JSON object, or of a dictionary as Python prints it: the value is a
#: string, which may be cut off, a number, or a constant. The alternatives do not
#: overlap, so matching takes linear time.
_MEMBER = re.compile(
    r"""((["'])([\w.-]+)\2\s*:\s*)((["'])(?:\\.|(?!\5)[^\\])*\5?|[^\s,\[\]{}"']+)""",
    re.DOTALL,
)
#: The user and the password of a URL. A malformed URL may have an @ in them.
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")
_LOGIN_TO_LAST_AT = re.compile(r"(?<=://).*@")
#: A parameter of a URL.
_PARAMETER = re.compile(r"([?&]([\w.-]+)=)[^&#\s'\"]+")
#: A condition on a variable in a URL: ``name:value``, percent-encoded.
_CONDITION = re.compile(
    r"((?:%[0-9a-f]{2}|[^\w%])(\w+)%3a)(?:(?!%2c)[^&\s'\"])+", re.IGNORECASE
)
#: A cookie, up to the next header: keystoneauth logs all headers in one line.
_COOKIE = re.compile(
    r"((?:set-)?cookie: ).*?(?= [\w-]+: |['\"]|$)", re.IGNORECASE | re.MULTILINE
)

#: The loggers of keystoneauth that get requests and answers. A filter on a logger
#: does not apply to the loggers below it, so all are listed.
_LOGGERS = (
    "keystoneauth.session",
    "keystoneauth.session.request",
    "keystoneauth.session.response",
    "keystoneauth.session.body",
)

MASK = "***"

#: Names of fields that are declared secret, of the kinds that are in use.
_declared: set[str] = set()
#: Values that this process sends, which a server might send back.
_hidden: set[str] = set()
#: A shorter value is likely to be an ordinary word, too.
_SHORTEST = 8


def is_secret(name: str) -> bool:
    """Tell whether a value of this name is secret.

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
    if any(_SECRET_WORD.fullmatch(word) for word in words):
        return True
    return words[-1:] == [_KEY_WORD] and not _HARMLESS_KEYS.intersection(words[-2:-1])


def names_secret(text: str) -> bool:
    """Tell whether a text contains the name of a secret.

    >>> names_secret('--os-password=x host list'), names_secret('host list')
    (True, False)
    """
    return any(map(is_secret, _NAME.findall(text)))


def declare(names: t.Iterable[str]) -> None:
    """Treat values of these names as secret from now on.

    :param names: names of fields that a kind in use declares secret.
    """
    _declared.update(names)


def hide(value: object) -> None:
    """Replace a value wherever it occurs from now on.

    :param value: a credential of this process, such as the API key of the user.
        A string of fewer than eight characters is not registered: it is hidden only
        where its name says that it is secret.
    """
    if isinstance(value, str) and len(value) >= _SHORTEST:
        _hidden.add(value)


def mask(text: str) -> str:
    """Replace the secrets in a text.

    These are the values of secret JSON members, URL parameters and conditions on
    variables, the logins in URLs, cookies, and the values given to :func:`hide`.

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
    """Replace the login and the secret parameters of a URL, even a malformed one.

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
    """Mask secrets in what keystoneauth logs. Calling it again has no effect."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
