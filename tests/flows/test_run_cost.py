"""The benchmark of costs runs; what it measures is for `make bench-cost`."""

from pathlib import Path

import pytest

from benchmarks import run_cost


class Elsewhere:
    """The session's server, whose use of the processor nobody asks for."""

    def __init__(self, url: str) -> None:
        self.url = url

    def cpu(self) -> float:
        return 0.0


@pytest.mark.slow
def test_every_cost_is_a_number_and_the_parts_of_a_run_are_its_whole(tmp_path: Path, prefect_server: str) -> None:
    """Each once: three commands, and a second night whose imports, steps and rest are all more than nothing."""
    asked = [seconds for _, seconds, _ in run_cost.commands(tmp_path, 1)]
    assert len(asked) == 3
    assert all(float(seconds) > 0 for seconds in asked)
    parts = {what: float(seconds) for what, seconds, _ in run_cost.runs(tmp_path, 1, Elsewhere(prefect_server))}
    assert [what for what, seconds in parts.items() if not seconds] == [
        "the server meanwhile, its own services included"
    ]
    assert len(parts) == 4
