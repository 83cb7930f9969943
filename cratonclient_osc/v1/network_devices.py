# SPDX-License-Identifier: Apache-2.0
"""Network devices: the original server cannot sort them by some of their fields."""

from __future__ import annotations

from cratonclient_osc.verbs import lists


class List(lists.List):
    """List network devices."""

    unsortable = ("model_name", "os_version", "vlans")
