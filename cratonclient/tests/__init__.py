# SPDX-License-Identifier: Apache-2.0
"""The tests."""

import os
import random
import unittest


def _shuffled(suite: unittest.TestSuite, order: random.Random) -> unittest.TestSuite:
    tests = list(suite)
    order.shuffle(tests)
    return unittest.TestSuite(
        _shuffled(test, order) if isinstance(test, unittest.TestSuite) else test
        for test in tests
    )


def load_tests(loader, tests, pattern):
    """Find the tests; with TEST_SEED, put them in the random order it stands for.

    Modules, classes and the tests of a class change places among themselves, so
    that what a class sets up is still set up once. (stestr's --random has no
    effect: its workers run tests in the order in which they find them.)
    """
    tests.addTests(loader.discover(os.path.dirname(__file__), pattern or "test*.py"))
    seed = os.environ.get("TEST_SEED")
    return _shuffled(tests, random.Random(seed)) if seed else tests
