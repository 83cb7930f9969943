# SPDX-License-Identifier: Apache-2.0
"""The command line of ``craton-server``: its parser, and one module for each command or group.

The commands use the rest of the server; nothing of the server uses them.
"""
