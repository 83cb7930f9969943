# SPDX-License-Identifier: Apache-2.0
"""Networks: their own message for a taken name, and a parameter without effect."""

from __future__ import annotations

from cratonserver.db import policy


class Policy(policy.Policy):
    """The policy of networks."""

    ignored_parameters = ("resolved-values",)
    name_taken = "Network with the given name already exists in this region."
