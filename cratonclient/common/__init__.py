# SPDX-License-Identifier: Apache-2.0
"""Helpers of the 2017 package for command-line programs. New programs do not need them.

Nothing in this project imports this package, except :mod:`cratonclient.formatters`.
"""

from __future__ import annotations
