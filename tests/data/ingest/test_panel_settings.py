"""What ingest reads of a pipeline file."""

from dataclasses import asdict

from lstm.config import Calendar, Pipeline, Quality, Source
from lstm.data.ingest.panel_settings import PanelSettings

SOURCE = {"path": "sales.csv", "series": ["id"], "time": "ds", "targets": ["y"]}


def test_every_key_is_taken_as_the_file_has_it() -> None:
    pipeline = Pipeline.model_validate(
        {
            "name": "p",
            "horizon": 7,
            "frequency": "D",
            "time_zone": "Asia/Tokyo",
            "seasons": [7],
            "source": SOURCE,
            "calendar": {"holidays": "JP"},
            "quality": {"exclude": ["x"]},
        }
    )
    assert PanelSettings.of(pipeline) == PanelSettings(
        Source.model_validate(SOURCE),
        7,
        "D",
        "Asia/Tokyo",
        (7,),
        Calendar.model_validate({"holidays": "JP"}),
        Quality.model_validate({"exclude": ["x"]}),
    )


def test_what_is_left_out_is_as_the_file_would_have_it() -> None:
    """A caller without a file gets what a file of two lines gets."""
    pipeline = Pipeline.model_validate({"name": "p", "horizon": 7, "source": SOURCE})
    assert asdict(PanelSettings.of(pipeline)) == asdict(PanelSettings(Source.model_validate(SOURCE), 7))
