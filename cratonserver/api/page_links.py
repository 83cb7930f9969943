# SPDX-License-Identifier: Apache-2.0
"""The links from a page of a list to other pages."""

from __future__ import annotations

import json
import typing as t
from urllib import parse

from cratonserver.db.markers import Marker

#: The maximum length of the values in a link. URLs have a maximum length, too.
_MAX_VALUES = 1000


def links(
    url: str,
    parameters: t.Mapping[str, t.Any],
    marker: Marker | None,
    previous: Marker | None,
    following: Marker | None,
) -> list[dict[str, str]]:
    """Return the links of a page.

    :param url: URL of the list.
    :param parameters: parameters that all links contain.
    :param marker: marker of this page, ``None`` for the first page.
    :param previous: marker of the previous page, ``None`` if that is the first page.
    :param following: marker of the next page, ``None`` if this page is empty.
    """
    base = f"{url}?{parse.urlencode(parameters, doseq=True)}"

    def link(rel: str, after: Marker | None) -> dict[str, str]:
        more = "" if after is None else f"&{parse.urlencode(_marker_parameters(after))}"
        return {"href": base + more, "rel": rel}

    found = [link("first", None), link("prev", previous), link("self", marker)]
    return found if following is None else [*found, link("next", following)]


def _marker_parameters(marker: Marker) -> dict[str, str]:
    values = None if marker.values is None else json.dumps(marker.values)
    if values is None or len(values) > _MAX_VALUES:
        return {"marker": marker.text}
    return {"marker": marker.text, "marker_values": values}
