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

#: The header of a request for a list whose objects have their entity tags, and the key of the
#: tag in an object. Servers without entity tags ignore the header.
ROW_TAGS, ROW_TAG = "X-Craton-Entity-Tags", "entity_tag"


def entity_tag(response: t.Any) -> str | None:
    """Return the entity tag of a response; ``None`` if it has none.

    :param response: response to a request.
    """
    return checked_tag(getattr(response, "headers", {}).get("ETag"))


def checked_tag(tag: object) -> str | None:
    """Return an entity tag that a server sent; ``None`` if it is not one."""
    return tag if isinstance(tag, str) and TAG.fullmatch(tag) else None


def revision(tag: str | None) -> int | None:
    """Return the revision of the last change of an object, which its entity tag contains.

    If that change was removed from the history, this is the last revision that was removed.

    :param tag: entity tag of the object. A proxy that compresses responses adds to it.
    :returns: ``None`` without a tag, and for the tag of another server.

    >>> revision('"7"'), revision('"7.12"'), revision('W/"7-gzip"')
    (7, 7, 7)
    """
    text = (tag or "").removeprefix("W/").strip('"')
    rest = text.lstrip("0123456789")
    number = text.removesuffix(rest)
    is_one = 0 < len(number) < 19 and not number.startswith("0")
    return int(number) if is_one and rest[:1] in ("", ".", "-", ";", ":") else None


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
