# SPDX-License-Identifier: Apache-2.0
"""What can be set, and what holds when nobody sets it.

The settings are declared here, once: the options of the command line, the names
in the environment, what a file may say, the sample file and the documentation
are made from these declarations by :mod:`cratonserver.config.configuration`. Names are
unique over all groups.
"""

from __future__ import annotations

import dataclasses
import typing as t
from urllib import parse

#: The group of the settings that stand at the top.
TOP = "DEFAULT"

_PROXY_HEADERS = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a setting may be.

    :param help: what it is, for the command line, the sample and the documentation.
    :param minimum: the smallest number.
    :param choices: all that it may be, and what each of them means.
    :param check: raises ValueError, saying what it has to be, for what it may not be.
    """

    help: str
    minimum: int | None = None
    choices: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    check: t.Callable[[str], object] | None = None


def address(text: str) -> tuple[str, int]:
    """Read HOST:PORT; an IPv6 address stands in brackets.

    :raises ValueError: when it is none.

    >>> address('[::1]:7780')
    ('::1', 7780)
    """
    host, colon, port = text.rpartition(":")
    bare = host.strip("[]")
    bracketed = host == f"[{bare}]"
    if not (
        colon
        and bare
        and bracketed == (":" in bare)
        and (bracketed or host == bare)
        and port.isascii()
        and port.isdigit()
        and int(port) < 65536
    ):
        raise ValueError("it has to be HOST:PORT, such as 127.0.0.1:7780 or [::1]:7780")
    return bare, int(port)


def http_url(text: str) -> str:
    """Read a URL at which a server can be reached.

    :returns: the URL, without a slash at its end.
    :raises ValueError: when it is none.
    """
    wanted = "it has to be the http:// or https:// URL of a server, without ? and #"
    try:
        parts = parse.urlsplit(text)
        usable = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port or 80) > 0
            and parts.username is None
            and not any(mark in text for mark in "?#")
            and text.isascii()
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(wanted)
    return text.rstrip("/")


def _setting(default: t.Any, help: str, **rule: t.Any) -> t.Any:
    return dataclasses.field(default=default, metadata={"rule": Rule(help, **rule)})


@dataclasses.dataclass(frozen=True)
class Serving:
    """What holds for craton-server run, and for no other WSGI server."""

    listen: str = _setting(
        "127.0.0.1:7780",
        "Address to listen at, HOST:PORT; port 0 takes a free one, an IPv6 address "
        "stands in brackets.",
        check=address,
    )
    threads: int = _setting(
        8,
        "How many requests are worked on at the same time; behind another WSGI server, how "
        "many connections to the database each of its processes keeps.",
        minimum=1,
    )
    connection_limit: int = _setting(
        500, "How many clients may be connected; more have to wait.", minimum=1
    )
    request_limit: int = _setting(
        200,
        "How many requests may be worked on or wait for a thread; one more is answered "
        "with 503.",
        minimum=1,
    )
    header_size: int = _setting(
        65536,
        "The most bytes in the first line and the headers of a request; more are "
        "answered with 431.",
        minimum=256,
    )
    request_timeout: int = _setting(
        60,
        "Seconds that a client has to send a request, from its first byte to its last; "
        "then it is answered with 408.",
        minimum=1,
    )
    idle_timeout: int = _setting(
        120,
        "Seconds after which a connection is closed on which nothing happens.",
        minimum=1,
    )
    stop_timeout: int = _setting(
        30,
        "Seconds that requests which have begun are given when the server is told to stop.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a request may be at most."""

    body_size: int = _setting(
        4 * 2**20, "The most bytes in a body; more are answered with 413.", minimum=1024
    )
    url_length: int = _setting(
        16384,
        "The most bytes in the path and the query of a URL; more are answered with 414.",
        minimum=256,
    )


@dataclasses.dataclass(frozen=True)
class Proxies:
    """What is believed of those who pass requests on."""

    public_url: str = _setting(
        "",
        "URL at which clients reach the server, without /v1. Links in answers are made "
        "from it; from the Host header of the request when it is empty.",
        check=lambda text: text and http_url(text),
    )
    trusted_proxy: str = _setting(
        "",
        "IP address of a proxy whose headers are believed, * for any; nobody's when it is "
        "empty.",
    )
    trusted_proxy_count: int = _setting(
        1, "How many proxies stand in a row before the server.", minimum=1
    )
    trusted_proxy_headers: tuple[str, ...] = _setting(
        _PROXY_HEADERS,
        "The headers that are believed of a trusted proxy.",
        choices=dict.fromkeys(
            (*_PROXY_HEADERS, "x-forwarded-port", "x-forwarded-by", "forwarded"), ""
        ),
    )


@dataclasses.dataclass(frozen=True)
class Log:
    """What is written to the standard error output, as lines of JSON."""

    log_level: str = _setting(
        "info",
        "The least important messages that are logged.",
        choices={
            "debug": "everything, requests for /healthcheck included",
            "info": "requests, and what is good to know",
            "warning": "what may be wrong",
            "error": "what failed",
        },
    )
    access_log: bool = _setting(True, "Log every request.")


@dataclasses.dataclass(frozen=True)
class Roles:
    """What the roles of Keystone stand for; of no effect without it."""

    root_roles: tuple[str, ...] = _setting(
        (), "Roles whose bearers may do everything in all projects."
    )
    admin_roles: tuple[str, ...] = _setting(
        ("admin",), "Roles whose bearers are admins of the project of their token."
    )
    member_roles: tuple[str, ...] = _setting(
        ("member",), "Roles whose bearers read and change what is in the project."
    )
    reader_roles: tuple[str, ...] = _setting(
        ("reader",), "Roles whose bearers read what is in the project."
    )


@dataclasses.dataclass(frozen=True)
class Settings:
    """All settings.

    >>> Settings().limits.body_size
    4194304
    """

    database: str = _setting(
        "sqlite:///craton.db",
        "URL of the database, such as sqlite:////var/lib/craton/craton.db or "
        "postgresql://craton:secret@localhost/craton.",
    )
    auth: str = _setting(
        "local",
        "Who says who makes a request.",
        choices={
            "local": "Craton's own users, with their API keys",
            "keystone": "Keystone, which checks the token",
        },
    )
    serving: Serving = Serving()
    limits: Limits = Limits()
    proxies: Proxies = Proxies()
    log: Log = Log()
    roles: Roles = Roles()


class Declared(t.NamedTuple):
    """The declaration of one setting."""

    group: str
    name: str
    type: type
    default: t.Any
    rule: Rule


def declared() -> t.Iterator[Declared]:
    """Give the declarations of all settings, in order."""
    yield from _declared_in(TOP, Settings)
    for name, kind in _groups():
        yield from _declared_in(name, kind)


def make(values: t.Mapping[tuple[str, str], t.Any]) -> Settings:
    """Make settings from values by group and name; the others stay as they are."""

    def of(group: str) -> dict[str, t.Any]:
        return {name: value for (place, name), value in values.items() if place == group}

    groups = {name: kind(**of(name)) for name, kind in _groups()}
    return Settings(**of(TOP), **groups)


def _groups() -> t.Iterator[tuple[str, t.Any]]:
    """Give the groups: the name and the class of each."""
    for field in dataclasses.fields(Settings):
        if dataclasses.is_dataclass(field.default):
            yield field.name, type(field.default)


def _declared_in(group: str, settings: type) -> t.Iterator[Declared]:
    for field in dataclasses.fields(settings):
        if "rule" in field.metadata:
            yield Declared(
                group, field.name, type(field.default), field.default, field.metadata["rule"]
            )
