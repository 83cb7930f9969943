# SPDX-License-Identifier: Apache-2.0
"""Programs for type checkers. They are checked, and not run; see tools/_typed.py."""
