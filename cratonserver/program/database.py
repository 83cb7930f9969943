# SPDX-License-Identifier: Apache-2.0
"""Open the database of a command, and the commands ``craton-server db``."""

from __future__ import annotations

import argparse
import contextlib
import typing as t

from cratonserver.config.configuration import Configuration
from cratonserver.db.store import Store
from cratonserver.program import messages


@contextlib.contextmanager
def open_store(
    config: Configuration, upgrade: bool = False, create: bool = True
) -> t.Iterator[Store]:
    """Open the store of a configuration, and close it at the end of the block.

    A fleet that is created is named on standard error.

    :param config: the configuration.
    :param upgrade: upgrade tables of an older version instead of refusing them.
    :param create: create the tables if there are none.
    :raises cratonserver.db.store.StoreError: if the database cannot be opened.
    """
    from cratonserver import composition

    settings = config.settings
    store = composition.store_at(
        settings.database, settings.serving.threads, settings.read_database
    )
    try:
        if not create:
            store.check_exists()
        if store.open(upgrade):
            messages.note(f"Created the fleet {store.name}.")
        yield store
    finally:
        store.close()


def upgrade(config: Configuration, options: argparse.Namespace) -> int:
    """Upgrade the tables to the version of this program, and print that version."""
    with open_store(config, upgrade=True, create=False) as store:
        print(store.version())
    return 0


def version(config: Configuration, options: argparse.Namespace) -> int:
    """Print the version of the tables."""
    from cratonserver import composition

    with contextlib.closing(composition.store_at(config.settings.database, 1)) as store:
        store.check_exists()
        known = store.version()
    if known is None:
        messages.error(f"the database {store.name} has no Craton tables")
        return 1
    print(known)
    return 0
