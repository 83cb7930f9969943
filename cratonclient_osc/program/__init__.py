# SPDX-License-Identifier: Apache-2.0
"""The program ``craton``: global options, help, the interactive session, 2017 commands.

The commands themselves are in :mod:`cratonclient_osc.verbs`. OpenStackClient runs them
without importing this package.
"""
