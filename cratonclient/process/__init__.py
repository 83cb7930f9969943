# SPDX-License-Identifier: Apache-2.0
"""The process that uses the library: its command line, environment, files and output.

The programs ``craton`` and ``craton-server`` share it. It knows nothing of Craton's API.
"""
