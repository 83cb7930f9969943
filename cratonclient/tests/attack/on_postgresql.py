# SPDX-License-Identifier: Apache-2.0
"""Attacks whose effect depends on the database run on PostgreSQL, too."""

from __future__ import annotations

import atexit
import contextlib
import functools
import typing as t
import unittest

from cratonclient.tests import postgresql
from cratonclient.tests.attack import base
from cratonclient.tests.integration.server import databases


@functools.cache
def _cluster() -> postgresql.Cluster:
    """Start a cluster, which stops at the end of this process."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(postgresql.running())


class OnPostgreSQL(base.AttackTestCase):
    """Run the tests of another class on PostgreSQL. All classes share one cluster."""

    cluster: t.ClassVar[postgresql.Cluster]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if databases.SERVER:
            raise unittest.SkipTest("all attacks run on PostgreSQL already")
        try:
            cls.cluster = _cluster()
        except postgresql.NotInstalled as exc:
            raise unittest.SkipTest(str(exc)) from exc

    def setUp(self):
        self.patch(databases, "SERVER", self.cluster.url())
        super().setUp()
