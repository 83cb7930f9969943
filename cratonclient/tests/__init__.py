# SPDX-License-Identifier: Apache-2.0
"""The tests of the library, the commands and the server."""

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
    """Find the tests, and shuffle them if the environment variable TEST_SEED is set.

    Modules are shuffled, the classes of each module, and the tests of each class, so each
    class is still set up only once. stestr's ``--random`` has no effect, because its
    workers run the tests in the order in which they find them.
    """
    tests.addTests(loader.discover(os.path.dirname(__file__), pattern or "test*.py"))
    seed = os.environ.get("TEST_SEED")
    return _shuffled(tests, random.Random(seed)) if seed else tests
