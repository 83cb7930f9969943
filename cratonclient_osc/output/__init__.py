# SPDX-License-Identifier: Apache-2.0
"""What users see: formats, tables, terminals and exit statuses.

Nothing here knows a resource or makes a request.
"""
