# SPDX-License-Identifier: Apache-2.0
"""Decide which names are names of secrets."""

from __future__ import annotations

import functools
import re
import typing as t

#: The text that replaces a secret.
MASK = "***"

#: Letters that make a name secret wherever they occur: ``dbpassword``, ``pass_word``.
_SECRET = re.compile(
    "passw(?:o?r)?d|paswo?rd|passwort|passphrase|passcode|secret(?!ar)|token(?!i[sz])|credential"
)
#: Words that make a name secret.
_SECRET_WORDS = frozenset(
    {"authorization", "bearer", "cookie", "cookies", "jwt", "saml", "assertion", "assertions"}
    | {"otp", "totp", "mfa", "pin", "pincode", "puk", "csrf", "xsrf", "ntlm", "keytab"}
    | {"signature", "signatures", "sig", "hmac"}
    | {"sessionid", "sessid", "phpsessid", "jsessionid"}
    | {"keyfile", "keyfiles", "keypair", "keypairs", "keyslot", "keyslots"}
)
#: Pairs of words that make a name secret.
_SECRET_PAIRS = frozenset(
    {("session", "id"), ("nt", "hash"), ("lm", "hash")}
    | {(before, "code") for before in ("unlock", "access", "security", "door")}
    | {(before, "codes") for before in ("recovery", "backup", "scratch")}
)
#: Ends of words that make a name secret: ``rootpw``, ``adminpass``, ``sshkey``, ``pw``.
_SECRET_END = re.compile(
    r"([a-z]*?)(keys?|pass|pwds?|pws?|pwo?rds?|psks?|creds?|communit(?:y|ies))"
)
#: Words with such an end that are harmless.
_HARMLESS = frozenset(
    {"bypass", "compass", "encompass", "overpass", "surpass", "trespass", "underpass"}
    | {"donkey", "hockey", "hotkey", "jockey", "monkey", "turkey", "turnkey", "whiskey"}
)
#: What comes before a harmless end: ``sort_keys``, ``publicKey``, ``bgp-community``.
_HARMLESS_BEFORE = {
    "key": ("sort", "public", "pub", "primary", "foreign", "authorized"),
    "com": ("bgp", "large", "extended", "standard"),
    "pin": ("cpu", "gpio"),
}

#: A word in a name: ``apiToken``, ``snmp-password`` and ``ADMIN_PASS2`` have two words.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NAME = re.compile(r"[\w-]+")

#: The words of the declared names, joined.
_declared: set[str] = set()
#: Lower-case parts of texts. A text without any of them names no secret.
_parts = {
    *("pass", "pw", "secret", "token", "cred", "key", "psk", "communit"),
    *("paswo", "authorization", "bearer", "cookie", "jwt", "saml", "assertion"),
    *(
        "otp",
        "mfa",
        "pin",
        "puk",
        "csrf",
        "xsrf",
        "ntlm",
        "hash",
        "sig",
        "hmac",
        "sess",
        "code",
    ),
}


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
    if (before, word) in _SECRET_PAIRS:
        return True
    end = _SECRET_END.fullmatch(word)
    if end is None or word in _HARMLESS:
        return word in _SECRET_WORDS and not _is_harmless_after(before, word)
    return not _is_harmless_after(end[1] or before, end[2])


def _is_harmless_after(before: str, word: str) -> bool:
    """Return True if the letters before a secret word make it harmless: ``sort_key``."""
    return before.endswith(_HARMLESS_BEFORE.get(word[:3], ("\0",)))


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


def may_be_in(text: str) -> bool:
    """Return False if a text certainly contains no name of a secret.

    Most texts contain none, and this search takes far less time than the expressions.
    """
    lower = text.lower()
    return any(part in lower for part in _parts)
