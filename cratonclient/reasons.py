# SPDX-License-Identifier: Apache-2.0
"""Reasons of changes: the text that a request sends with a change, for the history.

The reason of a client applies to all its requests. A ``with`` block of
:meth:`cratonclient.v1.client.Client.because` has a reason of its own.
"""

from __future__ import annotations

import contextlib
import contextvars
import typing as t

from cratonclient import exceptions
from cratonclient.process import environment

#: The header with the reason: UTF-8, percent-encoded. A server of 2017 ignores it.
HEADER = "X-Craton-Reason"
#: The maximum number of characters. Encoded, they fit into the 16 KiB that proxies accept.
MAX_LENGTH = 1000
#: The environment variable with the reason of a client.
VARIABLE = "CRATON_REASON"

#: The HTTP methods that change nothing, and send no reason.
_READING = frozenset({"GET", "HEAD", "OPTIONS"})

#: The reasons of the ``with`` blocks around the running code, the innermost last. Each has
#: the session that it applies to, ``None`` for all sessions.
_BLOCKS: contextvars.ContextVar[tuple[tuple[object, str], ...]] = contextvars.ContextVar(
    "craton_reasons", default=()
)


def problem(text: str) -> str | None:
    """Return what is wrong with a reason, as the end of a message, or ``None``.

    >>> problem(' ')
    'is empty'
    """
    if not text.strip():
        return "is empty"
    if len(text) > MAX_LENGTH:
        return f"has {len(text)} characters, but the maximum is {MAX_LENGTH}"
    if "\0" in text:
        return "has a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "is not valid Unicode"
    return None


def check(text: str) -> str:
    """Return a reason that can be sent.

    :raises cratonclient.exceptions.CommandError: if it cannot.
    """
    found = problem(text) if isinstance(text, str) else f"must be a text, not {text!r}"
    if found:
        raise exceptions.CommandError(f"The reason {found}.")
    return text


def from_environment() -> str | None:
    """Return the reason in ``CRATON_REASON``, or ``None`` if the variable is not set.

    :raises cratonclient.exceptions.ConfigurationError: if it cannot be sent.
    """
    text = environment.get(VARIABLE)
    found = problem(text) if text else None
    if found:
        raise exceptions.ConfigurationError(f"The environment variable {VARIABLE} {found}.")
    return text or None


@contextlib.contextmanager
def given(text: str | None, session: object = None) -> t.Iterator[None]:
    """Send a reason with the changes that the ``with`` block makes.

    Other threads and tasks do not see it.

    :param text: the reason; ``None`` for the one outside of the block.
    :param session: the session that sends it; ``None`` for all sessions.
    :raises cratonclient.exceptions.CommandError: if the reason cannot be sent.
    """
    if text is None:
        yield
        return
    token = _BLOCKS.set((*_BLOCKS.get(), (session, check(text))))
    try:
        yield
    finally:
        _BLOCKS.reset(token)


def add_header(
    options: dict[str, t.Any], method: str, session: object, default: str | None
) -> None:
    """Add the reason to the headers of a request, unless they already have one.

    :param options: keywords of the request, changed in place.
    :param method: HTTP method of the request.
    :param session: the session that sends it.
    :param default: the reason outside of all blocks.

    >>> options = {}
    >>> add_header(options, 'DELETE', session, 'rack r7 is replaced')
    >>> options
    {'headers': {'X-Craton-Reason': 'rack%20r7%20is%20replaced'}}
    """
    found = [text for owner, text in _BLOCKS.get() if owner is None or owner is session]
    text = found[-1] if found else default
    if text is None or method.upper() in _READING:
        return
    headers = dict(options.get("headers") or {})
    if HEADER.lower() not in {str(name).lower() for name in headers}:
        from urllib import parse

        options["headers"] = {HEADER: parse.quote(text, safe=""), **headers}
