"""What does work elsewhere: a function over items, beside data that all of them read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol, TypeVar, runtime_checkable

from lstm.errors import ConfigError

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

# Calls a method of the home object by its name, wherever the work is done, and answers what it answers.
CallHome = Callable[..., Any]
Work = Callable[[Shared, Item, CallHome], Result]

BYTES_OF_A_PROCESS = 400_000_000  # once it has imported torch


@dataclass(frozen=True)
class Rank:
    """One of `size` processes that do one work together. number: from 0. store: a file's path, by which they meet."""

    number: int
    size: int
    store: str


@runtime_checkable
class Executor(Protocol):
    """Maps a function over items. What comes out is the same to the bit, whoever does it and on however many cores."""

    @property
    def workers(self) -> int:
        """How many items are worked on at once, at most."""

    def map(
        self,
        work: Work[Shared, Item, Result],
        shared: Shared,
        items: Iterable[Item],
        home: object = None,
        *,
        at_once: int | None = None,
    ) -> list[Result]:
        """The results of `work(shared, item, call_home)`, in the order of the items.

        work: a function of a module, which may be called again for an item whose worker was lost. shared, items:
        anything that can be pickled; items are taken when a worker is free for them. home: what
        `call_home("method", ...)` of the work reaches: it stays in this process, one call at a time. at_once: no more
        than these, such as for want of memory. The first error of a work or of the home ends the others and is raised.
        """

    def together(
        self, work: Work[Shared, Rank, Result], shared: Shared, size: int, home: object = None
    ) -> list[Result]:
        """The results of `size` processes that wait for each other and share one work, by the number of the rank.

        See `map` for shared and home. Where one is lost the others cannot go on: raises WorkerLostError, and nothing is
        tried again. Raises ConfigError where there can be no processes.
        """


class InOrder:
    """One item after the other, in this process."""

    workers = 1

    def map(
        self,
        work: Work[Shared, Item, Result],
        shared: Shared,
        items: Iterable[Item],
        home: object = None,
        *,
        at_once: int | None = None,
    ) -> list[Result]:
        """The results in the order of the items; see `Executor.map`."""
        return [work(shared, item, partial(call, home)) for item in items]

    def together(
        self, work: Work[Shared, Rank, Result], shared: Shared, size: int, home: object = None
    ) -> list[Result]:
        """Raises ConfigError: nobody can wait for who comes after."""
        raise ConfigError(f"{size} ranks need as many processes, and there is this one; leave training.ranks out")


def several(items: Iterable[Item]) -> tuple[bool, Iterator[Item]]:
    """(whether there are two items at least, all of them), of items that may be made one by one."""
    iterator = iter(items)
    first = list(islice(iterator, 2))
    return len(first) == 2, chain(first, iterator)


def call(home: object, method: str, *arguments: Any) -> Any:
    """What a method of the home object answers."""
    return getattr(home, method)(*arguments)


def fitting_into(free_memory: int | None, bytes_of_item: int) -> int | None:
    """How many items fit into free memory side by side, each with a process, one at least; None where nobody knows."""
    return None if free_memory is None else max(free_memory // (bytes_of_item + BYTES_OF_A_PROCESS), 1)
