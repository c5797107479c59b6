"""Parts of a work that are kept: whoever goes on does only what is left."""

import numpy as np
import pytest

from lstm.compute.kept_parts import KeptParts, pack_arrays, unpack_arrays


class Folder:
    """Bytes by name, in memory."""

    def __init__(self, **kept: bytes) -> None:
        self.kept = dict(kept)

    def read(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def write(self, name: str, content: bytes) -> None:
        self.kept[name] = content


def numbers(keeper: Folder | None) -> KeptParts[int]:
    return KeptParts(keeper, lambda number: str(number).encode(), lambda content: int(content))


def test_what_is_kept_is_taken_and_the_rest_is_left_in_order():
    folder = Folder()
    numbers(folder).keep("3", 9)
    taken: list[int] = []
    assert list(numbers(folder).left([1, 3, 5], str, taken.append)) == [1, 5]
    assert taken == [9]


def test_a_part_whose_bytes_are_damaged_is_done_again():
    taken: list[int] = []
    assert list(numbers(Folder(**{"1": b"one", "3": b"9"})).left([1, 3], str, taken.append)) == [1]
    assert taken == [9]


def test_without_a_keeper_nothing_is_kept():
    parts = numbers(None)
    parts.keep("1", 1)
    assert list(parts.left([1], str, lambda number: None)) == [1]


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
    parts = KeptParts(Folder(x=content), lambda _: b"", unpack_arrays)
    assert list(parts.left(["x"], str, lambda _: pytest.fail("damaged bytes were taken"))) == ["x"]
