# SPDX-License-Identifier: Apache-2.0
"""The command ``change follow``: print changes as they happen, also after a break."""

from __future__ import annotations

import argparse
import itertools
import select
import time
import typing as t

from cratonclient import exceptions
from cratonclient_osc.change import command, filters, lines, lists, summary
from cratonclient_osc.output import exit_status, values
from cratonclient_osc.verbs import display
from cratonclient_osc.verbs import lists as all_lists

#: The seconds that one request waits. The output may be closed meanwhile, so they are few.
_WAIT = 5
#: The seconds between requests if nothing was awaited.
_INTERVAL = 0.5
#: The seconds until the first attempt to connect again, and the most.
_FIRST_PAUSE, _LAST_PAUSE = 1.0, 30.0

#: The errors after which it is worth trying again.
_BREAKS = (
    exceptions.ConnectionFailed,
    exceptions.Timeout,
    exceptions.TooManyRequests,
    exceptions.HTTPServerError,
    exceptions.UnexpectedResponse,
)


class ChangeFollow(display.Lister, command.ChangeCommand):
    """Print changes as they happen, until Ctrl-C. A lost connection is opened again"""

    streams = True
    counted = "changes"
    columns = summary.KNOWN

    @property
    def targets(self) -> command.Targets:  # type: ignore[override]
        """The collections whose names the options complete."""
        return {"project": "projects", **filters.targets()}

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the filters, and where to begin and to end."""
        parser = super().get_parser(prog_name)
        filters.add_options(parser)
        parser.add_argument(
            "--after",
            metavar="<revision>",
            type=command.from_zero,
            help="begin after this revision, 0 for all changes; by default, only changes from "
            "now on",
        )
        parser.add_argument(
            "--limit",
            metavar="<number>",
            type=all_lists.row_count,
            help="end after this number of changes",
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command. Ctrl-C is its usual end."""
        try:
            return super().run(parsed_args)
        except KeyboardInterrupt:
            return exit_status.INTERRUPTED

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, t.Any]:
        """Return the changes, one for each row."""
        self.check_columns(summary.KNOWN, parsed_args)
        if parsed_args.sort_columns:
            raise exit_status.UsageError("--sort-column cannot sort a list without an end.")
        names = list(dict.fromkeys(parsed_args.columns)) or list(summary.COLUMNS)
        wanted = filters.values(self, parsed_args)
        with self.needing("follow"):
            after = parsed_args.after
            if after is None:
                project = {n: v for n, v in wanted.items() if n == "project_id"}
                after = self.client.changes.last_revision(**project)
            first = self.client.changes.poll(after, wait=0, **wanted)
        found = itertools.islice(self._changes(first, wanted), parsed_args.limit)
        return names, self._rows(found, names)

    def emit(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> None:
        """Print the changes. A table cannot be as wide as rows that are not there yet."""
        if parsed_args.formatter == "table":
            lines.write(column_names, data, self.app.stdout)
        else:
            super().emit(parsed_args, column_names, data)

    def _rows(
        self, found: t.Iterable[t.Any], names: t.Sequence[str]
    ) -> t.Iterator[tuple[t.Any, ...]]:
        """Generate rows. The output is flushed before the next change is awaited."""
        for change in found:
            complete = self._again(lists.with_objects, self.client, change, names)
            yield summary.row(complete, names)
            self.app.stdout.flush()

    def _changes(self, batch: t.Any, wanted: dict[str, t.Any]) -> t.Iterator[t.Any]:
        """Generate changes without an end. None is left out and none is repeated.

        :param batch: the first changes.
        :param wanted: the filters.
        :raises BrokenPipeError: if nobody reads the output any more.
        """
        while True:
            yield from batch.changes
            self._check_output()
            began = time.monotonic()
            poll = self.client.changes.poll
            batch = self._again(poll, batch.after, wait=_WAIT, **wanted)
            if not batch.changes and time.monotonic() - began < _INTERVAL:
                time.sleep(_INTERVAL)  # a fleet in a file cannot wait

    def _again(self, request: t.Callable[..., t.Any], *args: t.Any, **keywords: t.Any) -> t.Any:
        """Send a request until it succeeds, and say so when the connection is lost and back.

        :param request: function that sends the request, with its arguments.
        """
        pause = _FIRST_PAUSE
        for attempt in itertools.count():
            try:
                found = request(*args, **keywords)
            except _BREAKS as exc:
                message = exit_status.message_of(exc)
                if not attempt:
                    self.app.LOG.warning("%s Trying again until it works.", message)
                self._check_output()
                time.sleep(pause)
                pause = min(2 * pause, _LAST_PAUSE)
            else:
                if attempt:
                    self.app.LOG.warning("Connected again; no change was missed.")
                return found

    def _check_output(self) -> None:
        """Raise BrokenPipeError if the reader of the output has gone.

        Otherwise, ``craton change follow | head -1`` would wait for a second change.
        """
        try:
            descriptor = self.app.stdout.fileno()
        except (OSError, AttributeError):  # not a file of the operating system
            return
        poll = select.poll()
        poll.register(descriptor, 0)  # errors are always reported
        if any(event & select.POLLERR for _, event in poll.poll(0)):
            raise BrokenPipeError
