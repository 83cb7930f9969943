# SPDX-License-Identifier: Apache-2.0
"""Deliver changes to one webhook: read the log after its position, and post what matches.

A change is delivered at least once: the position moves on after the receiver has accepted the
change. A process that is killed in between leaves the position where it was. Changes are
delivered in order: after a failure, the same change is tried again.
"""

from __future__ import annotations

import logging
import time
import typing as t

from cratonserver.config import settings
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import pages, reading
from cratonserver.db.store import Store
from cratonserver.webhooks import matching, messages
from cratonserver.webhooks.clock import Clock, back_off
from cratonserver.webhooks.schedule import Schedule
from cratonserver.webhooks.sender import Outcome, Sender

LOG = logging.getLogger(__name__)

#: The number of changes that are read at once.
_PAGE = 20
#: Seconds after which another webhook has its turn.
_TURN = 5.0


class _Step(t.NamedTuple):
    """A step of a delivery.

    :param position: revision that the webhook knows afterwards.
    :param message: message to post before, ``None`` if the changes up to there do not match.
    """

    position: int
    message: messages.Message | None


class Delivery:
    """The delivery of changes to webhooks.

    :param store: the store.
    :param schedule: the webhooks of the fleet.
    :param sender: posts messages.
    :param limits: the settings.
    :param clock: the clock.
    :param count: function that counts outcomes, for the metrics.
    """

    def __init__(
        self,
        store: Store,
        schedule: Schedule,
        sender: Sender,
        limits: settings.Webhooks,
        clock: Clock,
        count: t.Callable[[bool], object] = lambda delivered: None,
    ) -> None:
        self._store = store
        self._schedule = schedule
        self._sender = sender
        self._limits = limits
        self._clock = clock
        self._count = count

    def run(self, webhook_id: int, stopping: t.Callable[[], bool] = lambda: False) -> None:
        """Deliver changes to a webhook for a while, unless another process does.

        :param stopping: returns True when the process ends.
        """
        webhook = self._schedule.take(webhook_id)
        if webhook is None:
            return
        end = time.monotonic() + _TURN
        reached, before = webhook["position"] or 0, None
        while reached != before:
            before = reached
            for step in self._steps(webhook, reached):
                if step.message is not None:
                    webhook = self._keep(webhook, reached)
                    if webhook is not None:
                        webhook = self._post(webhook, step.position, step.message)
                if webhook is None:
                    return
                reached = step.position
                if stopping() or time.monotonic() > end:
                    before = reached
                    break
        self._leave(webhook, reached)

    def _leave(self, webhook: Row, reached: int) -> None:
        """Let a webhook go.

        :param reached: revision of the last change that it was told of, or that did not match.
        """
        is_noted = reached == (webhook["position"] or 0)
        if is_noted or self._advance(webhook, reached) is not None:
            self._schedule.let_go(webhook)

    def _keep(self, webhook: Row, reached: int) -> Row | None:
        """Keep a webhook and return it, ``None`` if that ends its turn.

        :param reached: as for :meth:`_leave`. It is noted now, and not for each page of
            changes, because most changes may not match.
        """
        if reached != (webhook["position"] or 0):
            return self._advance(webhook, reached)
        return webhook if self._schedule.keep(webhook) else None

    def _post(self, webhook: Row, position: int, message: messages.Message) -> Row | None:
        """Post a message, and return the webhook; ``None`` if that ends its turn.

        :param position: revision that the webhook knows afterwards.
        """
        outcome = self._sender.post(webhook["url"], webhook["signing_secret"], *message)
        self._count(outcome.error is None)
        if outcome.error is not None:
            self._fail(webhook, outcome)
            return None
        noted = {"last_delivered_at": self._clock.after(0), "last_status": outcome.status}
        forgotten = dict.fromkeys(
            ("last_error", "failures", "failing_since_at", "next_attempt_at")
        )
        return self._advance(webhook, position, **noted, **forgotten)

    def _advance(self, webhook: Row, position: int, **noted: t.Any) -> Row | None:
        """Note the position. If somebody has set it or switched it off, let the webhook go."""
        found = self._schedule.advance(webhook, position, **noted)
        if found is None or not found["active"]:
            self._schedule.let_go(webhook)
            return None
        return found

    def _steps(self, webhook: Row, position: int) -> t.Iterator[_Step]:
        """Generate what to do for a page of changes, nothing if there are none.

        :param position: revision that the page comes after.
        """
        last, changes = self._page(webhook["project_id"], position)
        first = changes[0]["revision"] if changes else last + 1
        if first > position + 1:  # the log does not have them any more
            missed = messages.of_missed(webhook, position + 1, first - 1, self._now())
            yield _Step(first - 1, missed)
        matches = True
        for change in changes:
            message = self._message(webhook, change)
            matches = message is not None
            if matches:
                yield _Step(change["revision"], message)
        if not matches:
            yield _Step(changes[-1]["revision"], None)

    def _page(self, project_id: str, position: int) -> tuple[int, list[Row]]:
        """Return the last revision of a project, and some changes after a position."""
        tables = self._store.tables
        query = pages.Query(project_id, _PAGE, descending=False, marker=position)
        with self._store.read() as connection:
            # The last revision first: a change that is made in between is on the page.
            last = reading.last_revision(connection, tables, project_id)
            return last, pages.page(connection, tables, query)

    def _message(self, webhook: Row, change: Row) -> messages.Message | None:
        """Return the message about a change, ``None`` if the change does not match."""
        tables = self._store.tables
        counts = matching.counts(tables, webhook, change)
        if not counts:
            return None
        limits = matching.Limits(self._limits.webhook_objects, self._limits.webhook_size)
        with self._store.read() as connection:
            found = matching.objects(connection, tables, webhook, change, limits)
        if found is not None and not found:
            return None
        shown = {**change, "counts": counts}
        message = messages.of_change(webhook, shown, found, self._now())
        if len(message.body) > limits.size:
            message = messages.of_change(webhook, shown, None, self._now())
        return message

    def _fail(self, webhook: Row, outcome: Outcome) -> None:
        """Note a failure, and when to try again. After a long time, switch it off."""
        failures = (webhook["failures"] or 0) + 1
        since = webhook["failing_since_at"] or self._now()
        level = logging.INFO if failures > 1 else logging.WARNING
        LOG.log(level, "Webhook %d failed: %s", webhook["id"], outcome.error)
        patience = self._limits.webhook_patience * 3600
        why = ""
        if outcome.is_gone:
            why = "the receiver responded with 410"
        elif patience and self._clock.since(since) > patience:
            why = f"it has failed since {since}: {outcome.error}"
        if why:
            self._schedule.switch_off(webhook, why)
            LOG.warning("Webhook %d was switched off: %s", webhook["id"], why)
        self._schedule.let_go(
            webhook,
            failures=failures,
            failing_since_at=since,
            last_error=outcome.error,
            last_status=outcome.status,
            next_attempt_at=self._clock.after(back_off(failures)),
        )

    def _now(self) -> str:
        return self._clock.after(0)
