"""Parts of a work that are kept: whoever goes on does only what is left."""

from zipfile import BadZipFile

import numpy as np
import pytest
from kept_bytes import Folder

from lstm.compute.kept_parts import KeptParts, pack_arrays, unpack_arrays


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def numbers(keeper: Folder | None, clock: Clock | None = None) -> KeptParts[int]:
    return KeptParts(keeper, lambda number: str(number).encode(), int, clock or Clock())


def left_of(folder: Folder | None, parts: list[int]) -> tuple[list[int], list[int]]:
    """(the parts that are left, the results that were taken)."""
    taken: list[int] = []
    return list(numbers(folder).left(parts, str, taken.append)), taken


@pytest.fixture
def folder() -> Folder:
    """What two files hold: the squares of 1 and 3, then of 4. That of 6 came too soon after them."""
    folder, clock = Folder(), Clock()
    parts = numbers(folder, clock)
    for seconds, number in ((1, 1), (10, 3), (20, 4), (21, 6)):
        clock.now = seconds
        parts.keep(str(number), number**2)
    return folder


def test_what_is_kept_is_taken_and_the_rest_is_left_in_order(folder):
    assert list(folder.kept) == ["0", "1"]
    assert left_of(folder, [1, 2, 3, 4, 5, 6]) == ([2, 5, 6], [1, 9, 16])


def test_several_rounds_of_parts_take_what_is_kept_once(folder):
    taken: list[int] = []
    parts = numbers(folder)
    assert [list(parts.left(some, str, taken.append)) for some in ([1, 2], [3, 5], [4])] == [[2], [5], []]
    assert taken == [1, 9, 16]


def test_whoever_goes_on_overwrites_nothing(folder):
    clock = Clock()
    parts = numbers(folder, clock)
    assert list(parts.left([6], str, lambda _: None)) == [6]
    clock.now = 99
    parts.keep("6", 36)
    assert list(folder.kept) == ["0", "1", "2"]
    assert left_of(folder, [1, 6]) == ([], [1, 9, 16, 36])


@pytest.mark.parametrize(("damaged", "left", "taken"), [("0", [1, 3, 4], []), ("1", [4], [1, 9])])
def test_what_is_damaged_is_done_again_and_what_came_after_it(folder, damaged, left, taken):
    folder.kept[damaged] = folder.kept[damaged][:-30]
    assert left_of(folder, [1, 3, 4]) == (left, taken)


def test_without_a_keeper_nothing_is_kept():
    numbers(None).keep("1", 1)
    assert left_of(None, [1]) == ([1], [])


def test_arrays_and_facts_come_back_with_their_types_and_shapes():
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([True, False]), "c": np.zeros((0, 4), np.int64)}
    back, facts = unpack_arrays(pack_arrays(arrays, {"name": "é", "none": None}))
    assert facts == {"name": "é", "none": None}
    assert {name: (values.dtype, values.tolist()) for name, values in back.items()} == {
        name: (values.dtype, values.tolist()) for name, values in arrays.items()
    }
    assert back["c"].shape == (0, 4)


@pytest.mark.parametrize("damage", ["cut", "flipped", "another kind"])
def test_bytes_that_are_damaged_are_found_out(damage):
    whole = pack_arrays({"a": np.arange(100.0)}, {})
    place = whole.index(np.arange(100.0).tobytes()[80:160])
    content = {
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
        "another kind": b"hello",
    }[damage]
    with pytest.raises((ValueError, EOFError, BadZipFile)):
        unpack_arrays(content)
