# SPDX-License-Identifier: Apache-2.0
"""The peculiarities of single kinds: their storage rules and their policy.

The interfaces and their defaults are in :mod:`cratonserver.db`, the declarations of kinds
in :mod:`cratonclient.v1`.
"""
