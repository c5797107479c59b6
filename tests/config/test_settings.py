"""What all settings share: a wrong number is refused, and so is something else in its place."""

import pytest


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("patience = true", "training.patience: Input should be a valid integer"),
        ("patience = 0", "training.patience: Input should be greater than or equal to 1, not 0"),
        ("patience = 2.5", "training.patience: Input should be a valid integer"),
    ],
)
def test_a_whole_number_is_one(refusal, line, message):
    """`true` is no number, and nothing is rounded."""
    assert message in refusal(f"[training]\n{line}\n")
