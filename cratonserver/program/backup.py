# SPDX-License-Identifier: Apache-2.0
"""The commands ``craton-server backup`` and ``craton-server restore``."""

from __future__ import annotations

import argparse
import contextlib
import pathlib

from cratonserver.backup import archive
from cratonserver.config.configuration import Configuration
from cratonserver.program import messages


def backup(config: Configuration, options: argparse.Namespace) -> int:
    """Write a backup, and print the number of rows of each table."""
    from cratonserver import composition
    from cratonserver.backup import dump

    path = pathlib.Path(options.file)
    with contextlib.closing(composition.store_at(config.settings.database, 1)) as store:
        store.check_exists()
        try:
            summary = dump.dump(store, path, messages.note)
        except archive.BackupError as exc:
            messages.error(exc)
            return 1
        _print(summary)
        messages.note(f"Wrote a backup of {store.name} to {path}: {_described(summary)}.")
    return 0


def restore(config: Configuration, options: argparse.Namespace) -> int:
    """Restore a backup, or only check it. Print the number of rows of each table."""
    from cratonserver import composition
    from cratonserver.backup import restore

    path = pathlib.Path(options.file)
    with contextlib.closing(composition.store_at(config.settings.database, 1)) as store:
        try:
            with archive.opened(path) as reader:
                if options.check:
                    summary = reader.verify()
                else:
                    summary = restore.restore(store, reader, options.replace, messages.note)
        except archive.BackupError as exc:
            messages.error(exc)
            return 1
        _print(summary)
        done = f"{path} is complete" if options.check else f"Restored {path} into {store.name}"
        messages.note(f"{done}: {_described(summary)}.")
    return 0


def _print(summary: archive.Summary) -> None:
    for table, count in summary.counts.items():
        messages.row(table, count)


def _described(summary: archive.Summary) -> str:
    rows = sum(summary.counts.values())
    return (
        f"schema {summary.schema} of {summary.created_at}, {rows} rows, sha256 {summary.sha256}"
    )
