# SPDX-License-Identifier: Apache-2.0
"""Devices: their list can show variables.

The kind ``devices`` itself declares no variables; hosts and network devices do. The list
of devices contains both.
"""

from __future__ import annotations

import typing as t

from cratonclient.fields import Field
from cratonclient_osc.verbs import lists


class List(lists.List):
    """List devices."""

    detailed = True

    @property
    def fields(self) -> dict[str, Field[t.Any]]:
        """The declared fields, and the variables of hosts and network devices."""
        variables = Field(dict, "JSON variables", shown="details")
        return {**super().fields, "variables": variables}
