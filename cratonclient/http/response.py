# SPDX-License-Identifier: Apache-2.0
"""Read what a server answered, without trusting that it is what it should be."""

from __future__ import annotations

import collections.abc
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable

if t.TYPE_CHECKING:
    import requests


def body_of(response: requests.Response) -> dict[str, t.Any]:
    """Read an answer that must be a JSON object.

    :raises cratonclient.exceptions.UnexpectedResponse: when it is not.
    """
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, collections.abc.Mapping):
        return t.cast("dict[str, t.Any]", body)
    kind = printable(response.headers.get("Content-Type", "something"))
    raise exceptions.UnexpectedResponse(
        f"The answer from {response.url} is {kind}, not the JSON object that Craton "
        "sends. Is the URL the one of a Craton server?",
        response=response,
    )
