# SPDX-License-Identifier: Apache-2.0
"""Tests with a real Keystone (see :mod:`cratonclient.tests.keystone.service`)."""
