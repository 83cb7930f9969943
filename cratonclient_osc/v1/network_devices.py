# SPDX-License-Identifier: Apache-2.0
"""Network devices: what an original server does not sort by (wire document, 6.3)."""

from __future__ import annotations

from cratonclient_osc.verbs import lists


class List(lists.List):
    """List network devices."""

    unsortable = ("model_name", "vlans")
