# SPDX-License-Identifier: Apache-2.0
"""Enforce read-only roles."""

from __future__ import annotations

import typing as t

import falcon

from cratonserver import errors


class ReadOnlyRoles:
    """Falcon middleware that keeps users with a read-only role from changing objects."""

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: t.Any, params: t.Any
    ) -> None:
        """Refuse requests that require the permission to change objects, on any path.

        :raises cratonserver.errors.Refused: with status 403.
        """
        who = getattr(req.context, "identity", None)
        method = getattr(resource, "allowed_as", None) or req.method
        if who is None or who.can_write or method in ("GET", "HEAD"):
            return
        if not getattr(resource, "readers_change_own", False):
            raise errors.Refused(403, "This action requires a role that may write")
