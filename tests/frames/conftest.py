"""A model of four airlines' departures, fitted once."""

from typing import Any

import pandas as pd
import pytest

import lstm
from frames_of import DEPARTURES, departures


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    """The rows of four series up to the end of the horizon; what departs after the cutoff is not known yet."""
    return departures()


@pytest.fixture(scope="session")
def model(table: pd.DataFrame) -> lstm.Forecaster:
    """Quick, and it passes its gates."""
    return lstm.fit(table, **DEPARTURES)


@pytest.fixture
def settings() -> dict[str, Any]:
    """Arguments that fit the departures."""
    return dict(DEPARTURES)
