"""What all pictures have in common."""

import io

import numpy as np
import pytest
from PIL import Image

from lstm.report.charts.style import LARGEST_SHOWN, limits, new_figure, png, short, shrunk


def test_an_axis_keeps_what_must_be_seen_and_drops_outliers() -> None:
    """0 to 10 has quantiles 0.5 and 9.5; 1.5 times their distance, 13.5, beyond them lies -13 to 23; 7 % margin."""
    assert limits(np.arange(11.0), np.array([5.0])) == pytest.approx((-0.7, 10.7))
    low, high = limits(np.append(np.tile(np.arange(11.0), 4), 1e9), np.array([30.0])) or (0, 0)
    assert low < 0 < 30 < high < 50
    assert limits(np.array([np.nan]), np.array([])) is None
    assert limits(np.array([3.0, 3.0]), np.array([])) == (2.5, 3.5)


def test_a_long_name_loses_its_middle() -> None:
    """Beginnings and ends tell names apart; line breaks become blanks."""
    assert short("abcdefghij", 5) == "ab…ij"
    assert short("a\nb\tc", 10) == "a b c"


def test_a_picture_is_shrunk_until_it_is_small_enough_and_a_small_one_stays() -> None:
    """Noise is the largest that a picture can be; the sides keep their proportion."""
    figure = new_figure(3.0)
    figure.add_subplot().imshow(np.random.default_rng(0).random((300, 300)), cmap="viridis", aspect="auto")
    drawn = png(figure, 200_000)
    small = shrunk(drawn)
    assert len(small) <= LARGEST_SHOWN < len(drawn)
    sizes = [Image.open(io.BytesIO(content)).size for content in (drawn, small)]
    assert sizes[1][1] / sizes[1][0] == pytest.approx(sizes[0][1] / sizes[0][0], abs=0.01)
    assert shrunk(small) is small
