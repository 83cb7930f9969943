# SPDX-License-Identifier: Apache-2.0
"""Devices: their lists can hold variables, which hosts and network devices declare."""

from __future__ import annotations

import typing as t

from cratonclient.fields import Field
from cratonclient_osc.verbs import lists


class List(lists.List):
    """List devices."""

    detailed = True

    @property
    def fields(self) -> dict[str, Field[t.Any]]:
        """The declared fields, and the variables."""
        variables = Field(dict, "JSON values, beside the inherited ones", shown="details")
        return {**super().fields, "variables": variables}
