# SPDX-License-Identifier: Apache-2.0
"""Keep users with a role that only reads from changing anything."""

from __future__ import annotations

import typing as t

import falcon

from cratonserver import errors


class ReadersOnlyRead:
    """Keep those who may only read from changing anything, whatever the path."""

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: t.Any, params: t.Any
    ) -> None:
        """Refuse what is not a way to read."""
        who = getattr(req.context, "identity", None)
        if who is not None and not who.can_write and req.method not in ("GET", "HEAD"):
            raise errors.Refused(403, "This action requires a role that may write")
