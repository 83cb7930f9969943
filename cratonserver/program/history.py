# SPDX-License-Identifier: Apache-2.0
"""The command ``craton-server history prune``."""

from __future__ import annotations

import argparse

from cratonserver.config.configuration import Configuration
from cratonserver.program import database, messages


def prune(config: Configuration, options: argparse.Namespace) -> int:
    """Remove old changes. Print the id of each project and the number of removed changes."""
    from cratonserver.serving import retention

    days = config.settings.history.history_days
    if not days:
        messages.error("history_days is 0, which keeps all changes. Use --history-days NUMBER.")
        return 2
    removed: dict[str, int] = {}
    with database.open_store(config, create=False) as store:
        for project_id, number in retention.prune(store, days):
            removed[project_id] = removed.get(project_id, 0) + number
    for project_id, number in sorted(removed.items()):
        messages.row(project_id, number)
    return 0
