# SPDX-License-Identifier: Apache-2.0
"""Compose the server: the store, the application, and the WSGI layers around it.

A request passes these layers, from the outermost to the innermost:

1. the gateway: request id, deadline, access log, error responses for the inner layers;
2. the headers of trusted proxies and the public URL;
3. the checks of the header ``Host`` and of the size;
4. the limit on failed logins;
5. with Keystone: the validation of the token;
6. the Falcon application: authentication, the limit of the user, methods, read-only users,
   views.
"""

from __future__ import annotations

import typing as t

from cratonserver import wsgi_keys
from cratonserver.api import application, router
from cratonserver.api.liveness import Liveness
from cratonserver.api.metrics import Scrape
from cratonserver.api.router import AllowedMethods
from cratonserver.auth import local, read_only
from cratonserver.auth import user_share as shares
from cratonserver.config.settings import Settings
from cratonserver.db import pool
from cratonserver.db.store import Store
from cratonserver.kinds import registry
from cratonserver.serving import (
    failed_logins,
    gateway,
    host_header,
    proxies,
    retention,
    size_limits,
)

if t.TYPE_CHECKING:
    from _typeshed import wsgi
    from oslo_config import cfg

    from cratonserver.metrics.collection import Metrics
    from cratonserver.webhooks.dispatcher import Dispatcher


def store_at(url: str, connections: int = 8, read_url: str = "") -> Store:
    """Return the store of a fleet, without opening it.

    :param url: URL of the database.
    :param connections: number of connections that the pool keeps open.
    :param read_url: URL of standbys that can answer queries, or an empty string.
    :raises cratonserver.db.store.StoreError: if the URL cannot be used.
    """
    return Store(url, registry.all_rules(), connections, read_url)


def application_of(
    store: Store,
    settings: Settings = Settings(),  # noqa: B008, it is immutable
    parsed: cfg.ConfigOpts | None = None,
    user_share: int = 0,
    metrics: Metrics | None = None,
) -> wsgi.WSGIApplication:
    """Return the WSGI application of the server.

    :param store: an open store.
    :param settings: settings of the server.
    :param parsed: parsed configuration of oslo.config, for keystonemiddleware.
    :param user_share: number of requests of one user at the same time; 0 for any number.
    :param metrics: the metrics; by default, new ones as the settings say.
    """
    store.quotas.set_defaults(settings.quotas)
    if settings.history.history_days:
        retention.Retention(store, settings.history.history_days)
    metrics = metrics or metrics_of(store, settings)
    views = {**application.paths(store)}
    if metrics is not None:
        views[wsgi_keys.METRICS_PATH] = Scrape(
            metrics, settings.metrics, bool(settings.proxies.trusted_proxy)
        )
        metrics.route_of = router.templates(views)
    open_paths = application.open_paths(views)
    layers: t.Any
    if settings.auth == "keystone":
        from cratonserver.auth import keystone

        authentication = keystone.KeystoneAuthentication(store, settings.roles, open_paths)
        layers = keystone.TokenValidation(
            _falcon(views, authentication, user_share),
            parsed,
            open_paths,
            settings.serving.threads,
        )
    else:
        layers = _falcon(views, local.LocalAuthentication(store, open_paths), user_share)
    layers = failed_logins.FailedLogins(layers, settings.limits.failed_logins, open_paths)
    layers = size_limits.SizeLimits(layers, settings.limits)
    layers = host_header.OneHost(layers)
    layers = proxies.behind(layers, settings.proxies)
    return gateway.Gateway(layers, settings.log, limits=settings.limits, metrics=metrics)


def liveness(settings: Settings) -> wsgi.WSGIApplication:
    """Return a WSGI application for the liveness check, which needs no store.

    :param settings: settings of the server.
    """
    views = {wsgi_keys.LIVENESS_PATH: Liveness()}
    return gateway.Gateway(application.application(views, [AllowedMethods()]), settings.log)


def dispatcher_of(store: Store, settings: Settings, metrics: Metrics | None) -> Dispatcher:
    """Return what delivers the changes of a fleet to its webhooks, once it is started.

    :param store: an open store.
    :param settings: settings of the server.
    :param metrics: the metrics that count deliveries.
    """
    from cratonserver.webhooks import dispatcher, sender

    limits, webhooks = settings.limits, settings.webhooks
    post = sender.Sender(limits.webhook_networks, limits.webhook_http, webhooks.webhook_timeout)
    made = dispatcher.Dispatcher(store, post, webhooks)
    if metrics is not None:
        made.count = metrics.delivered
    return made


def metrics_of(store: Store, settings: Settings) -> Metrics | None:
    """Return new metrics, which measure the connections of the store.

    :returns: ``None`` if nobody may read them.
    """
    if not settings.metrics.enabled:
        return None
    # Programs that open a fleet in a file measure nothing, and start faster without it.
    from cratonserver.metrics import collection, connections, quota_use

    made = collection.Metrics()
    made.add(quota_use.QuotaUse(store, settings.metrics.metrics_projects))
    pool.observe(store.engine, connections.Connections(made, "primary"))
    if store.standby_engine is not None:
        pool.observe(store.standby_engine, connections.Connections(made, "standby"))
    return made


def _falcon(views: t.Mapping[str, t.Any], authentication: t.Any, share: int) -> t.Any:
    user_limit = shares.UserShare(share)
    middleware = [authentication, user_limit, AllowedMethods(), read_only.ReadOnlyRoles()]
    return application.application(views, middleware)
