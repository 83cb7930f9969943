# SPDX-License-Identifier: Apache-2.0
"""Reverse proxies: trusted headers and the public URL."""

from __future__ import annotations

import typing as t
from urllib import parse

from cratonserver.config.settings import Proxies

if t.TYPE_CHECKING:
    from _typeshed import wsgi


def behind(application: wsgi.WSGIApplication, proxies: Proxies) -> wsgi.WSGIApplication:
    """Wrap an application so that it sees requests as the client sent them to the proxy.

    :param application: WSGI application.
    :param proxies: the settings. With the defaults, the application is returned unchanged
        and no header of a proxy is trusted.
    """
    if proxies.public_url:
        application = _PublicURL(application, proxies.public_url)
    if proxies.trusted_proxy:
        from waitress.proxy_headers import proxy_headers_middleware

        return t.cast(
            "wsgi.WSGIApplication",
            proxy_headers_middleware(
                application,
                trusted_proxy=proxies.trusted_proxy,
                trusted_proxy_count=proxies.trusted_proxy_count,
                trusted_proxy_headers=set(proxies.trusted_proxy_headers),
            ),
        )
    return application


class _PublicURL:
    """A WSGI layer that makes the application build links from a fixed URL."""

    def __init__(self, application: wsgi.WSGIApplication, url: str) -> None:
        parts = parse.urlsplit(url.rstrip("/"))
        self._application = application
        self._public = {
            "wsgi.url_scheme": parts.scheme,
            "HTTP_HOST": parts.netloc,
            "SCRIPT_NAME": parts.path,
        }

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        environ.update(self._public)
        return self._application(environ, start_response)
