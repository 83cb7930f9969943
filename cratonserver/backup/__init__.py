# SPDX-License-Identifier: Apache-2.0
"""Back up a fleet into a portable file, and restore it into any supported database.

SQL that depends on the database is in :mod:`cratonserver.db`. The commands are in
:mod:`cratonserver.program`.
"""
