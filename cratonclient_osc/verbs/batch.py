# SPDX-License-Identifier: Apache-2.0
"""Run an action for many objects: progress, failures, and Ctrl-C."""

from __future__ import annotations

import shlex
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc.output import exit_status, terminal

if t.TYPE_CHECKING:
    from cratonclient_osc.verbs import resource_command

#: The maximum number of remaining names in the message after Ctrl-C.
_MAX_NAMES = 20

#: An action for an object that the user typed. It clears the progress counter before it
#: writes to the terminal. It returns :data:`KEPT` if it did nothing.
Action = t.Callable[[str, terminal.Progress], object]
#: The result of an action that left its object as it was, because the user said no.
KEPT = object()


def run(
    command: resource_command.ResourceCommand,
    names: t.Sequence[str],
    act: Action,
    done: str = "",
) -> int:
    """Run an action for each object; report each failure and continue.

    After Ctrl-C, say what is done and how to go on.

    :param command: the command. Its ``report`` reports the failures.
    :param names: the objects as typed.
    :param act: the action.
    :param done: what the action does to an object, such as ``deleted``. Empty if it changes
        nothing.
    :returns: the exit status; see :func:`combined`.
    :raises KeyboardInterrupt: after Ctrl-C.
    """
    statuses: list[int] = []
    kept = 0
    with terminal.Progress(
        command.kind.plural, command.app.stderr, len(names), command.quiet
    ) as progress:
        for name in names:
            try:
                kept += act(name, progress) is KEPT
            except exceptions.ClientException as exc:
                progress.clear()
                statuses.append(command.report(exc, f"{name}: " if len(names) > 1 else ""))
            except KeyboardInterrupt:
                progress.clear()
                if done and len(names) > 1:
                    _report_rest(command, names, statuses, kept, done)
                raise
            else:
                statuses.append(exit_status.DONE)
            progress.add()
    return combined(statuses)


def combined(statuses: t.Collection[int]) -> int:
    """Return the exit status of many actions: that of all if they agree, otherwise 1."""
    return next(iter(statuses)) if len({*statuses}) == 1 else exit_status.FAILED


def _report_rest(
    command: resource_command.ResourceCommand,
    names: t.Sequence[str],
    statuses: t.Sequence[int],
    kept: int,
    done: str,
) -> None:
    """Log how many objects are done, and the names of the others."""
    rest = names[len(statuses) :]
    shown = shlex.join(rest[:_MAX_NAMES]) + (" …" if len(rest) > _MAX_NAMES else "")
    failed = len(statuses) - statuses.count(exit_status.DONE)
    others = (f", {kept} kept" if kept else "") + (f", {failed} failed" if failed else "")
    # A long list cannot be typed again; the objects that are gone can be ignored.
    advice = (
        "repeat the command with the names that are left"
        if len(rest) <= _MAX_NAMES
        else "repeat the whole command with --ignore-missing. The first names that are left"
    )
    command.app.LOG.error(
        "%s",
        printable(
            f"Interrupted: {len(statuses) - failed - kept} of {len(names)} "
            f"{command.kind.plural} {done}{others}, {len(rest)} left. The first of them "
            f"may be {done}, too. To go on, {advice}: {shown}"
        ),
    )
