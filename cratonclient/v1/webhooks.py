# SPDX-License-Identifier: Apache-2.0
"""Webhooks: URLs that the server tells of the changes of a project."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonclient.fields import NOT_STORED, Cli, Field, Ref, Storage
from cratonclient.http.response import body_of
from cratonclient.v1 import shared

#: A place stays in a webhook when it is deleted, because undoing that brings it back.
_LASTING = Storage(foreign_key=False)
#: What the server notes when it delivers changes.
_NOTED: dict[str, t.Any] = {"create": False, "null": True}


class Webhook(crud.Resource):
    """A URL that the server tells of the changes of a project.

    A change is told if it changed an object of one of the kinds, in all of the places, and one
    of the fields. Without kinds, places or fields, all changes are told.
    """

    name = shared.name("project", example="cmdb")
    url = Field(
        str,
        "URL that changes are posted to",
        required=True,
        update=True,
        max_length=2048,
        cli=Cli(example="https://cmdb.example.com/craton"),
    )
    kinds = Field(
        list,
        "kinds of the objects, such as hosts; by default all",
        null=True,
        update=True,
        clear=True,
        cli=Cli(example="hosts"),
    )
    changed_fields = Field(
        list,
        "fields and variables by path, such as ip_address, labels or variables.os.kernel; by "
        "default all",
        null=True,
        update=True,
        clear=True,
        cli=Cli(option="fields", example="variables.os.kernel"),
    )
    cloud_id = Ref(
        "clouds",
        "cloud that contains the objects",
        null=True,
        update=True,
        clear=True,
        storage=_LASTING,
    )
    region_id = Ref(
        "regions",
        "region that contains the objects",
        null=True,
        update=True,
        clear=True,
        storage=_LASTING,
    )
    cell_id = Ref(
        "cells",
        "cell that contains the objects",
        null=True,
        update=True,
        clear=True,
        storage=_LASTING,
    )
    active = Field(
        bool,
        "deliver changes; the server switches this off after a long time of failures",
        update=True,
        default=True,
        cli=Cli(off="inactive"),
    )
    project_id = shared.PROJECT
    position = Field(
        int,
        "revision of the last change that was delivered or did not match; later changes follow",
        create=False,
        null=True,
        update=True,
    )
    last_delivered_at = Field(str, "time of the last successful delivery, in UTC", **_NOTED)
    last_status = Field(int, "HTTP status of the response to the last delivery", **_NOTED)
    last_error = Field(
        str, "why the last delivery failed; empty after a success", max_length=1000, **_NOTED
    )
    failures = Field(int, "number of failures since the last success", **_NOTED)
    failing_since_at = Field(str, "time of the first of them, in UTC", **_NOTED)
    next_attempt_at = Field(str, "time of the next attempt after a failure, in UTC", **_NOTED)
    secret = Field(
        str,
        "secret that signs what is posted; only the response that creates it shows it",
        create=False,
        secret=True,
        shown="created",
        storage=NOT_STORED,
    )

    filters = ("id", "name", "active")
    columns = ("id", "name", "url", "active", "last_delivered_at", "failures", "last_error")
    unique = ("project_id", "name")
    in_change_sets = False


class WebhookManager(crud.CRUDClient[Webhook]):
    """A manager for webhooks.

    >>> webhook = craton.webhooks.create(name='cmdb', url='https://cmdb.example.com/craton')
    >>> webhook.secret[:6]
    'whsec_'
    """

    key = "webhook"
    feature = "webhooks"
    base_path = "/webhooks"
    resource_class = Webhook

    def test(self, item_id: int | str | Webhook) -> crud.Outcome:
        """Send a message of the type ``ping`` to the URL of a webhook.

        :param item_id: id of the webhook, or the webhook.
        :returns: the response of the receiver. A failure is no exception.
        :raises cratonclient.exceptions.NotFound: if the webhook does not exist.

        >>> craton.webhooks.test(webhook.id).status
        204
        """
        url = self._item_url(item_id, True, {})
        found = body_of(self.session.post(f"{url}/test", json={}))
        return crud.Outcome(
            found.get("status"), found.get("error"), float(found.get("seconds") or 0)
        )
