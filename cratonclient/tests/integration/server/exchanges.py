# SPDX-License-Identifier: Apache-2.0
"""What was recorded of the original server, and how answers are compared with it.

``data/exchanges.jsonl`` has one exchange in each line, in the order in which they
were made. An answer has the content type ``application/json`` where nothing else is
said, and every answer has an ``x-openstack-request-id``.
"""

from __future__ import annotations

import json
import pathlib
import re
import typing as t
from urllib import parse

from cratonclient.tests.integration.server import base

PATH = pathlib.Path(__file__).parent / "data" / "exchanges.jsonl"

#: The host of the recordings.
RECORDED_HOST = "craton.example:7780"

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$")
_REQUEST_ID = re.compile(r"^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
#: The headers that are compared. Others are the business of the WSGI server.
_HEADERS = ("Allow", "Content-Length", "Content-Type", "Location")


class Exchange(t.NamedTuple):
    """One of the recorded exchanges."""

    name: str
    request: dict[str, t.Any]
    answer: dict[str, t.Any]


class Seen(t.NamedTuple):
    """What is compared of an answer: time stamps, orders and hosts do not matter."""

    status: int
    headers: dict[str, t.Any]
    body: str


def read() -> list[Exchange]:
    """Read the recording."""
    lines = [json.loads(line) for line in PATH.read_text().splitlines()]
    return [Exchange(line["name"], line, line["answer"]) for line in lines]


def recorded(exchange: Exchange) -> Seen:
    """Give what the original server answered."""
    answer = exchange.answer
    body = json.dumps(answer["json"]) if "json" in answer else answer.get("text", "")
    return _seen(
        answer["status"],
        {"Content-Type": base.JSON, **answer.get("headers", {})},
        body.replace(RECORDED_HOST, base.HOST),
        exchange.request["method"],
    )


def answered(exchange: Exchange, answer: base.Answer) -> Seen:
    """Give what the server under test answered."""
    headers = {name.title(): value for name, value in answer.headers.items()}
    request_id = headers.get("X-Openstack-Request-Id", "")
    assert _REQUEST_ID.match(request_id), request_id
    return _seen(answer.status, headers, answer.text, exchange.request["method"])


def _seen(status: int, headers: t.Mapping[str, str], body: str, method: str) -> Seen:
    found: dict[str, t.Any] = {n: headers[n] for n in _HEADERS if n in headers}
    if method != "HEAD":
        found.pop("Content-Length", None)
    if status == 204:  # it has no content: what type would that have?
        found.pop("Content-Type", None)
    if "Allow" in found:
        found["Allow"] = sorted(found["Allow"].split(", "))
    if "Location" in found:
        found["Location"] = found["Location"].replace(RECORDED_HOST, base.HOST)
    if body:
        body = json.dumps(_normal(json.loads(body)), indent=1, sort_keys=True)
    return Seen(status, found, body)


def _normal(value: t.Any, key: str = "") -> t.Any:
    """Replace what differs from run to run, or may."""
    if isinstance(value, dict):
        return {name: _normal(member, name) for name, member in value.items()}
    if isinstance(value, list):
        members = [_normal(member, key) for member in value]
        return sorted(members) if key == "labels" else members
    if isinstance(value, str) and key in ("created_at", "updated_at") and _TIME.match(value):
        return "TIME"
    if isinstance(value, str) and key == "href":
        url, _, query = value.partition("?")
        return {"url": url, "query": sorted(parse.parse_qsl(query, keep_blank_values=True))}
    return value
