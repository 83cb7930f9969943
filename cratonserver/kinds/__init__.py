# SPDX-License-Identifier: Apache-2.0
"""The peculiarities of single kinds: their storage rules and their policy.

The interfaces and what all kinds share live in :mod:`cratonserver.db`; what a kind
declares lives in :mod:`cratonclient.v1`.
"""
