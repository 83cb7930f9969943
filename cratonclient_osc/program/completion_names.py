# SPDX-License-Identifier: Apache-2.0
"""The command ``craton complete-names``: names of objects for shell completion.

Completion must not delay a key press. The names come from a cache if they are less than 30
seconds old. Otherwise a background process fetches those that begin with the typed text;
names that arrive too late are in the cache at the next key press. The command never reports
an error.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import signal
import time
import typing as t

from cratonclient import exceptions, ids
from cratonclient.printable import is_printable
from cratonclient_osc.program import client_manager, global_options, names_cache
from cratonclient_osc.program.names_cache import Names, NamesCache

#: Seconds to wait for the background process. Starting Python takes about as long.
WAIT = 0.15
#: Seconds before the background process is killed.
TIMEOUT = 60
#: The number of names that a shell can still list. If more begin with the typed text, only
#: the first and the last of them are offered: the beginning that they have in common is
#: that of all names.
MANY = 5000
_PAGE_SIZE = 100


def main(argv: list[str]) -> int:
    """Print the words for objects of a collection that begin with a prefix, one on each line.

    The words are names; ``name:`` and a name if the name looks like an id; after ``id:`` or
    digits, ids.

    :param argv: ``complete-names [OPTION...] [--] COLLECTION [PREFIX]``, with global
        options and a collection such as ``hosts``.
    :returns: 0, also after an error of the server.
    """
    parser = global_options.Parser()
    parser.add_argument("command", nargs=argparse.REMAINDER)
    with contextlib.suppress(Exception):
        options, words = parser.parse_known_args(argv)
        arguments = words[2:] if words[1] == "--" else words[1:]
        collection, prefix = arguments[0], "".join(arguments[1:2])
        begin = prefix.removeprefix(_mark(prefix))
        for text in _matching(_names(options, collection, begin), prefix):
            print(text)
    return 0


def _mark(word: str) -> str:
    """Return the mark at the beginning of a word: ``name:``, ``id:`` or none."""
    return next((mark for mark in ("name:", "id:") if word.startswith(mark)), "")


def _matching(names: Names, prefix: str) -> list[str]:
    """Return the words for objects that begin with a prefix."""
    mark = _mark(prefix)
    found = {mark + name for _, name in names.pairs if mark != "id:"}
    if not mark and not prefix.isdigit():
        found = {_unambiguous(name) for name in found}
    if mark == "id:" or prefix.isdigit():
        found |= {mark + number for number, _ in names.pairs}
    return sorted(text for text in found if text.startswith(prefix))


def _unambiguous(name: str) -> str:
    """Return the word for an object with a name: ``name:42``, because 42 may be an id."""
    looks_like_id = ids.is_id(name, int) or ids.is_id(name, str)
    return f"name:{name}" if looks_like_id or _mark(name) else name


def _names(options: argparse.Namespace, collection: str, prefix: str) -> Names:
    """Return the names for a prefix. If new ones do not arrive in time, return older ones."""
    cache = NamesCache(_key(options, collection))
    fresh = cache.find(prefix, names_cache.LIFETIME)
    if fresh is None:
        end = time.monotonic() + WAIT
        _in_background(lambda: _fill(cache, options, collection, prefix))
        while fresh is None and time.monotonic() < end:
            time.sleep(0.005)
            fresh = cache.find(prefix, names_cache.LIFETIME)
    return fresh or cache.find(prefix) or Names([], False)


def _key(options: argparse.Namespace, collection: str) -> str:
    """Return a text for a collection, a server and a user. It has no password."""
    login = {
        name: str(value)
        for name, value in vars(options).items()
        if name.startswith(("craton_", "os_")) and "password" not in name
    }
    return json.dumps([login, collection], sort_keys=True)


def _fill(cache: NamesCache, options: argparse.Namespace, collection: str, prefix: str) -> None:
    """Fetch the names for a prefix into the cache, unless another process does it."""
    with cache.fetching(prefix) as alone:
        if alone:
            client = client_manager.ClientManager(options).fleet_management
            cache.write(*_fetch(_managers(client, collection), prefix))


def _managers(client: t.Any, collection: str) -> list[t.Any]:
    """Return the managers of a collection: of devices, those of hosts and network devices."""
    from cratonclient import v1

    kind = v1.kind(collection)
    extending = [other for other in v1.kinds() if other.extends(kind)]
    return [getattr(client, one.collection) for one in extending or [kind]]


def _fetch(managers: list[t.Any], prefix: str) -> tuple[str, Names]:
    """Fetch names from the server.

    :returns: the prefix that the names have, which may be shorter, and the names.
    """
    if prefix.isdigit():  # the ids that begin with it need all objects
        names = _ask(managers, "")
        if names.complete:
            return "", names
    try:
        return prefix, _ask(managers, prefix)
    except exceptions.BadRequest:
        # The original server cannot be asked for a prefix.
        everything = [pair for one in managers for pair in _pairs(one, one.list(limit=100))]
        return "", Names(everything, True)


def _ask(managers: list[t.Any], prefix: str) -> Names:
    """Ask the server for the names with a prefix."""
    found, complete = [], True
    for manager in managers:
        name = manager.resource_class.NAME_ATTR
        # Without the id, the original server may end a list too early.
        query = {"limit": _PAGE_SIZE, "sort_keys": f"{name},id"}
        if prefix:
            query["name_prefix"] = prefix
        rows = [*itertools.islice(manager.list(**query), MANY + 1)]
        if len(rows) > MANY:
            complete = False
            rows += manager.list(**query, sort_dir="desc", autopaginate=False)
        found += _pairs(manager, rows)
    return Names(found, complete)


def _pairs(manager: t.Any, rows: t.Iterable[t.Any]) -> list[tuple[str, str]]:
    """Return ids and names. Leave out names with control characters."""
    attribute = manager.resource_class.NAME_ATTR
    pairs = [(str(row.id), str(getattr(row, attribute))) for row in rows]
    return [(number, name) for number, name in pairs if name and is_printable(name)]


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
