# SPDX-License-Identifier: Apache-2.0
"""URLs of PostgreSQL with several hosts: a primary and its standbys.

libpq accepts ``postgresql://craton@db1:5432,db2:5433/fleet``. SQLAlchemy does not, so the
hosts become the parameters ``host`` and ``port`` of the connection, which libpq also accepts
in the query: ``postgresql://craton@/fleet?host=db1,db2&port=5432,5433``.
"""

from __future__ import annotations

import re

import sqlalchemy as sa

_SEVERAL_HOSTS = re.compile(
    r"(?P<start>[^:/?#]+://(?:[^/?#]*@)?)(?P<hosts>[^/?#@]*,[^/?#@]*)(?P<rest>.*)", re.DOTALL
)
#: A host, with its port if there is one. An IPv6 address with a port is in brackets.
_HOST = re.compile(r"(?:\[(?P<address>[^\]]+)\]|(?P<host>[^:]*))(?::(?P<port>\d*))?")
#: Stands for the hosts in a URL until they are inserted.
_HOSTS = "hosts.invalid"


def parse(text: str) -> sa.URL:
    """Parse a URL with one host or several.

    :raises ValueError: if it is not valid.
    :raises sqlalchemy.exc.ArgumentError: if it is not valid.
    """
    found = _SEVERAL_HOSTS.fullmatch(text)
    if found is None:
        url = sa.make_url(text)
        hosts = url.query.get("host", "")
        # The form of SQLAlchemy: ?host=db1:5432&host=db2:5433
        return url if isinstance(hosts, str) else _with_hosts(url, hosts)
    url = sa.make_url(found["start"] + found["rest"])
    return _with_hosts(url, found["hosts"].split(","))


def _with_hosts(url: sa.URL, words: list[str] | tuple[str, ...]) -> sa.URL:
    """Return a URL with the parameters ``host`` and ``port``."""
    hosts, ports = [], []
    for word in words:
        found = _HOST.fullmatch(word)
        if found is None:
            raise ValueError(f"{word!r} is not HOST or HOST:PORT")
        hosts.append(found["address"] or found["host"])
        ports.append(found["port"] or "")
    parameters = {"host": ",".join(hosts)} | ({"port": ",".join(ports)} if any(ports) else {})
    return url.difference_update_query(["host", "port"]).update_query_dict(parameters)


def has_several_hosts(url: sa.URL) -> bool:
    """Return True if a parsed URL has more than one host."""
    return "," in url.query.get("host", url.host or "")


def render(url: sa.URL) -> str:
    """Return a parsed URL as text, with the hosts in their usual place and no password."""
    hosts, ports = (str(url.query.get(name, "")).split(",") for name in ("host", "port"))
    if len(hosts) == 1 or "/" in hosts[0]:
        return url.render_as_string(hide_password=True)
    ports += [""] * (len(hosts) - len(ports))
    words = [
        (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
        for host, port in zip(hosts, ports, strict=False)
    ]
    bare = url.difference_update_query(["host", "port"]).set(host=_HOSTS)
    return bare.render_as_string(hide_password=True).replace(_HOSTS, ",".join(words))
