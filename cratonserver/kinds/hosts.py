# SPDX-License-Identifier: Apache-2.0
"""Hosts: the only kind whose variables path resolves (wire document, 9.1)."""

from __future__ import annotations

from cratonserver.kinds import devices


class Rules(devices.Rules):
    """The rules of hosts."""

    variables_path_resolves = True
