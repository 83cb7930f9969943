# SPDX-License-Identifier: Apache-2.0
"""Say where the functions of the 2017 commands went."""

from __future__ import annotations

raise ImportError(
    "cratonclient.shell.v1 was removed in version 3.0. Run a command with "
    "cratonclient.shell.main.main(['host-list']), or use the manager of a client, such as "
    "cratonclient.v1.client.Client(...).hosts.list()."
)
