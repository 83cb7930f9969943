# SPDX-License-Identifier: Apache-2.0
"""Why no answer came: what lies behind the exceptions of the HTTP libraries."""

from __future__ import annotations

import typing as t

from cratonclient import secrets

#: What requests and urllib3 call an answer that cannot be read.
_BROKEN = {
    "ChunkedEncodingError": "the answer broke off",
    "IncompleteRead": "the answer broke off",
    "ContentDecodingError": "the answer cannot be unpacked",
    "InvalidHeader": "the answer has a header that makes no sense",
}


def reason(words: str, exception: BaseException) -> str:
    """Say in a line why a connection failed.

    The words of keystoneauth1 quote those of requests, which quote urllib3,
    which quote the system. The last ones are the ones that help.

    :param words: what is said of it, up to the first colon.
    :param exception: the exception that all others lie behind.
    """
    where = secrets.mask(words.partition(": ")[0])
    for cause in _behind(exception):
        broken = _BROKEN.get(type(cause).__name__)
        if broken:
            return f"{where.removeprefix('Unexpected exception for ')}: {broken}"
        if isinstance(cause, OSError) and cause.strerror:
            return f"{where}: {cause.strerror}"
    return where


def was_silent(exception: BaseException) -> bool:
    """Tell whether a server took a request and then kept silent.

    After the last retry requests reports that as a failure to connect.
    """
    import urllib3

    return any(isinstance(c, urllib3.exceptions.ReadTimeoutError) for c in _behind(exception))


def _behind(error: BaseException) -> t.Iterator[BaseException]:
    """Give an error and those behind it, where the HTTP libraries keep them."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        yield cause
        behind: t.Any = getattr(cause, "reason", None) or next(iter(cause.args), None)
        cause = behind if isinstance(behind, BaseException) else None
        cause = cause or seen[-1].__cause__ or seen[-1].__context__
