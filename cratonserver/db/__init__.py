# SPDX-License-Identifier: Apache-2.0
"""The store of a fleet: its database, tables, queries, objects and migrations.

Nothing here knows HTTP, and nothing is peculiar to a single kind: that is in
:mod:`cratonserver.kinds`.
"""
