# SPDX-License-Identifier: Apache-2.0
"""Requests of all addresses take turns."""

from __future__ import annotations

import asyncio
import contextlib
import typing as t

from cratonclient.tests import base
from cratonserver import errors
from cratonserver.serving.departures import Departure
from cratonserver.serving.turns import Turns

#: The arguments of :class:`Turns`.
DEFAULTS = (4, 100, 100, 60)


class Work:
    """Requests that work until the test ends them, in the order in which they started."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.started: list[str] = []
        self.departures: dict[str, Departure] = {}
        self._ends: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def begin(self, *names: str) -> None:
        """Begin requests with names such as ``a1``, whose first letter is the address."""
        self.tasks += [asyncio.create_task(self._work(name)) for name in names]
        await settle()

    async def _work(self, name: str) -> None:
        with self._turns.presence(name[0]):
            departure = self.departures[name] = Departure()
            async with self._turns.turn(name[0], departure):
                self.started.append(name)
                end = asyncio.Event()
                self._ends.append(end)
                await end.wait()

    async def end(self, count: int = 1) -> None:
        """End the requests that have started first, one after the other."""
        for _ in range(count):
            self._ends.pop(0).set()
            await settle()


async def settle() -> None:
    """Let all tasks run until they wait."""
    for _ in range(10):
        await asyncio.sleep(0)


class TestTurns(base.TestCase):
    def run_with(self, test: t.Callable[[Work], t.Any], *limits: t.Any) -> None:
        """Run a test with turns; by default four turns, and no limits."""
        values: list[t.Any] = list(limits) + list(DEFAULTS[len(limits) :])

        async def run() -> None:
            work = Work(Turns(*values))
            try:
                await test(work)
            finally:
                for task in work.tasks:
                    task.cancel()
                await asyncio.gather(*work.tasks, return_exceptions=True)

        asyncio.run(run())

    def test_one_address_does_not_get_all_turns(self):
        async def test(work: Work) -> None:
            await work.begin("a1", "a2", "a3", "a4", "b1")
            self.assertEqual(["a1", "a2", "a3", "b1"], work.started)

        self.run_with(test)

    def test_addresses_take_turns(self):
        async def test(work: Work) -> None:
            await work.begin(*(f"a{n}" for n in range(1, 7)))
            await work.begin("b1", "b2", "b3", "c1")
            await work.end(6)
            self.assertEqual(
                ["a1", "a2", "a3", "b1", "a4", "b2", "c1", "a5", "b3", "a6"], work.started
            )

        self.run_with(test)

    def test_a_single_turn_is_for_everybody(self):
        async def test(work: Work) -> None:
            await work.begin("a1", "a2", "b1")
            await work.end(2)
            self.assertEqual(["a1", "a2", "b1"], work.started)

        self.run_with(test, 1)

    def refusals(self, work: Work) -> list[tuple[int, str]]:
        found = []
        for task in work.tasks:
            if task.done():
                with contextlib.suppress(asyncio.CancelledError):
                    exc = t.cast("errors.Refused", task.exception())
                    found.append((exc.status, exc.reason))
                    self.assertIn("Retry-After", exc.headers)
        return found

    def test_an_address_with_too_many_requests_is_refused(self):
        async def test(work: Work) -> None:
            await work.begin("a1", "a2", "a3", "a4", "a5", "a6", "b1")
            self.assertEqual([(429, "address_limit")], self.refusals(work))
            self.assertIn("b1", work.started)

        self.run_with(test, 4, 100, 5)

    def test_with_too_many_requests_those_with_the_most_are_refused(self):
        async def test(work: Work) -> None:
            await work.begin("a1", "a2", "a3", "a4", "a5", "b1")
            self.assertEqual([(503, "request_limit")], self.refusals(work))
            self.assertIn("b1", work.started)

        self.run_with(test, 4, 4)

    def test_waiting_ends(self):
        async def test(work: Work) -> None:
            await work.begin("a1", "b1")
            await asyncio.wait([work.tasks[1]])
            self.assertEqual([(503, "request_timeout")], self.refusals(work))
            await work.begin("c1")
            await work.end()
            self.assertEqual(["a1", "c1"], work.started)

        self.run_with(test, 1, 100, 100, 0.01)

    def test_a_client_that_has_gone_leaves_its_place(self):
        async def test(work: Work) -> None:
            await work.begin("a1", "b1", "b2", "c1")
            for name in ("a1", "b1"):
                work.departures[name].notice()
            await settle()
            error = work.tasks[1].exception()
            self.assertIsInstance(error, errors.ClientGone)
            await work.end(2)
            self.assertEqual(["a1", "b2", "c1"], work.started)

        self.run_with(test, 1)

    def test_a_client_that_goes_when_its_turn_comes_frees_it(self):
        async def test(work: Work) -> None:
            await work.begin("a1", "b1", "c1")
            work.departures["b1"].notice()
            await work.end()
            await work.end(len(work.started) - 1)
            self.assertEqual("c1", work.started[-1])

        self.run_with(test, 1)

    def test_a_request_that_is_cancelled_leaves_its_place(self):
        async def test(work: Work) -> None:
            await work.begin("a1", "b1", "b2", "c1")
            work.tasks[1].cancel()
            await settle()
            await work.end(2)
            self.assertEqual(["a1", "b2", "c1"], work.started)

        self.run_with(test, 1)
