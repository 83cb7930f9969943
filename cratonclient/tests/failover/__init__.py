# SPDX-License-Identifier: Apache-2.0
"""Tests with two PostgreSQL servers, a primary and its standby."""
