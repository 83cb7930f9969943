# SPDX-License-Identifier: Apache-2.0
"""The command manager of ``craton``: it finds the command of a command line."""

from __future__ import annotations

import typing as t

from cliff import commandmanager

from cratonclient_osc import commands

#: Entry point group of commands. ``openstack`` reads it, and other packages extend it.
GROUP = "openstack.fleet_management.v1"
_PREFIX = "craton "


class CommandManager(commandmanager.CommandManager):
    """A command manager that derives the commands of this project from declarations.

    It reads the entry point group only for an unknown word, or to list all commands,
    because reading the metadata of all installed packages is slow.
    """

    def __init__(self) -> None:
        super().__init__(namespace=None)
        self._complete = False

    def find_command(self, argv: list[str]) -> tuple[t.Any, str, list[str]]:
        """Find the command at the beginning of a command line.

        :param argv: words of the command line.
        :returns: the class of the command, its name, and the remaining words.
        :raises ValueError: if no command matches.
        """
        for end in range(self._get_last_possible_command_index(argv), 1, -1):
            found = commands.find(argv[:end])
            if found:
                return found, " ".join(argv[:end]), argv[end:]
        if argv and argv[0] not in self.commands:
            if "-" in argv[0] or "_" in argv[0]:
                from cratonclient_osc.program import legacy

                legacy_command = legacy.find(argv[0])
                if legacy_command:
                    return legacy_command, argv[0], argv[1:]
            self._load_all()
        return super().find_command(argv)

    def __iter__(self) -> t.Iterator[tuple[str, t.Any]]:
        """Yield the name and the entry point of every command."""
        self._load_all()
        return super().__iter__()

    def _load_all(self) -> None:
        """Load the commands of all kinds and of the entry point group, once."""
        if self._complete:
            return
        self._complete = True
        for name in commands.names():
            self.add_command(name, t.cast("t.Any", commands.find(name.split())))
        from stevedore import extension

        for entry in extension.ExtensionManager[t.Any](GROUP).list_entry_points():
            name = entry.name.replace("_", " ").removeprefix(_PREFIX)
            self.commands.setdefault(name, entry)
