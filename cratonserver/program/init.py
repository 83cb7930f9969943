# SPDX-License-Identifier: Apache-2.0
"""The command ``craton-server init``."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
import typing as t

from cratonclient.process import private_files
from cratonserver.config import formats
from cratonserver.config.configuration import Configuration
from cratonserver.db.store import StoreError
from cratonserver.identity import FIRST_PROJECT
from cratonserver.program import database, messages


def initialize(config: Configuration, options: argparse.Namespace) -> int:
    """Create the database and a root user, and write a cratonrc file.

    Fail without a change if the database has a root user, or the file exists.
    """
    url = (
        options.url
        or config.settings.proxies.public_url
        or formats.url_of(*formats.address(config.settings.serving.listen))
    )
    with _credentials_file(options.output) as file, database.open_store(config) as store:
        key = store.add_root_user(options.username)
        if key is None:
            raise StoreError(
                f"{store.name} already has a root user; nothing was changed. To add a user, "
                "run craton-server user create."
            )
        # The command craton uses the first four variables. openstack uses the OS_ ones.
        variables = {
            "CRATON_URL": url,
            "OS_USERNAME": options.username,
            "OS_PASSWORD": key,
            "OS_PROJECT_ID": FIRST_PROJECT,
            "OS_AUTH_TYPE": "craton",
            "OS_ENDPOINT": url,
            "OS_TOKEN": key,
        }
        try:
            file.writelines(f"export {n}={shlex.quote(v)}\n" for n, v in variables.items())
            file.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise OSError(
                f"Cannot write the output: {exc.strerror}. The user {options.username!r} was "
                "created, but its API key is lost: create another one with 'craton-server user "
                f"key replace {shlex.quote(options.username)}'."
            ) from exc
    return 0


@contextlib.contextmanager
def _credentials_file(path: str | None) -> t.Iterator[t.TextIO]:
    """Yield a new file that only its owner can read, or standard output without a path.

    :raises OSError: if the file exists or cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    file = None
    try:
        with private_files.new_file(path) as file:
            yield file
    except FileExistsError as exc:
        raise OSError(
            f"{path} exists; nothing was changed. Name a new file, or remove this one."
        ) from exc
    except OSError as exc:
        if file is not None:
            raise
        raise OSError(
            f"Cannot write {path!r}: {exc.strerror}; nothing was changed. Name a new file in a "
            "folder that exists and that you can write to."
        ) from exc
    messages.note(f"The credentials are in {path}. To use them: . {_sourced(path)}")


def _sourced(path: str) -> str:
    """Return a path as the argument of the shell command ``.``, which searches the PATH."""
    return shlex.quote(path if "/" in path else f"./{path}")
