"""[model]: a network that cannot be what is asked for is refused when the file is read."""

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
