# SPDX-License-Identifier: Apache-2.0
"""Tests of the library with a server."""
