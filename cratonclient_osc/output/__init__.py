# SPDX-License-Identifier: Apache-2.0
"""The output of commands: formats, tables, terminals, error messages, exit statuses.

Nothing in this package depends on a kind of resource or sends a request.
"""
