"""What runs on the nodes of a Ray cluster: works, and the mailbox through which they call home."""

import asyncio
import warnings
from importlib.metadata import version
from typing import Any


class Mailbox:
    """An actor between works and the process of the run: a work waits in it for its answer."""

    def __init__(self) -> None:
        self._calls: asyncio.Queue[tuple[int, str, tuple[Any, ...]]] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._count = 0

    async def ask(self, method: str, arguments: tuple[Any, ...]) -> Any:
        """Waits for the answer to a call."""
        self._count += 1
        number = self._count
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._calls.put((number, method, arguments))
        try:
            return await self._answers[number]
        finally:
            del self._answers[number]

    async def take(self, seconds: float) -> list[tuple[int, str, tuple[Any, ...]]]:
        """The calls since the last look; waits a little where there is none."""
        calls = []
        try:
            calls.append(await asyncio.wait_for(self._calls.get(), seconds))
        except TimeoutError:
            return []
        while not self._calls.empty():
            calls.append(self._calls.get_nowait())
        return calls

    async def answer(self, answers: dict[int, Any]) -> None:
        """Hands answers to the works that wait for them; one may have been lost meanwhile."""
        for number, answer in answers.items():
            waiting = self._answers.get(number)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)


def do_work(work: Any, shared: Any, item: Any, mailbox: Any) -> Any:
    """What a work answers, in a worker of Ray."""
    import ray

    warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # those of Ray's store are not

    def call_home(method: str, *arguments: Any) -> Any:
        return ray.get(mailbox.ask.remote(method, arguments))

    return work(shared, item, call_home)


def installed_version(shared: None, item: None, call_home: Any) -> str:
    """The version of Nightcast where this runs."""
    return version("nightcast")
