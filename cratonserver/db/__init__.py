# SPDX-License-Identifier: Apache-2.0
"""The store of a fleet: its database, tables, queries, objects and migrations.

This package contains no HTTP. Rules for a single kind are in :mod:`cratonserver.kinds`.
"""
