"""[monitor]: limits."""


def test_days_end_at_a_century(refusal):
    """Far more would leave the calendar."""
    assert "monitor.days: Input should be less than or equal to 36525" in refusal("[monitor]\ndays = 1000000000\n")
