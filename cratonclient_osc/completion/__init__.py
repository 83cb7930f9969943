# SPDX-License-Identifier: Apache-2.0
"""Completion of command lines, for shells and for interactive sessions.

``automaton`` decides which words may come next. The scripts for the shells are generated
from it. Names of objects come from :mod:`cratonclient_osc.program.completion_names`.
"""
