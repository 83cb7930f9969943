# SPDX-License-Identifier: Apache-2.0
"""Mask secrets in logs, messages and files.

This is the only module that decides which values are secret: for the logs of the library,
the access log of the server, the history of interactive sessions, printed configuration,
exceptions and debug output.

A value is secret if a word in its name says so, such as ``password``, ``token`` or ``key``,
or if a kind declares the field of this name secret. Other values are masked only if they
are registered with :func:`hide`, as the credentials that this process sends are, or if
their form says so: API keys of Craton, and private keys in PEM.
"""

from __future__ import annotations

import functools
import json
import logging
import re
import typing as t

#: Letters that make a name secret wherever they occur: ``dbpassword``, ``pass_word``.
_SECRET = re.compile("passw(?:or)?d|passphrase|passcode|secret(?!ar)|token(?!i[sz])|credential")
#: Words that make a name secret.
_SECRET_WORDS = frozenset(
    {"authorization", "bearer", "cookie", "cookies", "jwt", "otp", "totp"}
    | {"keyfile", "keyfiles", "keypair", "keypairs", "keyslot", "keyslots"}
)
#: Ends of words that make a name secret: ``rootpw``, ``adminpass``, ``sshkey``, ``pw``.
_SECRET_END = re.compile(r"([a-z]*?)(keys?|pass|pwds?|pws?|psks?|creds?|communit(?:y|ies))")
#: Words with such an end that are harmless.
_HARMLESS = frozenset(
    {"bypass", "compass", "encompass", "overpass", "surpass", "trespass", "underpass"}
    | {"donkey", "hockey", "hotkey", "jockey", "monkey", "turkey", "turnkey", "whiskey"}
)
#: What comes before a harmless end: ``sort_keys``, ``publicKey``, ``bgp-community``.
_HARMLESS_BEFORE = {
    "key": ("sort", "public", "pub", "primary", "foreign", "authorized"),
    "com": ("bgp", "large", "extended", "standard"),
}

#: A word in a name: ``apiToken``, ``snmp-password`` and ``ADMIN_PASS2`` have two words.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NAME = re.compile(r"[\w-]+")

#: The name of a member of a JSON object, or of a dictionary as Python prints it, up to
#: its value. Inside other strings, backslashes are before the quotes.
_MEMBER = re.compile(r"""(?P<quote>\\*["'])(?P<name>[^"'\\\n]{1,128})(?P=quote)\s*:\s*""")
#: A pair, as Python prints lists of headers, and a line of YAML with a single word.
_PAIR = re.compile(r"""\((?P<quote>["'])(?P<name>[^"'\\\n]{1,128})(?P=quote), """)
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
    r"(?P<quote>)(?<![\w-])(?P<name>[Aa]uthorization|[Cc]ookie|[A-Za-z]++(?:-[A-Za-z]++)++): "
)
_END_OF_HEADER = re.compile(r""" [\w-]+: |['"]|$""", re.MULTILINE)
#: A query parameter of a URL, or another assignment: ``token=5f4d``, ``password='a b'``,
#: ``password:="5f4d"``.
_ASSIGNMENT = re.compile(r"(?P<quote>)(?<![\w.\]-])(?P<name>[\w.\[\]-]++):?=")
_ASSIGNED = re.compile(r"""'[^']*'|"[^"]*"|[^&#\s'"]*""")
#: A condition in the parameter ``vars`` of a URL, percent-encoded: ``vars=name%3Avalue``.
#: Commas may be part of a value, so the value ends with the parameter.
_CONDITION = re.compile(
    r"(?P<quote>)(?:%[0-9a-f]{2}|[^\w%.-])(?P<name>[\w.-]++)%3a", re.IGNORECASE
)
#: The whole parameter, with colons: ``vars=name:value,name:value``.
_CONDITIONS = re.compile(r"([?&]vars=)([^&#\s]*:[^&#\s]*)")

#: An option and its value, as two words of a command line.
_OPTION = re.compile(r"(?<!\S)(-{1,2}(?P<name>[A-Za-z][\w-]*)) (?!-)\S+?(?=\.?(?:\s|$))")

#: The user name and the password in a URL. In a malformed URL they may contain ``@``.
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")
_LOGIN_TO_LAST_AT = re.compile(r"(?<=://).*@")
#: Values whose form says that they are secret: API keys of Craton, and private keys.
_API_KEY = re.compile(r"craton_[0-9a-f]{40}")
_PEM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)

#: The loggers of the HTTP libraries, which log URLs, headers and bodies. A filter on a logger
#: does not apply to its child loggers, so all of them are listed.
_LOGGERS = (
    *(
        f"keystoneauth.{name}"
        for name in (
            *("session", "session.request", "session.response", "session.body"),
            *("session.request-id", "discover", "_utils", "loading.base"),
            *("identity.base", "identity.generic.base", "identity.v2", "identity.v3.base"),
            *("identity.v3.federation", "identity.v3.oidc", "identity.v3.tokenless_auth"),
            *("identity.v3.websso",),
        )
    ),
    *(
        f"urllib3.{name}"
        for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry")
    ),
)

MASK = "***"

#: The words of the declared names, joined.
_declared: set[str] = set()
#: Lower-case parts of texts. A text without any of them names no secret.
_parts = {
    *("pass", "pw", "secret", "token", "cred", "key", "psk", "communit"),
    *("authorization", "bearer", "cookie", "jwt", "otp"),
}
#: Credentials that this process sends. A server may quote them in its response.
_hidden: set[str] = set()
#: Minimum length of a hidden value. A shorter one may be part of an ordinary word.
_SHORTEST = 8


def is_secret(name: str) -> bool:
    """Return True if values with this name are secret.

    :param name: name of a field, variable, option, header or parameter.

    >>> [is_secret(name) for name in ('ipmi_password', 'apiToken', 'bmc.pw', 'API-KEY')]
    [True, True, True, True]
    >>> [is_secret(name) for name in ('sort_keys', 'keyboard', 'passenger', 'public_key')]
    [False, False, False, False]
    """
    joined, secret = _judged(name)
    return secret or joined in _declared


@functools.lru_cache(1024)
def _judged(name: str) -> tuple[str, bool]:
    """Return the words of a name, joined, and True if one of them is secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    joined = "".join(words)
    pairs = zip(["", *words], words, strict=False)
    return joined, bool(_SECRET.search(joined)) or any(_is_secret_word(*two) for two in pairs)


def _is_secret_word(before: str, word: str) -> bool:
    """Return True if a word makes a name secret.

    :param before: the word before it in the name, or an empty string.
    """
    end = _SECRET_END.fullmatch(word)
    if end is None or word in _HARMLESS:
        return word in _SECRET_WORDS
    return not (end[1] or before).endswith(_HARMLESS_BEFORE.get(end[2][:3], ("\0",)))


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
    for name in names:
        _declared.add(_judged(name)[0])
        _parts.add(max(map(str.lower, _WORD.findall(name)), key=len))


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
    lower = text.lower()
    # Most texts name no secret, and this search takes far less time than the expressions.
    return _mask_named(text) if any(part in lower for part in _parts) else text


def _mask_named(text: str) -> str:
    """Mask the values in a text that have secret names."""
    text = _mask_values(_PEM.sub(MASK, text), _MEMBER, _end_of_member)
    text = _mask_values(text, _PAIR, _end_of_member)
    text = _mask_values(text, _HEADER, _end_of_header)
    text = _mask_values(text, _LINE, _end_of_line)
    if "=" in text:
        text = _CONDITIONS.sub(_masked_conditions, text)
        text = _mask_values(text, _CONDITION, _end_of_assigned)
        text = _mask_values(text, _ASSIGNMENT, _end_of_assigned)
    return text


def mask_url(url: str) -> str:
    """Return a URL with its user name, password and secret parameters replaced.

    The URL may be malformed.

    >>> mask_url('postgresql://craton:p@ss@db/fleet?sslpassword=x')
    'postgresql://***@db/fleet?sslpassword=***'
    """
    return mask(_LOGIN_TO_LAST_AT.sub(f"{MASK}@", url))


def mask_command_line(text: str) -> str:
    """Return a text that quotes a command line, with the values of secrets replaced.

    >>> mask_command_line('unrecognized arguments: --api-token 5f4d pw=5f4d')
    'unrecognized arguments: --api-token *** pw=***'
    """
    return mask(_OPTION.sub(_masked_option, text))


def _masked_option(match: re.Match[str]) -> str:
    return f"{match[1]} {MASK}" if is_secret(match["name"]) else match[0]


def _masked_conditions(match: re.Match[str]) -> str:
    return f"{match[1]}{MASK}" if names_secret(match[2]) else match[0]


def _mask_values(text: str, names: re.Pattern[str], end_of: t.Callable[[str, int], int]) -> str:
    """Mask the values that follow secret names.

    :param names: expression that ends where the value starts, with the groups ``name`` and
        ``quote``.
    :param end_of: function that returns the end of the value that starts at a position.
    """
    parts, end = [], 0
    for found in names.finditer(text):
        if found.start() >= end and is_secret(found["name"]):
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


class _Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return True


_FILTER = _Filter()


def install(*names: str) -> None:
    """Mask secrets in the records of loggers. Further calls have no effect.

    :param names: names of loggers. The default is all loggers of the HTTP libraries.
    """
    for name in names or _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
