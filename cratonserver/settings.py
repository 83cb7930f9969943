# SPDX-License-Identifier: Apache-2.0
"""What can be set, and to what it is set when nobody does."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of the application.

    >>> Settings().auth
    'local'
    """

    #: Who says who makes a request: ``local``, Craton's own users.
    auth: str = "local"
