"""Degrees that change their unit are told from weather."""

import numpy as np
import pytest

from lstm.data.jumps.degrees import changed_degrees
from panels import make_panel


def weather(stations: int, days: int = 200) -> np.ndarray:
    """(24 x days, stations): degrees Celsius, 10 ± 10 in the year, ± 5 in the day, and storms of ± 6 in some days."""
    hours, random = np.arange(24 * days), np.random.default_rng(3)
    storms = np.repeat(random.normal(0, 4, days).clip(-6, 6), 24)
    noise = random.normal(0, 1, (len(hours), stations))
    curve = 10 + 10 * np.sin(hours / 24 / 365 * 2 * np.pi) + 5 * np.sin(hours / 24 * 2 * np.pi) + storms
    return np.asarray(curve[:, None] + noise)


def said(values: np.ndarray) -> str:
    panel = make_panel(
        {f"s{place}": column for place, column in enumerate(values.T)},
        horizon=24,
        cutoff=len(values) - 1,
        dtype=np.float64,
    )
    return changed_degrees(panel, panel.targets[:, 0], day=24, newest=panel.cutoff)


@pytest.mark.parametrize("stations", [1, 5, 20])
@pytest.mark.parametrize("days", [1, 3])
def test_fahrenheit_is_seen_though_temperatures_vary_widely(stations, days):
    """Fault: distances from the level of last week missed most changes of the unit of real weather."""
    celsius = weather(stations)
    values = celsius.copy()
    values[-24 * days :] = values[-24 * days :] * 1.8 + 32
    assert said(values) == "degrees Celsius that have become Fahrenheit"
    values = (celsius + 10) * 1.8 + 32
    values[-24 * days :] = celsius[-24 * days :] + 10
    assert said(values) == "degrees Fahrenheit that have become Celsius"


def test_weather_is_no_change_of_unit():
    """Nor is a cold snap of 20 degrees that no day before had, nor a launch in numbers that are no temperatures."""
    values = weather(3)
    assert said(values) == ""
    values[-24:] -= 20.0
    assert said(values) == ""
    counts = weather(3) * 100
    counts[-24:] *= 1.8
    assert said(counts) == ""


def test_a_short_past_tells_nothing():
    """Three weeks hold too few days to know what weather does, and a column without values holds none."""
    values = weather(1, 21)
    values[-24:] = values[-24:] * 1.8 + 32
    assert said(values) == ""
    assert said(np.full((24 * 60, 1), np.nan)) == ""
