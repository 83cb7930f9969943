# SPDX-License-Identifier: Apache-2.0
"""Network interfaces: a speed is written as a number and read as a string."""

from __future__ import annotations

import typing as t

from cratonserver.kinds import rules


class Rules(rules.Rules):
    """The rules of network interfaces (wire document, section 4.3)."""

    def present(self, row: t.Mapping[str, t.Any], base: str) -> dict[str, t.Any]:
        """Show the speed as clients know it; what was just written is shown as it came."""
        return {"speed": None if row["speed"] is None else str(row["speed"])}
