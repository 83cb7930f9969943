# SPDX-License-Identifier: Apache-2.0
"""The command ``whoami``: who logs in, with which access, and where."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient_osc.output import values
from cratonclient_osc.verbs import display


class Whoami(display.ShowOne):
    """Show the user, the project, the access and the server, and check the credentials"""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, t.Any]:
        """Return the fields of the identity."""
        from cratonclient import identity, secrets
        from cratonclient.http import transport

        self.check_columns(identity.Identity._fields, parsed_args)
        manager = t.cast("t.Any", self.app).client_manager
        found = identity.of(manager.fleet_management)
        # The URL of a fleet in a file differs from that of the requests.
        given = getattr(self.app.options, "craton_url", "")
        if given and not transport.is_http(given):
            found = found._replace(url=transport.absolute(secrets.mask_url(given)))
        return found._fields, tuple(found)
