# SPDX-License-Identifier: Apache-2.0
"""Webhooks: their secrets are shown once."""

from __future__ import annotations

import typing as t

from cratonclient import exceptions
from cratonclient_osc.verbs import create

_ONCE = "The secret is shown only once. Save it now: receivers verify signatures with it."


class Create(create.Create):
    """Create a webhook, and warn that its secret is shown only once."""

    def create(self, parsed_args: t.Any) -> t.Any:
        """Create the webhook and log the warning."""
        made = super().create(parsed_args)
        self.app.LOG.warning(_ONCE)
        return made

    def produce_output(self, *args: t.Any) -> int:
        """Print the webhook. If that fails, tell what to do about the lost secret."""
        try:
            return super().produce_output(*args)
        except exceptions.CommandError as exc:
            raise exceptions.CommandError(
                f"{exc} The webhook was created, but its secret is lost: delete it with "
                "'webhook delete', and create another one."
            ) from exc
