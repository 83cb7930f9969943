# SPDX-License-Identifier: Apache-2.0
"""Integration tests of the commands, from the command line to the database."""
