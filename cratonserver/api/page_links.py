# SPDX-License-Identifier: Apache-2.0
"""The links from a page of a list to other pages."""

from __future__ import annotations

import typing as t
from urllib import parse


def links(
    url: str,
    parameters: t.Mapping[str, t.Any],
    marker: t.Any,
    previous: t.Any,
    last: t.Any,
) -> list[dict[str, str]]:
    """Return the links of a page.

    :param url: URL of the list.
    :param parameters: parameters that all links contain.
    :param marker: marker of this page, ``None`` for the first page.
    :param previous: marker of the previous page, ``None`` if that is the first page.
    :param last: id of the last row of this page, ``None`` if it is empty.
    """
    base = f"{url}?{parse.urlencode(parameters)}"

    def link(rel: str, after: t.Any) -> dict[str, str]:
        more = "" if after is None else f"&{parse.urlencode({'marker': after})}"
        return {"href": base + more, "rel": rel}

    found = [link("first", None), link("prev", previous), link("self", marker)]
    return found if last is None else [*found, link("next", last)]
