# SPDX-License-Identifier: Apache-2.0
"""Regions: asking for one by id or name gives it or fails (wire document, 6.3)."""

from __future__ import annotations

from cratonserver.kinds import rules


class Rules(rules.Rules):
    """The rules of regions."""

    finds_one = True
    optional_filters = ("id", "name")
