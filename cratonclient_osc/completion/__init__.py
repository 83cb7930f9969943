# SPDX-License-Identifier: Apache-2.0
"""What may come next in a command line, for shells and for sessions.

The names of objects are fetched by :mod:`cratonclient_osc.program.completion_names`.
"""
