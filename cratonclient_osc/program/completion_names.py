# SPDX-License-Identifier: Apache-2.0
"""The command ``craton complete-names``: names of objects for shell completion.

Completion must not delay a key press. The names come from a cache if it is less than 30
seconds old. Otherwise a background process fetches them from the server; names that arrive
too late are in the cache at the next key press. The command never reports an error.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import signal
import tempfile
import time
import typing as t

from cratonclient_osc.program import client_manager, global_options

#: Seconds to wait for the background process. Starting Python takes about as long.
WAIT = 0.15
#: Seconds before cached names expire.
LIFETIME = 30
#: Seconds before the background process is killed.
TIMEOUT = 20
#: Maximum number of names to fetch; a longer list of completions is useless.
MAX_NAMES = 1000

#: Pairs of an id and a name.
Names = list[tuple[str, str]]


def main(argv: list[str]) -> int:
    """Print the matching names of a collection, one on each line.

    Print matching ids too if the prefix consists of digits.

    :param argv: ``complete-names [OPTION...] [--] COLLECTION [PREFIX]``, with global
        options and a collection such as ``hosts``.
    :returns: 0, also after an error.
    """
    parser = global_options.Parser()
    parser.add_argument("command", nargs=argparse.REMAINDER)
    with contextlib.suppress(Exception):
        options, words = parser.parse_known_args(argv)
        arguments = words[2:] if words[1] == "--" else words[1:]
        collection, prefix = arguments[0], "".join(arguments[1:2])
        for text in _matching(_names(options, collection), prefix):
            print(text)
    return 0


def _matching(names: Names, prefix: str) -> list[str]:
    """Return the names, and for a prefix of digits the ids, that begin with a prefix."""
    found = {name for _, name in names if name.startswith(prefix)}
    if prefix.isdigit():
        found |= {number for number, _ in names if number.startswith(prefix)}
    return sorted(found)


def _names(options: argparse.Namespace, collection: str) -> Names:
    """Return the names of a collection; an empty list if they do not arrive in time."""
    path = _cache_path(options, collection)
    names = _read(path)
    if names is None:
        end = time.monotonic() + WAIT
        _in_background(lambda: _write(path, _fetch(options, collection)))
        while names is None and time.monotonic() < end:
            time.sleep(0.005)
            names = _read(path)
    return names or []


def _cache_path(options: argparse.Namespace, collection: str) -> pathlib.Path:
    """Return the path of the cache file for a collection, a server and a user.

    The name of the file is a hash of them. The password is not part of the hash.
    """
    login = {
        name: str(value)
        for name, value in vars(options).items()
        if name.startswith(("craton_", "os_")) and "password" not in name
    }
    text = json.dumps([login, collection], sort_keys=True)
    folder = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(folder):  # the XDG specification: ignore relative paths
        folder = os.path.expanduser("~/.cache")
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    return pathlib.Path(folder, "craton", "names", f"{name}.json")


def _read(path: pathlib.Path) -> Names | None:
    """Read a cache file. Return None if it is missing, expired or damaged."""
    try:
        if not 0 <= time.time() - path.stat().st_mtime < LIFETIME:
            return None
        return [(str(number), str(name)) for number, name in json.loads(path.read_text())]
    except (OSError, ValueError, TypeError):
        return None


def _write(path: pathlib.Path, names: Names) -> None:
    """Write a cache file that only the user can read, and delete very old cache files."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in path.parent.iterdir():
        if time.time() - other.stat().st_mtime > 100 * LIFETIME:
            other.unlink(missing_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    with open(descriptor, "w") as file:
        json.dump(names, file)
    os.replace(temporary, path)


def _fetch(options: argparse.Namespace, collection: str) -> Names:
    """Fetch names from the server. Leave out names with control characters."""
    client = client_manager.ClientManager(options).fleet_management
    manager: t.Any = getattr(client, collection)
    attribute = manager.resource_class.NAME_ATTR
    found = itertools.islice(manager.list(limit=100), MAX_NAMES)
    names = [(str(one.id), str(getattr(one, attribute))) for one in found]
    return [(number, name) for number, name in names if name.isprintable() and name]


def _in_background(work: t.Callable[[], None]) -> None:
    """Call a function in a detached child process, which ends after :data:`TIMEOUT`."""
    if os.fork():
        return
    try:
        os.setsid()
        # The default action of SIGALRM kills the process.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(TIMEOUT)
        # The shell reads from a pipe until every process has closed it.
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        work()
    finally:
        os._exit(0)
