# SPDX-License-Identifier: Apache-2.0
"""A kind together with its rules on the server."""

from __future__ import annotations

import typing as t

from cratonclient.kinds import Kind
from cratonserver.db.policy import Policy
from cratonserver.db.storage import Storage


class Rules(t.NamedTuple):
    """A kind with its storage rules and its policy."""

    kind: Kind
    storage: Storage
    policy: Policy
