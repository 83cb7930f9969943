# SPDX-License-Identifier: Apache-2.0
"""The limits of the request that the current thread works for.

The outermost layer sets them, so that all others know them without a parameter. Without a
request, such as in commands of ``craton-server``, they have their default values.
"""

from __future__ import annotations

import contextlib
import contextvars
import typing as t

from cratonserver.config.settings import Limits

_current: contextvars.ContextVar[Limits] = contextvars.ContextVar(
    "craton_limits",
    default=Limits(),  # noqa: B039, it is immutable
)


_client: contextvars.ContextVar[str] = contextvars.ContextVar("craton_client", default="")


@contextlib.contextmanager
def of(limits: Limits, client: str = "") -> t.Iterator[None]:
    """Set the limits of the work in a block.

    :param client: address of the client, which shares some limits with its other requests.
    """
    token, client_token = _current.set(limits), _client.set(client)
    try:
        yield
    finally:
        _current.reset(token)
        _client.reset(client_token)


def client() -> str:
    """Return the address of the client, or an empty string."""
    return _client.get()


def current() -> Limits:
    """Return the limits."""
    return _current.get()
