# SPDX-License-Identifier: Apache-2.0
"""Requests that wait for a change: how many, and in which order they go on."""

from __future__ import annotations

import asyncio
import contextlib
import typing as t

from cratonclient.tests import base
from cratonserver import errors, wsgi_keys
from cratonserver.identity import Identity
from cratonserver.serving.departures import Departure
from cratonserver.serving.waits import Waits


class Client:
    """A request that waits.

    :param waits: requests of the process.
    :param name: project and name of the user, such as ``a/ada``.
    """

    def __init__(self, waits: Waits, name: str) -> None:
        self._waits = waits
        project, _, username = name.partition("/")
        self.identity = Identity(project, username)
        self.departure = Departure()
        self.tell: t.Callable[[], object] = lambda: None
        #: What happened: the status of a refusal, or 200 in the block.
        self.status = 0
        self.ended = 0
        #: Ends the block.
        self.goes_on = asyncio.Event()

    async def run(self, seconds: float = 60) -> None:
        """Wait, and stay in the block until the test lets it go on."""

        def begin(tell: t.Callable[[], object]) -> t.Callable[[], None]:
            self.tell = tell
            return self._end

        environ: t.Any = {
            wsgi_keys.WAIT: wsgi_keys.Wait(t.cast("int", seconds), begin),
            wsgi_keys.IDENTITY: self.identity,
        }
        try:
            async with self._waits.over(environ, self.departure):
                self.status = 200
                assert wsgi_keys.IDENTITY not in environ
                await self.goes_on.wait()
        except errors.Refused as exc:
            self.status = exc.status

    def _end(self) -> None:
        self.ended += 1


async def settle() -> None:
    """Let all tasks run until they wait."""
    for _ in range(20):
        await asyncio.sleep(0)


class TestWaits(base.TestCase):
    def play(
        self, scene: t.Callable[[t.Callable[..., t.Any]], t.Awaitable[None]], *limits: int
    ) -> None:
        """Run a scene, with a function that starts a client."""

        async def run() -> None:
            waits = Waits(*limits)
            async with contextlib.AsyncExitStack() as stack:

                async def start(name: str, **options: t.Any) -> Client:
                    client = Client(waits, name)
                    task = asyncio.create_task(client.run(**options))
                    stack.callback(task.cancel)
                    await settle()
                    return client

                await scene(start)

        asyncio.run(run())

    def test_a_change_or_the_time_ends_waiting(self):
        async def scene(start: t.Any) -> None:
            told, late = await start("a/x"), await start("a/y", seconds=0.01)
            self.assertEqual((0, 0), (told.status, told.ended))
            told.tell()
            await settle()
            self.assertEqual((200, 1), (told.status, told.ended))
            while not late.status:
                await asyncio.sleep(0.001)
            self.assertEqual((200, 1), (late.status, late.ended))

        self.play(scene, 10, 10)

    def test_a_user_has_a_limit(self):
        async def scene(start: t.Any) -> None:
            first, *_ = [await start("a/x") for _ in range(2)]
            self.assertEqual(429, (await start("a/x")).status)
            self.assertEqual(0, (await start("a/y")).status)
            self.assertEqual(0, (await start("b/x")).status)
            first.goes_on.set()
            first.tell()
            await settle()
            self.assertEqual(0, (await start("a/x")).status)

        self.play(scene, 10, 2)

    def test_no_project_locks_others_out(self):
        async def scene(start: t.Any) -> None:
            for number in range(4):
                self.assertEqual(0, (await start(f"a/{number}")).status)
            self.assertEqual(503, (await start("a/x")).status)
            # Their share of four is two for each of two projects, and one of three.
            self.assertEqual([0, 0, 503], [(await start("b/x")).status for _ in range(3)])
            self.assertEqual([0, 503], [(await start("c/x")).status for _ in range(2)])

        self.play(scene, 4, 10)

    def test_a_client_that_leaves_makes_room(self):
        async def scene(start: t.Any) -> None:
            client = await start("a/x")
            self.assertEqual(429, (await start("a/x")).status)
            client.departure.notice()
            await settle()
            self.assertEqual((499, 1), (client.status, client.ended))
            self.assertEqual(0, (await start("a/x")).status)

        self.play(scene, 10, 1)

    def test_the_requests_of_a_user_go_on_one_after_the_other(self):
        async def scene(start: t.Any) -> None:
            clients = [await start("a/x") for _ in range(3)]
            other = await start("a/y")
            for client in (*clients, other):
                client.tell()
            await settle()
            self.assertEqual([200, 0, 0], [client.status for client in clients])
            self.assertEqual(200, other.status)
            clients[0].goes_on.set()
            await settle()
            self.assertEqual([200, 200, 0], [client.status for client in clients])

        self.play(scene, 10, 10)

    def test_the_end_of_the_server_ends_waiting(self):
        async def scene(start: t.Any) -> None:
            client = await start("a/x")
            client._waits.end()
            await settle()
            self.assertEqual(200, client.status)
            self.assertEqual(200, (await start("a/y")).status)

        self.play(scene, 10, 10)
