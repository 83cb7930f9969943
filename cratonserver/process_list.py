# SPDX-License-Identifier: Apache-2.0
"""Keep passwords out of the list of processes, which all users of a machine can read."""

from __future__ import annotations

import os
import sys
import typing as t
from urllib import parse

from cratonclient import secrets

#: The environment variables of the database, the one with precedence first.
_VARIABLES = ("OS_DEFAULT__DATABASE", "CRATON_DATABASE")


def hide_password(arguments: t.Sequence[str]) -> None:
    """Start the program again without ``--database``, if its URL contains a password.

    The new program replaces this one and keeps its process id. It gets the URL in the
    environment variable ``CRATON_DATABASE``, which only the owner of the process can read.
    Return if no URL contains a password.

    :param arguments: arguments of the program.
    """
    rest, url = without_database(arguments)
    if not has_password(url):
        return
    print(
        "craton-server: the list of processes shows passwords in --database until the program "
        "has started. Set CRATON_DATABASE or write the URL to a configuration file.",
        file=sys.stderr,
        flush=True,
    )
    environment = {n: v for n, v in os.environ.items() if n not in _VARIABLES}
    environment[_VARIABLES[-1]] = url
    program = sys.orig_argv[: len(sys.orig_argv) - len(arguments)]
    words = [program[0], "-P", *program[1:], *rest]
    os.execve(sys.executable, words, environment)  # noqa: S606  # this program, no shell


def without_database(arguments: t.Sequence[str]) -> tuple[list[str], str]:
    """Return the arguments without the option ``--database``, and its value.

    argparse accepts the beginning of an option, and the value after ``=`` too.

    >>> without_database(['run', '--data', 'sqlite:///fleet.db', '--threads=3'])
    (['run', '--threads=3'], 'sqlite:///fleet.db')
    """
    kept, url, waiting = [], "", False
    for word in arguments:
        option, equals, value = word.partition("=")
        if waiting:
            url, waiting = word, False
        elif len(option) > 2 and "--database".startswith(option):
            url, waiting = value, not equals
        else:
            kept.append(word)
    return kept, url


def has_password(url: str) -> bool:
    """Return True if a URL contains a password, in its login or in its query.

    >>> has_password('postgresql://craton:5f4d@db/fleet'), has_password('sqlite:///fleet.db')
    (True, False)
    """
    if url.startswith("sqlite:"):  # a path, which may contain a colon and an at sign
        return False
    login, at, _ = url.partition("://")[2].rpartition("@")
    parameters = parse.parse_qsl(url.partition("?")[2])
    return bool(at and ":" in login) or any(secrets.is_secret(name) for name, _ in parameters)
