# SPDX-License-Identifier: Apache-2.0
"""The special rules of single kinds: their storage rules and their policies.

The interfaces and their defaults are in :mod:`cratonserver.db`, the declarations of kinds
in :mod:`cratonclient.v1`.
"""
