# SPDX-License-Identifier: Apache-2.0
"""Devices: their list can show the fields that only some kinds of devices have, and variables.

The kind ``devices`` itself declares neither; hosts and network devices do. The list of
devices contains both.
"""

from __future__ import annotations

import typing as t

from cratonclient import v1
from cratonclient.fields import Field
from cratonclient_osc.verbs import lists


class List(lists.List):
    """List devices."""

    detailed = True

    @property
    def fields(self) -> dict[str, Field[t.Any]]:
        """The declared fields, those of hosts and network devices, and their variables."""
        own = super().fields
        others = {
            name: field
            for kind in v1.kinds()
            if kind.extends(self.kind)
            for name, field in kind.fields.items()
            if field.shown == "always" and name not in own
        }
        variables = Field(dict, "JSON variables", shown="details")
        return {**own, **others, "variables": variables}

    @property
    def sort_keys(self) -> list[str]:
        """The fields that ``--sort`` takes: those that all devices have."""
        return [name for name in super().sort_keys if name in self.kind.fields]
