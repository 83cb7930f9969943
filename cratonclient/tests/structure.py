# SPDX-License-Identifier: Apache-2.0
"""Measure the structure of the packages: their imports, layers and import cycles.

A room is a folder, or a single module, directly below a package. An arrow is an import
between two modules or two rooms; imports in functions and for type checkers count. To
print the figures::

    python -m cratonclient.tests.structure
"""

from __future__ import annotations

import ast
import pathlib
import sys
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ("cratonclient", "cratonclient_osc", "cratonserver")

Graph = dict[str, set[str]]


def modules(package: str, root: pathlib.Path = ROOT) -> dict[str, pathlib.Path]:
    """Return the files of a package by module name, without tests and migrations."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if "tests" in parts or "versions" in parts:
            continue
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(source: str, package: str) -> t.Iterator[str]:
    """Yield the full names of all imports in a source text, including nested ones.

    :param package: package of the module, for relative imports.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def module_arrows(package: str, root: pathlib.Path = ROOT) -> Graph:
    """Return the imported modules of each module, within a package."""
    known = modules(package, root)
    arrows: Graph = {name: set() for name in known}
    for name, path in known.items():
        inside = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for full in imported(path.read_text("utf-8"), inside):
            target = full if full in known else full.rpartition(".")[0]
            if target in known and target not in (name, package):
                arrows[name].add(target)
    return arrows


def room_of(module: str) -> str:
    """Return the room of a module: ``db`` for ``cratonserver.db.tables``."""
    return module.split(".")[1] if "." in module else ""


def room_arrows(arrows: Graph) -> Graph:
    """Return the imported rooms of each room."""
    rooms: Graph = {room_of(name): set() for name in arrows if room_of(name)}
    for name, targets in arrows.items():
        for target in targets:
            if room_of(name) and room_of(target) not in ("", room_of(name)):
                rooms[room_of(name)].add(room_of(target))
    return rooms


def cycles(arrows: Graph) -> list[list[str]]:
    """Return the groups of nodes that import each other, directly or indirectly."""
    below = {name: _reachable(arrows, name) for name in arrows}
    found = {
        frozenset(other for other in below[name] if name in below[other])
        for name in arrows
        if name in below[name]
    }
    return sorted(sorted(cycle) for cycle in found)


def _reachable(arrows: Graph, start: str) -> set[str]:
    seen: set[str] = set()
    ahead = [*arrows[start]]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(arrows[name])
    return seen


def layers(arrows: Graph) -> int:
    """Return the number of layers: the number of nodes on the longest import chain.

    A cycle counts as one node.
    """
    below = {name: _reachable(arrows, name) for name in arrows}
    layer: dict[str, int] = {}
    for name in sorted(arrows, key=lambda name: len(below[name])):
        lower = [layer[n] for n in arrows[name] if n in layer and name not in below[n]]
        layer[name] = max(lower, default=0) + 1
    return max(layer.values(), default=0)


def figures(package: str, root: pathlib.Path = ROOT) -> str:
    """Return the figures of a package in one line."""
    arrows = module_arrows(package, root)
    rooms = room_arrows(arrows)
    return (
        f"{package}: {len(arrows)} modules, {sum(map(len, arrows.values()))} arrows, "
        f"{layers(arrows)} layers, {len(cycles(arrows))} cycles; "
        f"{len(rooms)} rooms, {sum(map(len, rooms.values()))} arrows, "
        f"{layers(rooms)} layers, {len(cycles(rooms))} cycles"
    )


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT
    for one in PACKAGES:
        print(figures(one, place))
        for cycle in cycles(module_arrows(one, place)):
            print("  cycle:", ", ".join(cycle))
