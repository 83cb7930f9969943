# SPDX-License-Identifier: Apache-2.0
"""The origin of the change that a request makes."""

from __future__ import annotations

from urllib import parse

import falcon

from cratonserver import wsgi_keys
from cratonserver.db.change_log.origin import Origin, role_of

#: The header with the reason for a change, percent-encoded.
REASON = "X-Craton-Reason"


def of(req: falcon.Request) -> Origin:
    """Return the origin of the change that a request makes.

    :raises cratonserver.errors.Refused: with status 400, if the reason is not valid.
    """
    who = req.context.identity
    reason = req.get_header(REASON)
    return Origin(
        who.username,
        who.user_id,
        who.key_name,
        role_of(who),
        req.env.get("REMOTE_ADDR") or None,
        req.env.get(wsgi_keys.REQUEST_ID),
        None if reason is None else parse.unquote(reason),
    )
