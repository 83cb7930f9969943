# SPDX-License-Identifier: Apache-2.0
"""Which command a line of words names."""

from __future__ import annotations

import typing as t

from cliff import commandmanager

from cratonclient_osc import commands

#: Where others register commands; ``openstack`` reads the same group.
GROUP = "openstack.fleet_management.v1"
_PREFIX = "craton "


class Commands(commandmanager.CommandManager):
    """Find commands: the ones of this project from the declarations.

    Only for a word that they do not know, or to list everything, is the entry
    point group read.
    """

    def __init__(self) -> None:
        super().__init__(namespace=None)
        self._complete = False

    def find_command(self, argv: list[str]) -> tuple[t.Any, str, list[str]]:
        """Find the command at the beginning of a line.

        :returns: its class, its name, and the rest of the line.
        :raises ValueError: when there is none.
        """
        for end in range(self._get_last_possible_command_index(argv), 1, -1):
            found = commands.find(argv[:end])
            if found:
                return found, " ".join(argv[:end]), argv[end:]
        if argv and argv[0] not in self.commands:
            if "-" in argv[0] or "_" in argv[0]:
                from cratonclient_osc.program import legacy

                old = legacy.find(argv[0])
                if old:
                    return old, argv[0], argv[1:]
            self._load_all()
        return super().find_command(argv)

    def __iter__(self) -> t.Iterator[tuple[str, t.Any]]:
        self._load_all()
        return super().__iter__()

    def _load_all(self) -> None:
        if self._complete:
            return
        self._complete = True
        for name in commands.names():
            self.add_command(name, t.cast("t.Any", commands.find(name.split())))
        from stevedore import extension

        for entry in extension.ExtensionManager[t.Any](GROUP).list_entry_points():
            name = entry.name.replace("_", " ").removeprefix(_PREFIX)
            self.commands.setdefault(name, entry)
