# SPDX-License-Identifier: Apache-2.0
"""``/v1/docs``: the OpenAPI document as an HTML page.

The page is self-contained: it loads no scripts, fonts or style sheets, and its
Content-Security-Policy forbids them.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import pathlib
import typing as t

from cratonserver.openapi.json_schemas import JsonSchema
from cratonserver.openapi.operations import Operation

#: The methods that the page shows. HEAD and OPTIONS would repeat them.
_SHOWN = ("get", "post", "put", "delete")


def page(document: t.Mapping[str, t.Any], document_url: str = "openapi.json") -> str:
    """Return the HTML page of a document.

    :param document: OpenAPI document, see :func:`cratonserver.openapi.document.document`.
    :param document_url: URL of the document, relative to the page.
    """
    info, tags = document["info"], document["tags"]
    menu = "".join(f'<a href="#{_slug(tag)}">{_text(tag["name"])}</a>' for tag in tags)
    schemes = document["components"]["securitySchemes"].values()
    headers = _rows((s["name"], "header", s["description"]) for s in schemes)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(info['title'])} API</title><style>{style()}</style></head><body>"
        f"<nav><strong>{_text(info['title'])}</strong>{menu}</nav><main>"
        f"<h1>{_text(info['title'])} API</h1><p>{_text(info['description'])}</p>"
        f'<p class="soft">For tools: <a href="{_text(document_url)}">openapi.json</a></p>'
        f"<h3>Authentication</h3>{headers}"
        f"{''.join(_chapter(document, tag) for tag in tags)}</main></body></html>\n"
    )


@functools.cache
def style() -> str:
    """Return the style sheet."""
    return pathlib.Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _chapter(document: t.Mapping[str, t.Any], tag: t.Mapping[str, str]) -> str:
    """Return the HTML of the operations with a tag."""
    found = [
        _operation(document, path, method, item)
        for path, item in document["paths"].items()
        for method in _SHOWN
        if tag["name"] in item.get(method, {}).get("tags", ())
    ]
    title = f'<h2 id="{_slug(tag)}">{_text(tag["name"])}</h2>'
    return f'{title}<p class="soft">{_text(tag["description"])}</p>{"".join(found)}'


def _operation(
    document: t.Mapping[str, t.Any], path: str, method: str, item: t.Mapping[str, t.Any]
) -> str:
    described: Operation = item[method]
    parts = []
    parameters = [*item.get("parameters", ()), *described["parameters"]]
    if parameters:
        known = [_resolve(document, one) for one in parameters]
        rows = [(one["name"], _type(one["schema"]), one["description"]) for one in known]
        parts.append(f"<h3>Parameters</h3>{_rows(rows)}")
    body = described.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        parts.append(f"<h3>Body (* required)</h3>{_members(document, body['schema'])}")
        example = json.dumps(body["example"], indent=2)
        parts.append(f"<h3>Example</h3><pre>{_text(example)}</pre>")
    responses = [_response(document, status, r) for status, r in described["responses"].items()]
    parts.append(f"<h3>Responses</h3>{_rows(responses)}")
    return (
        f'<details class="{method}"><summary><b>{method.upper()}</b><code>{_text(path)}</code>'
        f"<span>{_text(described['summary'])}</span></summary>"
        f"<section>{''.join(parts)}</section></details>"
    )


def _response(
    document: t.Mapping[str, t.Any], status: str, response: t.Mapping[str, t.Any]
) -> tuple[str, str, str]:
    found = _resolve(document, response)
    schema = found.get("content", {}).get("application/json", {}).get("schema")
    return status, _type(schema) if schema else "no body", found["description"]


def _members(document: t.Mapping[str, t.Any], schema: JsonSchema) -> str:
    """Return the HTML of the members of a body, or of its type if it has no members."""
    found = _resolve(document, schema)
    needed = found.get("required", ())
    rows = [
        (f"{name} *" if name in needed else name, _type(member), member.get("description", ""))
        for name, member in found.get("properties", {}).items()
    ]
    return _rows(rows) if rows else f"<p>{_text(_type(found))}</p>"


def _resolve(document: t.Mapping[str, t.Any], part: t.Mapping[str, t.Any]) -> t.Any:
    if "$ref" not in part:
        return part
    found: t.Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def _type(schema: JsonSchema) -> str:
    """Return a short description of the type of a schema, such as ``array of string``."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "allOf" in schema:
        return _type(schema["allOf"][0])
    if "type" not in schema:
        return " or ".join(_type(each) for each in schema.get("anyOf", ())) or "any value"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    text = " or ".join(kinds)
    if "items" in schema:
        text += f" of {_type(schema['items'])}"
    if "enum" in schema:
        text = ", ".join(map(str, schema["enum"]))
    if "default" in schema:
        text += f"; default {json.dumps(schema['default'])}"
    return text


def _rows(rows: t.Iterable[tuple[str, str, str]]) -> str:
    lines = (
        f"<tr><td><code>{_text(name)}</code></td><td>{_text(kind)}</td>"
        f'<td class="soft">{_text(description)}</td></tr>'
        for name, kind, description in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _slug(tag: t.Mapping[str, str]) -> str:
    return _text(tag["name"].replace(" ", "-"))


def _text(text: object) -> str:
    return html.escape(str(text))


def content_security_policy() -> str:
    """Return the Content-Security-Policy: it allows the style sheet of the page only."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    styles = f"default-src 'none'; style-src 'sha256-{digest}'"
    return f"{styles}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
