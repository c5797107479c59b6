"""What flows between steps: frozen, small, JSON. A reference names a file and its content, never holds a frame."""

from lstm.references.forecast_accuracy import Accuracy, InputDrift, RealisedScores
from lstm.references.gate_outcomes import GateOutcome, MethodScores, Verdict
from lstm.references.model_versions import Champion, Contract, Lineage, VersionedModel
from lstm.references.reference import Reference
from lstm.references.run_key import DRY, Outcome, RunKey, RunKind
from lstm.references.step_outputs import (
    ExplanationRef,
    ForecastRef,
    ModelRef,
    PanelRef,
    Publication,
    Receipt,
    WindowsRef,
)
from lstm.references.tried_settings import NOT_ENDED, Search, TriedSetting, TuningVerdict

__all__ = [
    "DRY",
    "NOT_ENDED",
    "Accuracy",
    "Champion",
    "Contract",
    "ExplanationRef",
    "ForecastRef",
    "GateOutcome",
    "InputDrift",
    "Lineage",
    "MethodScores",
    "ModelRef",
    "Outcome",
    "PanelRef",
    "Publication",
    "RealisedScores",
    "Receipt",
    "Reference",
    "RunKey",
    "RunKind",
    "Search",
    "TriedSetting",
    "TuningVerdict",
    "Verdict",
    "VersionedModel",
    "WindowsRef",
]
