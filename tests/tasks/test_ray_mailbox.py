"""The mailbox through which works call home, without a cluster: what it does is its own."""

import asyncio
from importlib.metadata import version
from typing import Any

from tasks.ray_mailbox import Mailbox, installed_version


def test_a_call_waits_for_its_answer():
    async def both() -> tuple[list[int], list[str]]:
        mailbox = Mailbox()
        asked = [asyncio.create_task(mailbox.ask("double", (item,))) for item in (3, 4)]
        calls: list[Any] = []
        while len(calls) < 2:
            calls += await mailbox.take(60.0)
        await mailbox.answer({number: 2 * item for number, _, (item,) in calls})
        return await asyncio.gather(*asked), [method for _, method, _ in calls]

    assert asyncio.run(both()) == ([6, 8], ["double", "double"])


def test_without_a_call_a_look_ends():
    assert asyncio.run(Mailbox().take(0.0)) == []


def test_an_answer_to_a_work_that_was_lost_is_for_nobody():
    async def lost() -> None:
        mailbox = Mailbox()
        asked = asyncio.create_task(mailbox.ask("double", (3,)))
        ((number, _, _),) = await mailbox.take(60.0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await mailbox.answer({number: 6})

    asyncio.run(lost())


def test_the_version_of_a_node_is_that_of_its_installation():
    assert installed_version(None, None, None) == version("nightcast")
