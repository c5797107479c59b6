"""[model] and [training]: what cannot be is refused when the file is read."""

import pytest


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('loss = "quantile"', "forecasts one number, which has no quantile loss"),
        ("attention = true\nbidirectional = true", 'kind = "textbook" has no bidirectional and no attention'),
    ],
)
def test_the_textbook_network_is_plain(refusal, line, message):
    """It has one LSTM layer and forecasts one number."""
    assert message in refusal(f'[model]\nkind = "textbook"\n{line}\n')


def test_every_rank_has_windows(refusal):
    assert "ranks = 5 cannot share batches of 4 windows" in refusal("[training]\nranks = 5\nbatch_size = 4\n")


def test_ranks_are_processes_of_one_machine(refusal):
    assert "training.ranks = 2 works on one machine" in refusal('[training]\nranks = 2\n[compute]\nengine = "ray"\n')
