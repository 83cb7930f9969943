# SPDX-License-Identifier: Apache-2.0
"""The origin of the change that a request makes."""

from __future__ import annotations

from urllib import parse

import falcon

from cratonclient import reasons
from cratonserver import errors, wsgi_keys
from cratonserver.db.change_log.origin import Origin, role_of


def of(req: falcon.Request) -> Origin:
    """Return the origin of the change that a request makes.

    :raises cratonserver.errors.Refused: with status 400, if the reason is not valid.
    """
    who = req.context.identity
    return Origin(
        who.username,
        who.user_id,
        who.key_name,
        role_of(who),
        req.env.get("REMOTE_ADDR") or None,
        req.env.get(wsgi_keys.REQUEST_ID),
        _reason(req),
    )


def _reason(req: falcon.Request) -> str | None:
    """Return the reason in the header of a request, ``None`` if it is missing or blank.

    :raises cratonserver.errors.Refused: with status 400, if the reason is not valid.
    """
    given = req.get_header(reasons.HEADER)
    if given is None or not given.strip():
        return None
    try:
        # WSGI has the bytes of a header as the characters of latin-1.
        text = parse.unquote_to_bytes(given.encode("latin-1")).decode()
    except UnicodeError:
        raise errors.invalid([f"{reasons.HEADER}: is not percent-encoded UTF-8"]) from None
    if not text.strip():
        return None
    problem = reasons.problem(text)
    if problem:
        raise errors.invalid([f"{reasons.HEADER}: {problem}"])
    return text
