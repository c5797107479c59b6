"""Hours that are named by their ends keep their places where clocks change, whichever way the end is told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from ingested import assemble, history, pipeline

NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = datetime(2024, 3, 9, tzinfo=NEW_YORK), datetime(2024, 11, 2, tzinfo=NEW_YORK)


def hours(first: datetime, *, counted: bool, days: int = 3) -> pa.Table:
    """A row an hour of some days, with the number of the hour; ends by the clock, or counted from the starts."""
    begin, end = (moment.astimezone(UTC) for moment in (first, first + timedelta(days=days)))
    starts = [begin + timedelta(hours=hour) for hour in range(int((end - begin) / timedelta(hours=1)))]
    if counted:
        labels = [start.astimezone(NEW_YORK).replace(tzinfo=None) + timedelta(hours=1) for start in starts]
    else:
        labels = [(start + timedelta(hours=1)).astimezone(NEW_YORK).replace(tzinfo=None) for start in starts]
    return pa.table({"id": ["A"] * len(starts), "ds": [str(label) for label in labels], "y": [*range(len(starts))]})


@pytest.mark.parametrize("frequency", [None, "h"])
@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(("first", "count"), [(SPRING, 71), (AUTUMN, 73)])
def test_a_day_has_its_23_or_25_hours_each_in_its_place(
    first: datetime, count: int, counted: bool, frequency: str | None
) -> None:
    """Three days with the change in the middle; hours follow each other without a hole, and none is there twice."""
    settings = pipeline(
        time_zone="America/New_York", frequency=frequency, source={"time_label": "end", "repeated_hour": "in_order"}
    )
    end = (first + timedelta(days=3)).astimezone(UTC)
    panel, report = assemble(hours(first, counted=counted), settings, end)
    assert history(panel)[:count] == [float(hour) for hour in range(count)]
    assert panel.frequency.texts(panel.start)[0] == f"{first.astimezone(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    assert (report.rows_used, report.missing) == (count, ())
    assert bool(report.notes) == counted


def test_a_table_without_a_change_of_clocks_is_read_off_the_clock() -> None:
    settings = pipeline(time_zone="America/New_York", frequency="h", source={"time_label": "end"})
    june = datetime(2024, 6, 1, tzinfo=NEW_YORK)
    panel, report = assemble(hours(june, counted=True), settings, datetime(2024, 6, 5, tzinfo=UTC))
    assert panel.frequency.texts(panel.start) == ["2024-06-01T05:00Z"]
    assert report.notes == ()
