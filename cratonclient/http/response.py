# SPDX-License-Identifier: Apache-2.0
"""Read the body of a response, and check that it is a JSON object."""

from __future__ import annotations

import collections.abc
import re
import typing as t

from cratonclient import exceptions
from cratonclient.exceptions import parse_json
from cratonclient.printable import printable

if t.TYPE_CHECKING:
    import requests


#: An entity tag. A proxy that compresses responses makes it weak.
TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,100}"')


def entity_tag(response: t.Any) -> str | None:
    """Return the entity tag of a response; ``None`` if it has none.

    :param response: response to a request.
    """
    tag = getattr(response, "headers", {}).get("ETag")
    return tag if isinstance(tag, str) and TAG.fullmatch(tag) else None


def check_deletion(response: requests.Response) -> None:
    """Check that a Craton server sent the response to a deletion.

    It is 204. A captive portal or a proxy sends a page, or nothing, with the status 200.

    :param response: response to a DELETE request, with a status below 300.
    :raises cratonclient.exceptions.UnexpectedResponse: if it is not 204.
    """
    status = getattr(response, "status_code", None)
    if isinstance(status, int) and status != 204:
        raise exceptions.UnexpectedResponse(
            f"The response from {response.url} to a deletion has the status {status} instead "
            "of 204. Check that the URL belongs to a Craton server.",
            response=response,
        )


def body_of(response: requests.Response) -> dict[str, t.Any]:
    """Return the body of a response as a dictionary.

    :param response: response of a Craton server.
    :raises cratonclient.exceptions.UnexpectedResponse: if the body is not a JSON object.
    """
    body = parse_json(response)
    if isinstance(body, collections.abc.Mapping):
        return t.cast("dict[str, t.Any]", body)
    if response.status_code == 204 or not response.content:
        raise exceptions.UnexpectedResponse(
            f"The response from {response.url} has no body. Check that the URL belongs to a "
            "Craton server.",
            response=response,
        )
    content_type = printable(response.headers.get("Content-Type", "none"))
    raise exceptions.UnexpectedResponse(
        f"The response from {response.url} is not a JSON object (content type: "
        f"{content_type}). Check that the URL belongs to a Craton server.",
        response=response,
    )
