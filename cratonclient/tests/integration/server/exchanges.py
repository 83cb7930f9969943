# SPDX-License-Identifier: Apache-2.0
"""The exchanges recorded from the original server, and the comparison with them.

``data/exchanges.jsonl`` has one exchange per line, in the order of recording. A response
has the content type ``application/json`` unless its line says otherwise, and every
response has an ``x-openstack-request-id``.
"""

from __future__ import annotations

import json
import pathlib
import re
import typing as t
from urllib import parse

from cratonclient.tests.integration.server import base

PATH = pathlib.Path(__file__).parent / "data" / "exchanges.jsonl"

#: The host in the recordings.
RECORDED_HOST = "craton.example:7780"

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$")
_REQUEST_ID = re.compile(r"^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
#: The compared headers. The WSGI server sets the remaining ones.
_HEADERS = ("Allow", "Content-Length", "Content-Type", "Location")

#: The parameters that only this server adds to links, as the table of differences says.
_ADDED = ("marker_values",)


class Exchange(t.NamedTuple):
    """A recorded exchange."""

    name: str
    request: dict[str, t.Any]
    answer: dict[str, t.Any]


class Seen(t.NamedTuple):
    """The compared parts of a response. Times, orders and hosts are ignored."""

    status: int
    headers: dict[str, t.Any]
    body: str


def read() -> list[Exchange]:
    """Return the recorded exchanges."""
    lines = [json.loads(line) for line in PATH.read_text().splitlines()]
    return [Exchange(line["name"], line, line["answer"]) for line in lines]


def recorded(exchange: Exchange) -> Seen:
    """Return the compared parts of the original server's response."""
    answer = exchange.answer
    body = json.dumps(answer["json"]) if "json" in answer else answer.get("text", "")
    return _seen(
        answer["status"],
        {"Content-Type": base.JSON, **answer.get("headers", {})},
        body.replace(RECORDED_HOST, base.HOST),
        exchange.request["method"],
    )


def answered(exchange: Exchange, answer: base.Answer) -> Seen:
    """Return the compared parts of this server's response."""
    headers = {name.title(): value for name, value in answer.headers.items()}
    request_id = headers.get("X-Openstack-Request-Id", "")
    assert _REQUEST_ID.match(request_id), request_id
    return _seen(answer.status, headers, answer.text, exchange.request["method"])


def _seen(status: int, headers: t.Mapping[str, str], body: str, method: str) -> Seen:
    found: dict[str, t.Any] = {n: headers[n] for n in _HEADERS if n in headers}
    if method != "HEAD":
        found.pop("Content-Length", None)
    if status == 204:  # no content, so the type is irrelevant
        found.pop("Content-Type", None)
    if "Allow" in found:
        found["Allow"] = sorted(found["Allow"].split(", "))
    if "Location" in found:
        found["Location"] = found["Location"].replace(RECORDED_HOST, base.HOST)
    if body:
        body = json.dumps(_normal(json.loads(body)), indent=1, sort_keys=True)
    return Seen(status, found, body)


def _normal(value: t.Any, key: str = "") -> t.Any:
    """Replace values that may differ between runs."""
    if isinstance(value, dict):
        return {name: _normal(member, name) for name, member in value.items()}
    if isinstance(value, list):
        members = [_normal(member, key) for member in value]
        return sorted(members) if key == "labels" else members
    if isinstance(value, str) and key in ("created_at", "updated_at") and _TIME.match(value):
        return "TIME"
    if isinstance(value, str) and key == "href":
        url, _, query = value.partition("?")
        parameters = parse.parse_qsl(query, keep_blank_values=True)
        return {"url": url, "query": sorted(p for p in parameters if p[0] not in _ADDED)}
    return value
