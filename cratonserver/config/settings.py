# SPDX-License-Identifier: Apache-2.0
"""The settings of the server and their defaults.

Each setting is declared here, once. :mod:`cratonserver.config.configuration` derives the
command line options, the environment variables, the options of the configuration file, the
sample file and the documentation. The name of a setting is unique over all groups.
"""

from __future__ import annotations

import dataclasses
import typing as t

from cratonserver.config import formats

#: The group of the settings that are attributes of :class:`Settings` itself.
TOP = "DEFAULT"

#: Maximum of settings in seconds: one day. Timeouts of sockets and databases are milliseconds
#: in 32 bits, which end at 24 days.
_MOST_SECONDS = 24 * 3600
#: Maximum of settings in days: 100 years. Dates end at the year 1, so more may have none.
_MOST_DAYS = 36500

_PROXY_HEADERS = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")


@dataclasses.dataclass(frozen=True)
class Setting:
    """The help text of a setting, and the values that it accepts.

    :param help: help text for the command line, the sample file and the documentation.
    :param minimum: minimum of a number.
    :param maximum: maximum of a number, ``None`` for any.
    :param choices: accepted values, each with a help text.
    :param check: function that raises ValueError for an invalid value; the message says
        what a valid value is.
    """

    help: str
    minimum: int | None = None
    maximum: int | None = None
    choices: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    check: t.Callable[[str], object] | None = None


def _setting(default: t.Any, help: str, **accepts: t.Any) -> t.Any:
    return dataclasses.field(default=default, metadata={"setting": Setting(help, **accepts)})


@dataclasses.dataclass(frozen=True)
class Serving:
    """The settings of ``craton-server run``.

    Other WSGI servers ignore them, except ``threads``.
    """

    listen: str = _setting(
        "127.0.0.1:7780",
        "Address to listen on, as HOST:PORT. Port 0 selects a free port. Put an IPv6 "
        "address in brackets.",
        check=formats.address,
    )
    processes: int = _setting(
        0,
        "Number of processes that serve requests. 0 starts one for each CPU, but at most 4.",
        minimum=0,
    )
    threads: int = _setting(
        8,
        "Number of requests that each process works on at the same time. One user and one "
        "client address get at most three quarters of them. With another WSGI server: "
        "number of database connections that each process keeps open.",
        minimum=1,
    )
    connection_limit: int = _setting(
        10000,
        "Maximum number of client connections of each process. When there are nearly as many, "
        "idle ones are closed. The limit of open files of the process may lower it.",
        minimum=1,
    )
    address_connections: int = _setting(
        200,
        "Maximum number of connections of one client address in each process. Further ones "
        "are closed while they are idle.",
        minimum=1,
    )
    request_limit: int = _setting(
        200,
        "Maximum number of requests of each process that are in progress or wait for a "
        "thread. Further requests get 503.",
        minimum=1,
    )
    address_limit: int = _setting(
        100,
        "The same limit for one client address. Further requests get 429.",
        minimum=1,
    )
    wait_limit: int = _setting(
        1000,
        "Maximum number of requests of each process that wait for a change. Further requests "
        "get 503, unless their project has fewer than others. They use up to half of the "
        "connections.",
        minimum=1,
    )
    user_wait_limit: int = _setting(
        200,
        "The same limit for one user. Further requests get 429.",
        minimum=1,
    )
    header_size: int = _setting(
        65536,
        "Maximum size of the first line and the headers of a request, in bytes. Larger "
        "requests get 431. Headers of 8192 bytes are always accepted.",
        minimum=256,
    )
    request_timeout: int = _setting(
        60,
        "Timeout for receiving the body of a request, and for waiting for a thread, in "
        "seconds. Slower requests get 408, and requests that wait longer get 503.",
        minimum=1,
        maximum=_MOST_SECONDS,
    )
    idle_timeout: int = _setting(
        60,
        "Timeout in seconds after which a connection is closed: if it is idle, if the "
        "headers of a request do not arrive, or if the client does not read a response.",
        minimum=1,
        maximum=_MOST_SECONDS,
    )
    stop_timeout: int = _setting(
        30,
        "Timeout for finishing the requests in progress when the server stops, in seconds.",
        minimum=0,
        maximum=_MOST_SECONDS,
    )


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of requests and responses, which apply behind any WSGI server."""

    body_size: int = _setting(
        4 * 2**20,
        "Maximum size of a request body, in bytes. Larger bodies get 413.",
        minimum=1024,
    )
    url_length: int = _setting(
        16384,
        "Maximum length of the path and the query of a URL, in bytes. Longer URLs get 414.",
        minimum=256,
    )
    failed_logins: int = _setting(
        10,
        "Number of failed logins of a user name from a client address that are allowed at "
        "once, in each process. After that, one login can fail every three seconds, and "
        "others get 429. 0 allows any number.",
        minimum=0,
    )
    request_deadline: int = _setting(
        30,
        "Maximum time for processing a request, in seconds. A request that takes longer is "
        "stopped, also in the database, and gets 504.",
        minimum=1,
        maximum=_MOST_SECONDS,
    )
    tree_depth: int = _setting(
        100,
        "Maximum number of devices in a chain of parents. A parent that would make a longer "
        "chain is refused with 400.",
        minimum=2,
    )
    response_size: int = _setting(
        256 * 2**20,
        "Maximum size of a response body, in bytes. Larger responses get 413. While a "
        "response larger than 1 MiB is sent, it is in a temporary file.",
        minimum=65536,
    )
    unread_size: int = _setting(
        2 * 2**30,
        "Maximum size of all large response bodies of each process that clients have not read "
        "yet, in bytes. One client address gets three quarters of it. Further requests get 429 "
        "or 503.",
        minimum=2**20,
    )
    webhook_networks: tuple[str, ...] = _setting(
        (),
        "Networks that webhooks may point to, besides public addresses, such as 10.0.0.0/8. "
        "Addresses of metadata services of clouds are refused unless they are listed alone.",
        check=formats.network,
    )
    webhook_http: bool = _setting(
        False, "Allow webhooks with URLs of the scheme http, which is not encrypted."
    )
    variables_size: int = _setting(
        64 * 2**20,
        "Maximum size of the variables that one request reads at once, in bytes of JSON. "
        "Requests that need more get 413.",
        minimum=65536,
    )


@dataclasses.dataclass(frozen=True)
class Proxies:
    """The public URL of the server, and the proxies whose headers it trusts."""

    public_url: str = _setting(
        "",
        "URL at which clients reach the server, without /v1. Links in responses begin with "
        "it. If it is empty, links are built from the Host header of the request.",
        check=lambda text: text and formats.http_url(text),
    )
    trusted_proxy: str = _setting(
        "",
        "IP addresses and networks of the proxies whose headers are trusted, separated by "
        "commas, or * for any address. If it is empty, no proxy is trusted.",
        check=formats.trusted_proxies,
    )
    trusted_proxy_count: int = _setting(
        1, "Number of proxies that a request passes before it reaches the server.", minimum=1
    )
    trusted_proxy_headers: tuple[str, ...] = _setting(
        _PROXY_HEADERS,
        "Headers to accept from the trusted proxy.",
        choices=dict.fromkeys(
            (*_PROXY_HEADERS, "x-forwarded-port", "x-forwarded-by", "forwarded"), ""
        ),
    )


@dataclasses.dataclass(frozen=True)
class Log:
    """The log, which the server writes to standard error as lines of JSON."""

    log_level: str = _setting(
        "info",
        "Minimum level of messages to log.",
        choices={
            "debug": "all messages, including requests for /healthcheck and /metrics",
            "info": "requests, normal events, warnings and errors",
            "warning": "warnings and errors",
            "error": "errors only",
        },
    )
    access_log: bool = _setting(True, "Write a log line for each request.")
    limit_log: bool = _setting(
        True,
        "Write a log line when a request reaches a limit: at most one line a minute for each "
        "user and limit.",
    )


@dataclasses.dataclass(frozen=True)
class Metrics:
    """The metrics for Prometheus at ``/metrics``, and who may read them."""

    metrics_from: tuple[str, ...] = _setting(
        ("127.0.0.1", "::1"),
        "Addresses and networks from which the metrics can be read, or * for any. If it is "
        "empty, and so is metrics_token_file, nothing is measured.",
        check=formats.network,
    )
    metrics_token_file: str = _setting(
        "",
        "File with a token. Requests with the header 'Authorization: Bearer TOKEN' can read "
        "the metrics from any address.",
        check=formats.readable_file,
    )
    metrics_projects: bool = _setting(
        False,
        "Include how much each project uses of its quotas. Whoever can read the metrics then "
        "sees the ids of all projects, and how much they store.",
    )

    @property
    def enabled(self) -> bool:
        """True if anybody can read the metrics."""
        return bool(self.metrics_from or self.metrics_token_file)


@dataclasses.dataclass(frozen=True)
class Roles:
    """The mapping of Keystone roles to Craton roles. Ignored with ``auth = local``."""

    root_roles: tuple[str, ...] = _setting(
        (), "Keystone roles with full access to all projects."
    )
    admin_roles: tuple[str, ...] = _setting(
        ("admin",), "Keystone roles with admin access to the project of the token."
    )
    member_roles: tuple[str, ...] = _setting(
        ("member",),
        "Keystone roles that may read and change the inventory of the project of the token.",
    )
    reader_roles: tuple[str, ...] = _setting(
        ("reader",),
        "Keystone roles that may only read the inventory of the project of the token.",
    )


@dataclasses.dataclass(frozen=True)
class Quotas:
    """The quotas of projects that root users did not give other ones.

    The names of the resources are those of ``craton quota show``.
    """

    quota_objects: int = _setting(
        10_000_000, "Maximum number of objects of each kind in a project.", minimum=0
    )
    quota_webhooks: int = _setting(20, "Maximum number of webhooks in a project.", minimum=0)
    quota_elements: int = _setting(
        100_000, "Maximum number of variables, and of labels, of one object.", minimum=0
    )
    quota_object_bytes: int = _setting(
        64 * 2**20, "Maximum size of the variables of one object, in bytes.", minimum=0
    )
    quota_project_bytes: int = _setting(
        64 * 2**30, "Maximum size of all variables of a project, in bytes.", minimum=0
    )
    quota_depth: int = _setting(
        31,
        "Maximum number of levels of nested objects and lists in a variable. The protocol "
        "allows 31.",
        minimum=0,
    )
    quotas: tuple[str, ...] = _setting(
        (),
        "Other limits of single resources, as RESOURCE:LIMIT, such as users:100. -1 means no "
        "limit.",
        check=formats.quota,
    )


@dataclasses.dataclass(frozen=True)
class Webhooks:
    """The delivery of changes to webhooks."""

    webhook_delivery: bool = _setting(
        True,
        "Deliver changes to webhooks. Switch it off on a copy of a fleet, whose webhooks must "
        "not be told of changes.",
    )
    webhook_threads: int = _setting(
        4,
        "Number of webhooks that each process delivers changes to at the same time. One "
        "project gets at most half of them.",
        minimum=1,
    )
    webhook_timeout: int = _setting(
        10,
        "Timeout for connecting to a webhook, and for its response, in seconds.",
        minimum=1,
        maximum=_MOST_SECONDS,
    )
    webhook_patience: int = _setting(
        72,
        "Hours of failures after which a webhook is switched off. 0 tries for ever.",
        minimum=0,
        maximum=24 * _MOST_DAYS,
    )
    webhook_objects: int = _setting(
        100,
        "Maximum number of objects in what is posted to a webhook. Of larger changes, only "
        "the numbers of objects are posted.",
        minimum=1,
    )
    webhook_size: int = _setting(
        2**20,
        "Maximum size of what is posted to a webhook, in bytes. Of larger changes, only the "
        "numbers of objects are posted.",
        minimum=65536,
    )


@dataclasses.dataclass(frozen=True)
class History:
    """The history of changes."""

    history_days: int = _setting(
        0,
        "Number of days for which changes stay in the history. A running server removes older "
        "ones every hour. 0 keeps all.",
        minimum=0,
        maximum=_MOST_DAYS,
    )


@dataclasses.dataclass(frozen=True)
class Settings:
    """All settings: those of the group ``DEFAULT``, and one attribute for each other group.

    >>> Settings().limits.body_size
    4194304
    """

    database: str = _setting(
        "sqlite:///craton.db",
        "URL of the database, such as sqlite:////var/lib/craton/craton.db or "
        "postgresql://craton:secret@localhost/craton.",
    )
    read_database: str = _setting(
        "",
        "URL of one or several standbys of PostgreSQL, which answer GET requests, such as "
        "postgresql://craton:secret@db2,db3/craton. If it is empty, or if no standby has all "
        "changes yet, the database answers.",
    )
    auth: str = _setting(
        "local",
        "How to authenticate requests: local or keystone.",
        choices={
            "local": "Craton's own users, with API keys",
            "keystone": "users of Keystone, with tokens",
        },
    )
    serving: Serving = Serving()
    limits: Limits = Limits()
    proxies: Proxies = Proxies()
    log: Log = Log()
    metrics: Metrics = Metrics()
    quotas: Quotas = Quotas()
    webhooks: Webhooks = Webhooks()
    history: History = History()
    roles: Roles = Roles()


class Declaration(t.NamedTuple):
    """The declaration of one setting.

    :param group: name of the group, or :data:`TOP`.
    :param name: name of the setting.
    :param type: ``str``, ``int``, ``bool`` or ``tuple``, for a list of texts.
    :param default: default value.
    :param setting: help text and accepted values.
    """

    group: str
    name: str
    type: type
    default: t.Any
    setting: Setting


def declarations() -> t.Iterator[Declaration]:
    """Yield the declarations of all settings, in order."""
    yield from _declarations_in(TOP, Settings)
    for name, kind in _groups():
        yield from _declarations_in(name, kind)


def from_values(values: t.Mapping[tuple[str, str], t.Any]) -> Settings:
    """Build settings from values.

    :param values: values by group and name. Settings without a value keep their default.
    """

    def values_of(group: str) -> dict[str, t.Any]:
        return {name: value for (place, name), value in values.items() if place == group}

    groups = {name: kind(**values_of(name)) for name, kind in _groups()}
    return Settings(**values_of(TOP), **groups)


def _groups() -> t.Iterator[tuple[str, t.Any]]:
    """Yield the name and the class of each group."""
    for field in dataclasses.fields(Settings):
        if dataclasses.is_dataclass(field.default):
            yield field.name, type(field.default)


def _declarations_in(group: str, settings: type) -> t.Iterator[Declaration]:
    for field in dataclasses.fields(settings):
        if "setting" in field.metadata:
            yield Declaration(
                group, field.name, type(field.default), field.default, field.metadata["setting"]
            )
