"""An object in a file whose arrays every process of this machine reads from the same memory."""

import mmap
import pickle
from pathlib import Path
from typing import Any

# Of cache lines, and of the widest instructions that read several numbers at once.
ALIGNMENT = 64


def write_shared(path: Path, shared: object) -> None:
    """Pickles an object into a file: lengths first, then the pickle, then its arrays as they lie in memory."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(shared, protocol=5, buffer_callback=buffers.append)
    views = [memoryview(head), *(buffer.raw() for buffer in buffers)]
    lengths = pickle.dumps([view.nbytes for view in views])
    with path.open("wb") as file:
        file.write(len(lengths).to_bytes(8, "little") + lengths)
        for view in views:
            file.write(b"\0" * (-file.tell() % ALIGNMENT))
            file.write(view)


def read_shared(path: Path) -> Any:
    """The object, its arrays mapped from the file; what is written into them stays with this process."""
    with path.open("rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    end = 8 + int.from_bytes(whole[:8], "little")
    views = []
    for length in pickle.loads(whole[8:end]):
        begin = end + -end % ALIGNMENT
        end = begin + length
        views.append(whole[begin:end])
    return pickle.loads(views[0], buffers=views[1:])
