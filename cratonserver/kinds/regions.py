# SPDX-License-Identifier: Apache-2.0
"""Regions: a list that is filtered by id or name finds one object, or fails with 404."""

from __future__ import annotations

from cratonserver.db import policy


class Policy(policy.Policy):
    """The policy of regions."""

    finds_one = True
    optional_filters = ("id", "name")
