# SPDX-License-Identifier: Apache-2.0
"""Hosts: the only kind whose ``variables`` path includes inherited variables."""

from __future__ import annotations

from cratonserver.kinds import devices


class Policy(devices.Policy):
    """The policy of hosts."""

    variables_path_resolves = True
