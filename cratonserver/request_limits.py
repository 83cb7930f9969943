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


@contextlib.contextmanager
def of(limits: Limits) -> t.Iterator[None]:
    """Set the limits of the work in a block."""
    token = _current.set(limits)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Limits:
    """Return the limits."""
    return _current.get()
