# SPDX-License-Identifier: Apache-2.0
"""Networks: their words for a taken name, and a parameter without effect."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonserver.kinds import rules


class Rules(rules.Rules):
    """The rules of networks (wire document, sections 5.6 and 6.3)."""

    ignores = ("resolved-values",)

    def __init__(self, kind: type[crud.CRUDClient[t.Any]]) -> None:
        super().__init__(kind)
        self.conflict = "Network with the given name already exists in this region."
