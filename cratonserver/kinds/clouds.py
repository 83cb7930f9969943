# SPDX-License-Identifier: Apache-2.0
"""Clouds: asking for one by id or name gives it or fails (wire document, 6.3)."""

from __future__ import annotations

from cratonserver.kinds import rules


class Rules(rules.Rules):
    """The rules of clouds."""

    finds_one = True
    optional_filters = ("id", "name")
