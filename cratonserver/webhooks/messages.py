# SPDX-License-Identifier: Apache-2.0
"""The messages that are posted to webhooks.

The type of a message is ``change``; ``missed``, if the log does not have changes any more that
a webhook was not told of; or ``ping``, for a test.
"""

from __future__ import annotations

import json
import typing as t
import uuid

from cratonserver.db.aliases import Row


class Message(t.NamedTuple):
    """A message.

    :param message_id: id. It stays the same when the message is repeated, so that a receiver
        can ignore what it knows.
    :param body: JSON.
    """

    message_id: str
    body: bytes


#: The values of a change that a message has.
_CHANGE = ("revision", "project_id", "created_at", "username", "role", "reason", "undoes")


def of_change(webhook: Row, change: Row, objects: t.Sequence[Row] | None, now: str) -> Message:
    """Return the message about a change.

    :param webhook: the webhook.
    :param change: the change, with its counts.
    :param objects: the objects that match, ``None`` if there are too many.
    :param now: the time.
    """
    data = {
        **{name: change[name] for name in _CHANGE},
        "counts": change["counts"],
        "truncated": objects is None,
        "objects": objects or [],
        "path": f"/v1/changes/{change['revision']}",
    }
    return _message(webhook, "change", str(change["revision"]), data, now)


def of_missed(webhook: Row, first: int, last: int, now: str) -> Message:
    """Return the message that the changes from one revision to another one are gone."""
    data = {"first_revision": first, "last_revision": last}
    return _message(webhook, "missed", f"{first}-{last}", data, now)


def ping(webhook: Row, now: str) -> Message:
    """Return the message of a test."""
    return _message(webhook, "ping", uuid.uuid4().hex, {}, now)


def _message(webhook: Row, type_: str, number: str, data: Row, now: str) -> Message:
    body = {
        "type": type_,
        "timestamp": f"{now}Z",
        "webhook": {"id": webhook["id"], "name": webhook["name"]},
        "data": data,
    }
    message_id = f"{type_}-{webhook['project_id']}-{webhook['id']}-{number}"
    return Message(message_id, json.dumps(body).encode())
