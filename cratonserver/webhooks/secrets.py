# SPDX-License-Identifier: Apache-2.0
"""The secrets of webhooks, in the form of Standard Webhooks."""

from __future__ import annotations

import base64
import os

_BYTES = 32


def new() -> str:
    """Return a new secret, such as ``whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw``."""
    return f"whsec_{base64.b64encode(os.urandom(_BYTES)).decode()}"
