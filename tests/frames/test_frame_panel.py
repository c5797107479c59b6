"""A frame ends where its observations end, on whatever grid they lie."""

import pandas as pd
import pyarrow as pa
import pytest

from lstm.errors import DataError, SourceError
from lstm.frames.frame_panel import FrameSource, refuse_other_frequency
from lstm.frames.frame_settings import frame_pipeline

SETTINGS = {"time": "time", "target": "y", "horizon": 2}


def panel_of_times(times, **settings):
    """One series observed at some times."""
    frame = pd.DataFrame({"time": times, "y": range(len(times))})
    return FrameSource.of(frame_pipeline(SETTINGS | settings), frame, None, None).panel()[0]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("label", ["start", "end"])
@pytest.mark.parametrize("alias", ["D", "W-MON", "MS", "ME", "QS", "YS", "B", "h", "15min", "7D"])
def test_the_newest_observation_is_the_cutoff(alias, label, zone):
    """Law: nothing that is observed is left out, and no step after it counts as missing."""
    times = pd.date_range("2021-01-01", periods=40, freq=alias)
    panel = panel_of_times(times, time_label=label, time_zone=zone)
    assert panel.cutoff - panel.start[0] == 39
    assert panel.targets[panel.row_of(0, panel.cutoff)] == 39.0


def test_integer_steps_end_at_the_newest_one():
    """Of whatever stride."""
    panel = panel_of_times(range(10, 210, 5), frequency="5")
    assert (panel.frequency.alias, panel.frequency.text(panel.cutoff)) == ("5", "205")


def test_text_is_read_as_in_a_csv():
    """Law: what pandas leaves as text is understood as every source's text is."""
    panel = panel_of_times([f"{day:02d}.03.2024" for day in range(1, 31)], time_format="%d.%m.%Y")
    assert panel.frequency.text(panel.cutoff) == "2024-03-30"


def test_as_of_hides_what_comes_later():
    """Law: a date means its midnight in the zone, and a target after it is not read."""
    frame = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=40), "y": 1.0})
    source = FrameSource.of(frame_pipeline(SETTINGS), frame, None, "2024-02-01")
    panel, quality = source.panel()
    assert panel.frequency.text(panel.cutoff) == "2024-01-31"
    assert quality.rows_after_horizon == 9


def test_what_lies_after_an_earlier_as_of_is_its_plan():
    """Law: as a night reads a table that goes on: targets are hidden, what is known ahead is read."""
    frame = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=40), "y": 1.0, "plan": range(40)})
    source = FrameSource.of(frame_pipeline(SETTINGS | {"future": "plan"}), frame, None, "2024-02-01")
    assert source.has_plan
    assert source.panel()[0].future[-2:, 0].tolist() == [31.0, 32.0]
    assert not FrameSource.of(source.pipeline, frame, None, None).has_plan


def test_rows_of_one_day_in_three_are_no_days():
    """Law: told by the stride that all series share; two rows say nothing yet."""
    sparse = panel_of_times(pd.date_range("2024-01-01", periods=10, freq="3D"), frequency="D")
    with pytest.raises(DataError, match="lie 3 steps of 'D' apart") as refusal:
        refuse_other_frequency(sparse)
    assert refusal.value.value == 3
    refuse_other_frequency(panel_of_times(pd.date_range("2024-01-01", periods=3, freq="3D"), frequency="D"))


def test_rows_of_months_are_no_days():
    """Law: though months have no number of days in common."""
    with pytest.raises(DataError, match="lie 28 steps of 'D' apart"):
        refuse_other_frequency(panel_of_times(pd.date_range("2023-01-01", periods=9, freq="MS"), frequency="D"))


def test_the_index_of_pandas_is_named_where_it_would_have_been_the_column():
    """What to do about it stands in the refusal."""
    frame = pd.DataFrame({"y": [1.0, 2.0]}, index=pd.date_range("2024-01-01", periods=2, name="time"))
    with pytest.raises(SourceError, match=r"has no column 'time'; it has 'y'; 'time' is its index, .* reset_index\(\)"):
        FrameSource.of(frame_pipeline(SETTINGS), frame, None, None)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"time": ["2024-01-01", "2024-01-02"], "y": [None, None]}, "no row of the frame has a value of y"),
        ({"time": ["2024-01-01", "2024-01-01"], "y": [1, 2]}, "no series has two different times"),
        ({"time": ["soon", "later"], "y": [1, 2]}, "'soon'.*row 1 of the frame"),
    ],
)
def test_a_frame_without_a_series_of_times_is_refused(columns, message):
    """Law: as a night refuses such a table."""
    frame = pa.table(columns) if columns["y"][0] else pd.DataFrame(columns).astype({"y": float})
    with pytest.raises(DataError, match=message):
        FrameSource.of(frame_pipeline(SETTINGS), frame, None, None)
