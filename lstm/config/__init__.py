"""The pipeline file as frozen settings: the single description of a job."""

from lstm.config.gates import DEFAULT_GATES, Gate, Serving
from lstm.config.loading import load_pipeline, name_in
from lstm.config.monitor import Monitor
from lstm.config.outputs import Sink, Store, Tracking
from lstm.config.overrides import overridable, parse_settings
from lstm.config.pipeline import Pipeline, level_name
from lstm.config.schedule import OFF, SCHEDULED_KINDS, Schedule, ScheduledKind
from lstm.config.secrets import secret
from lstm.config.settings import Columns, Settings, duration_of
from lstm.config.source import Calendar, FutureTable, Quality, Source
from lstm.config.table import Roles, Table
from lstm.config.training import Compute, Evaluation, Model, Training
from lstm.config.tuning import Between, Tuning

__all__ = [
    "DEFAULT_GATES",
    "OFF",
    "SCHEDULED_KINDS",
    "Between",
    "Calendar",
    "Columns",
    "Compute",
    "Evaluation",
    "FutureTable",
    "Gate",
    "Model",
    "Monitor",
    "Pipeline",
    "Quality",
    "Roles",
    "Schedule",
    "ScheduledKind",
    "Serving",
    "Settings",
    "Sink",
    "Source",
    "Store",
    "Table",
    "Tracking",
    "Training",
    "Tuning",
    "duration_of",
    "level_name",
    "load_pipeline",
    "name_in",
    "overridable",
    "parse_settings",
    "secret",
]
