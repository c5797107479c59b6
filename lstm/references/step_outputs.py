"""What each step of a run has left, and what became of it."""

from datetime import datetime
from typing import Literal

from lstm.references.reference import Reference


class PanelRef(Reference):
    """A panel that ingest left. `fingerprint` is a hash of its content, not of the file's bytes.

    late: steps that the table ends earlier than `quality.freshness` allows. unit_change: see `QualityReport`. vintages:
    `vintages.parquet` tells since when each observation was known.
    """

    uri: str
    fingerprint: str
    rows_read: int
    series: int
    steps: int
    cutoff: str
    newest: str
    frequency: str
    repairs: int
    warnings: tuple[str, ...] = ()
    late: int = 0
    unit_change: str = ""
    vintages: bool = False


class WindowsRef(Reference):
    """Windows that the window step left, with their number in each split."""

    uri: str
    fingerprint: str
    train: int
    validation: int
    test: int


class ModelRef(Reference):
    """A trained model in the folder `uri`.

    trained_through: newest target time read by the evaluated weights, their scaling, stopping and calibration.
    served_through: the same of the weights that serve.
    """

    uri: str
    fingerprint: str
    trained_through: str
    served_through: str
    epochs: int
    best_epoch: int
    validation_loss: float
    seconds: float
    stopped: Literal["early", "limit", "deadline"]


class ForecastRef(Reference):
    """Forecast rows that the forecast step left.

    methods: number of targets of all series by method. failed_series: series of which a target failed. vanished: which
    series left the table, in words. remarks: what else there is to say of the forecasts, sentences without a full stop.
    """

    uri: str
    fingerprint: str
    rows: int
    series: int
    methods: dict[str, int]
    failed_series: int
    model_version: int | None
    vanished: str = ""
    remarks: tuple[str, ...] = ()


class ExplanationRef(Reference):
    """Rows of `explanations.parquet`, which says what moves the forecasts. failure: why there are none; else empty."""

    fingerprint: str = ""
    rows: int = 0
    failure: str = ""


class Publication(Reference):
    """What one publish transaction did."""

    run_id: str
    rows: int
    champion_version: int | None
    promoted: bool
    published_at: datetime


class Receipt(Reference):
    """One delivery to one sink."""

    sink: str
    rows: int
    delivered: bool
    message: str = ""
