# SPDX-License-Identifier: Apache-2.0
"""The name of the command that completion runs to get names of objects."""

NAMES_COMMAND = "complete-names"
